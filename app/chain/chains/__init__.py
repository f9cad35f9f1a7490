"""Cores and their chains: who is one, and who stands where in it."""
