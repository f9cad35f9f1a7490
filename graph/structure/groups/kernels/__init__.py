"""Kernels of connected groups."""
