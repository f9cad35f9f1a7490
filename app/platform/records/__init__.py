"""The records database: users, sessions, runs, imports, jobs and the audit."""

from app.platform.records.engine import Records
from app.platform.records.opening import open_records

__all__ = ["Records", "open_records"]
