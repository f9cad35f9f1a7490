"""Loans in the book: opened over a use, paid, closed day by day, restructured, written off."""
