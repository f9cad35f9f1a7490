"""The demo economy's folder: the same tables, in mixed forms."""

from ingestion.sources.files.mapper import convert, find

__all__ = ["convert", "find"]
