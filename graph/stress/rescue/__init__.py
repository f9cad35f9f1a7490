"""Whom to support under a budget; `graph.rescue` names what is for use."""
