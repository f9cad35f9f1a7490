"""From the text of a description to its values, or to everything that is wrong with it."""

from ingestion.descriptions.reading.head import read

__all__ = ["read"]
