"""Scenarios, alone or drawn in thousands; `graph.scenarios` names what is for use."""
