"""The audit: a row for every write and every refusal, never changed."""

from app.platform.audit.repository import AuditRecord, entries, write

__all__ = ["AuditRecord", "entries", "write"]
