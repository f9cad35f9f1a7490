"""Losses of production (ESRI); `graph.contagion` names what is for use."""
