"""Loans, and what was done to each of them."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    _make_loans()
    for name, column in (("firm",) * 2, ("core",) * 2, ("state",) * 2, ("touch", "touch_on")):
        op.create_index(op.f(f"ix_loans_{name}"), "loans", [column, "loan"])
    _make_acts()
    op.create_index(op.f("ix_loan_acts_loan"), "loan_acts", ["loan", "n"])


def _make_loans() -> None:
    op.create_table(
        "loans",
        sa.Column("loan", sa.Text(), nullable=False),
        sa.Column("application", sa.Text(), nullable=True),
        sa.Column("use", sa.Text(), nullable=False),
        sa.Column("firm", sa.Text(), nullable=False),
        sa.Column("core", sa.Text(), nullable=True),
        sa.Column("product", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("class", sa.Text(), nullable=False),
        sa.Column("stage", sa.BigInteger(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("outstanding_fen", sa.BigInteger(), nullable=False),
        sa.Column("drawn_on", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Text(), nullable=False),
        sa.Column("touch_on", sa.Text(), nullable=True),
        sa.Column("acts", sa.BigInteger(), nullable=False),
        sa.Column("standing", sa.Text(), nullable=False),
        sa.Column("event", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "state IN ('active', 'overdue', 'defaulted', 'restructured', 'repaid', 'written_off')",
            name=op.f("ck_loans_state"),
        ),
        sa.CheckConstraint(
            "amount_fen > 0 AND outstanding_fen >= 0", name=op.f("ck_loans_amounts")
        ),
        sa.PrimaryKeyConstraint("loan", name=op.f("pk_loans")),
        sqlite_with_rowid=False,
    )


def _make_acts() -> None:
    op.create_table(
        "loan_acts",
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("loan", sa.Text(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("told", sa.Text(), nullable=False),
        sa.Column("reversed", sa.BigInteger(), nullable=False),
        sa.Column("event", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('draw', 'pay', 'charge', 'restructure', 'write_off', 'recover')",
            name=op.f("ck_loan_acts_kind"),
        ),
        sa.PrimaryKeyConstraint("act", name=op.f("pk_loan_acts")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Take the tables away; their events stay."""
    op.drop_table("loan_acts")
    op.drop_table("loans")
