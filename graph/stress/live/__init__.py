"""Indices kept while the network changes; `graph.live` names what is for use."""
