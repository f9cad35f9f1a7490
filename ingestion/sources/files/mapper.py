"""Columns are known by their names alone: those of the file forms, or their Chinese names."""

from ingestion.mapper import to_columns

__all__ = ["to_columns"]
