"""
The table of requests, of the book: a row for what a firm may ask of somebody, asked once at a time.

Its id tells what it is about, so that asking again finds the one that stands.
"""

import sqlalchemy as sa

from app.platform.records.tables import among, metadata

KINDS = ("confirm", "pass")
# Whether it is met, or lapsed, is seen in what was asked for; the close of a day writes it down.
STATES = ("open", "withdrawn", "declined", "met", "lapsed")

requests = sa.Table(
    "requests",
    metadata,
    sa.Column("request", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("firm", sa.Text, nullable=False),  # Who asks.
    sa.Column("asked", sa.Text, nullable=False),  # Who is asked.
    sa.Column("core", sa.Text, nullable=False),  # Whose document it would be.
    sa.Column("receivable", sa.Text, nullable=False),  # To be confirmed, or "".
    sa.Column("amount_fen", sa.BigInteger, nullable=False),
    sa.Column("received", sa.BigInteger, nullable=False),  # Vouchers passed so before it.
    sa.Column("made_on", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("event", sa.BigInteger, nullable=False),
    among("kind", KINDS),
    among("state", STATES),
    sqlite_with_rowid=False,
)
sa.Index("ix_requests_firm", requests.c.firm, requests.c.event)
sa.Index("ix_requests_asked", requests.c.asked, requests.c.event)
