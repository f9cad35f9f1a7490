"""Risk on dependence; `graph.dependence` names what is for use."""
