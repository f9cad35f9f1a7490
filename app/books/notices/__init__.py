"""Notices: what a firm is told, in the order of the book that makes it so."""
