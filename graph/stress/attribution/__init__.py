"""Figures split into parts; `graph.attribution` names what is for use."""
