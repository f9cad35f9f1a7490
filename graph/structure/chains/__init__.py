"""Chains of cores, and where each firm's sales end; `graph.chains` names what is for use."""
