"""Contracts: the text that firm and bank sign, its signatures, and how anybody checks them."""
