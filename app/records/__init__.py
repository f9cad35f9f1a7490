"""The records database: users, sessions, runs, imports, scenarios, jobs and the audit."""

from app.records.engine import Records
from app.records.opening import open_records

__all__ = ["Records", "open_records"]
