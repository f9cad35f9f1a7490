"""Losses of equity (DebtRank); `graph.contagion` names what is for use."""
