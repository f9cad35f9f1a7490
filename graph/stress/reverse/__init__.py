"""What would have to fail; `graph.reverse_stress` names what is for use."""
