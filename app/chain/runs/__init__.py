"""Runs: the analyses and the limits of a version, computed once and stored."""
