"""Tables in mixed forms and languages; columns are known by their names alone."""

from ingestion.mapper import to_columns

__all__ = ["to_columns"]
