"""Credit passed down the tiers; `graph.credit` names what is for use."""
