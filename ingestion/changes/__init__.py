"""What the version to be would change of the one that is served."""

from ingestion.changes.document import told

__all__ = ["told"]
