"""Loans: the arithmetic of what is lent, owed and paid back, exact to the posted fen."""
