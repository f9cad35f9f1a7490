"""The records database: users, sessions, runs, imports, scenarios, jobs and the audit."""

from app.records.engine import Records, open_records

__all__ = ["Records", "open_records"]
