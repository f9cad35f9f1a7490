"""The table of notices, of the book: a row for what a firm is told; none changes."""

import sqlalchemy as sa

from app.platform.records.tables import metadata

notices = sa.Table(
    "notices",
    metadata,
    sa.Column("notice", sa.Text, primary_key=True),
    sa.Column("firm", sa.Text, nullable=False),
    sa.Column("made", sa.BigInteger, nullable=False),  # The event that it tells of.
    sa.Column("kind", sa.Text, nullable=False),  # The operation of that event.
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("made_at", sa.Text, nullable=False),
    sa.Column("made_on", sa.Text, nullable=False),
    sa.Column("event", sa.BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
sa.Index("ix_notices_firm", notices.c.firm, notices.c.made)
