"""The SQL store: SQLite out of the box, PostgreSQL where it is given."""

from graph.stores.sql.store import SqlStore

__all__ = ["SqlStore"]
