"""What firms ask of others: a confirmation, or a voucher passed on."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None
TEXTS = ("kind", "firm", "asked", "core", "receivable")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "requests",
        sa.Column("request", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in TEXTS),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("made_on", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("event", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("kind IN ('confirm', 'pass')", name=op.f("ck_requests_kind")),
        sa.CheckConstraint(
            "state IN ('open', 'withdrawn', 'declined')", name=op.f("ck_requests_state")
        ),
        sa.PrimaryKeyConstraint("request", name=op.f("pk_requests")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_requests_firm", "requests", ["firm", "event"])
    op.create_index("ix_requests_asked", "requests", ["asked", "event"])


def downgrade() -> None:
    """Take the table away; its events stay."""
    op.drop_table("requests")
