"""The table of approvals, one of the book."""

import sqlalchemy as sa

from app.books.approvals.states import STATES
from app.platform.records.tables import among, metadata

approvals = sa.Table(
    "approvals",
    metadata,
    sa.Column("approval", sa.Text, primary_key=True),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("subjects", sa.Text, nullable=False),  # The things that it is about, as JSON.
    sa.Column("core", sa.Text),  # Whose people check it; None: officers.
    sa.Column("amount_fen", sa.BigInteger, nullable=False),
    sa.Column("level", sa.Text),  # Of a unit whose officers may check it; None: any.
    sa.Column("maker", sa.Text, nullable=False),
    sa.Column("asked", sa.Text, nullable=False),  # What the action is asked to do, as JSON.
    sa.Column("effect", sa.Text, nullable=False),  # What its maker saw, as JSON.
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("made", sa.BigInteger, nullable=False),  # The event that made it.
    sa.Column("made_on", sa.Text, nullable=False),
    sa.Column("created_at", sa.Text, nullable=False),
    sa.Column("expires_on", sa.Text, nullable=False),  # The last business day on which it is open.
    sa.Column("decided_by", sa.Text),
    sa.Column("decided_at", sa.Text),
    sa.Column("decision", sa.Text, nullable=False),  # What who decided said of it.
    sa.Column("event", sa.BigInteger, nullable=False),
    among("state", STATES),
    sqlite_with_rowid=False,
)
sa.Index("ix_approvals_state", approvals.c.state, approvals.c.action)
sa.Index("ix_approvals_made", approvals.c.made)
