"""
The tables of papers, of the book: a row a file that was handed in, and a row a firm with its sums.

The sums bound what waits of one firm; an order reads them under the lock of the book.
"""

import sqlalchemy as sa

from app.platform.records.tables import among, metadata

KINDS = ("statement", "orders", "invoices", "contract", "other")
FORMS = ("csv", "xlsx", "pdf")
STATES = ("open", "withdrawn", "taken", "refused")

papers = sa.Table(
    "papers",
    metadata,
    sa.Column("paper", sa.Text, primary_key=True),
    sa.Column("firm", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("form", sa.Text, nullable=False),  # By its content.
    sa.Column("name", sa.Text, nullable=False),  # As the firm calls it; never a place.
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("application", sa.Text, nullable=False),  # For which it is, or "".
    sa.Column("handed_by", sa.Text, nullable=False),
    sa.Column("handed_at", sa.Text, nullable=False),
    sa.Column("handed_on", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("decided_by", sa.Text, nullable=False),  # Who took or refused it, or "".
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("event", sa.BigInteger, nullable=False),
    among("kind", KINDS),
    among("form", FORMS),
    among("state", STATES),
    sqlite_with_rowid=False,
)
sa.Index("ix_papers_firm", papers.c.firm, papers.c.event)
sa.Index("ix_papers_state", papers.c.state, papers.c.event)

paper_sums = sa.Table(
    "paper_sums",
    metadata,
    sa.Column("firm", sa.Text, primary_key=True),
    sa.Column("open_count", sa.BigInteger, nullable=False),
    sa.Column("open_bytes", sa.BigInteger, nullable=False),
    sa.Column("event", sa.BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
