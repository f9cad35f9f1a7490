"""Requests end by themselves: met, or lapsed where a party or the receivable is gone."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None
TEXTS = ("kind", "firm", "asked", "core", "receivable")
BEFORE = "state IN ('open', 'withdrawn', 'declined')"
SINCE = "state IN ('open', 'withdrawn', 'declined', 'met', 'lapsed')"


def upgrade() -> None:
    """Let a request be in the states in which it ends by itself."""
    _ruled(BEFORE, SINCE)


def downgrade() -> None:
    """Take the states away; what had ended by itself is taken as withdrawn."""
    op.execute("UPDATE requests SET state = 'withdrawn' WHERE state IN ('met', 'lapsed')")
    _ruled(SINCE, BEFORE)


def _ruled(before: str, since: str) -> None:
    """Rule anew in which states a request may be."""
    table = sa.Table(
        "requests",
        sa.MetaData(),
        sa.Column("request", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in TEXTS),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("made_on", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("event", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("kind IN ('confirm', 'pass')", name=op.f("ck_requests_kind")),
        sa.CheckConstraint(before, name=op.f("ck_requests_state")),
        sa.PrimaryKeyConstraint("request", name=op.f("pk_requests")),
        sqlite_with_rowid=False,
    )
    sa.Index("ix_requests_firm", table.c.firm, table.c.event)
    sa.Index("ix_requests_asked", table.c.asked, table.c.event)
    with op.batch_alter_table("requests", copy_from=table) as batch:
        batch.drop_constraint(op.f("ck_requests_state"), type_="check")
        batch.create_check_constraint(op.f("ck_requests_state"), since)
