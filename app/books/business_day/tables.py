"""The table of days that were closed."""

import sqlalchemy as sa

from app.platform.records.tables import among, metadata

CLOSING, CLOSED = "closing", "closed"

closings = sa.Table(
    "closings",
    metadata,
    sa.Column("day", sa.Text, primary_key=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("event", sa.BigInteger, nullable=False),
    among("state", (CLOSING, CLOSED)),
    sqlite_with_rowid=False,
)
