"""Lending: what the bank offers, at what price, what it decided, and what became of it."""
