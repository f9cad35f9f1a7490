"""The table of decisions, one of the book (`app.books.ledger.tables`): none ever changes."""

import sqlalchemy as sa

from app.books.ledger.statements import FIXED
from app.platform.records.tables import metadata

decisions = sa.Table(
    "decisions",
    metadata,
    sa.Column("decision", sa.Text, primary_key=True),
    sa.Column("application", sa.Text, info=FIXED),
    sa.Column("core", sa.Text, info=FIXED),
    sa.Column("firm", sa.Text, nullable=False, info=FIXED),
    sa.Column("told", sa.Text, nullable=False, info=FIXED),  # The decision, as canonical JSON.
    sa.Column("inputs", sa.Text, nullable=False, info=FIXED),  # What it is decided from again.
    sa.Column("event", sa.BigInteger, nullable=False),
    sqlite_with_rowid=True,  # Rows are long.
)
