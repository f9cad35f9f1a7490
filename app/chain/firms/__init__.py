"""Firms of a version, and what they trade."""
