"""The table of the audit."""

import sqlalchemy as sa

from app.platform.records.columns import Moment, Words
from app.platform.records.tables import among, metadata

# Append-only: who did or was refused what, and how it ended.
audit = sa.Table(
    "audit",
    metadata,
    sa.Column("entry", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("at", Moment, nullable=False, index=True),
    sa.Column("actor", sa.String(160), nullable=False),
    sa.Column("role", sa.String(16)),
    sa.Column("action", sa.String(200), nullable=False),
    sa.Column("target", Words, nullable=False),
    sa.Column("outcome", sa.String(16), nullable=False),
    sa.Column("status", sa.Integer),
    sa.Column("trace", sa.String(64), nullable=False),
    among("outcome", ("done", "refused", "failed")),
    sqlite_autoincrement=True,
)
