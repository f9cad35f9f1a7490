"""Runs as the records have them: which there are of a version, and what they granted."""
