"""Single points of failure around a core; `graph.single_points` names what is for use."""
