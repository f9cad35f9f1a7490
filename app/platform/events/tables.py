"""The tables of events: the events, and the head that whoever adds one locks first."""

import sqlalchemy as sa

from app.platform.records.tables import metadata

AUDIT = "audit"  # The operation of rows that tell of a request or a command.
DAY_CLOSED = "day.close"  # The operation that moves the business day to `after` of its detail.

# Append-only. Every column but `hash` goes into the hash; `path`, `things` and `detail` are JSON.
events = sa.Table(
    "events",
    metadata,
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("day", sa.Text, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("operation", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("things", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("inputs", sa.Text, nullable=False),
    sa.Column("previous", sa.Text, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
)

# One row: the last event, and the business day, which is "" before the first version.
head = sa.Table(
    "head",
    metadata,
    sa.Column("head", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("number", sa.BigInteger, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
    sa.Column("day", sa.Text, nullable=False),
    sa.CheckConstraint("head = 1", name="head"),
)
