"""The audit: a row for every write and every refusal, never changed."""

from app.platform.audit.repository import Entry, entries, write

__all__ = ["Entry", "entries", "write"]
