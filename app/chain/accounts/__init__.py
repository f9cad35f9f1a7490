"""Accounts of the book: what is left of every cap, what moved it, and freezing it."""
