"""Saved views: names that people give to what they have chosen on a list."""
