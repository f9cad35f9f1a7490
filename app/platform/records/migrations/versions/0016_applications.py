"""Applications: what firms ask for, what is offered, and what becomes of it."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None
STATES = (
    *("draft", "submitted", "screening", "assessing", "approved", "referred", "recommended"),
    *("declined", "returned", "offer_accepted", "signing", "signed", "drawing", "draw_failed"),
    *("active", "repaid", "closed", "overdue", "defaulted", "restructured", "written_off"),
    *("withdrawn", "expired", "suspended"),
)


def _columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("application", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("firm", sa.Text(), nullable=False),
        sa.Column("core", sa.Text(), nullable=True),
        sa.Column("product", sa.Text(), nullable=False),
        sa.Column("programme", sa.Text(), nullable=True),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("tenor_days", sa.BigInteger(), nullable=True),
        sa.Column("tenor_months", sa.BigInteger(), nullable=True),
        sa.Column("repayment", sa.Text(), nullable=False),
        sa.Column("documents", sa.Text(), nullable=False),
        sa.Column("documents_due", sa.Text(), nullable=False),
        sa.Column("maker", sa.Text(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("hands", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=True),
        sa.Column("use", sa.Text(), nullable=True),
        sa.Column("offered_fen", sa.BigInteger(), nullable=False),
        sa.Column("drawn_fen", sa.BigInteger(), nullable=False),
        sa.Column("rate", sa.Text(), nullable=False),
        sa.Column("offer_until", sa.Text(), nullable=False),
        sa.Column("recommended", sa.Text(), nullable=False),
        sa.Column("votes", sa.Text(), nullable=False),
        sa.Column("made", sa.BigInteger(), nullable=False),
        sa.Column("made_on", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("event", sa.BigInteger(), nullable=False),
    ]


def upgrade() -> None:
    """Make the table."""
    states = ", ".join(f"'{each}'" for each in STATES)
    op.create_table(
        "applications",
        *_columns(),
        sa.CheckConstraint(f"state IN ({states})", name=op.f("ck_applications_state")),
        sa.CheckConstraint(
            "amount_fen > 0 AND drawn_fen >= 0 AND offered_fen >= drawn_fen",
            name=op.f("ck_applications_amounts"),
        ),
        sa.CheckConstraint(
            "state <> 'approved' OR use IS NOT NULL", name=op.f("ck_applications_reserved")
        ),
        sa.PrimaryKeyConstraint("application", name=op.f("pk_applications")),
        sqlite_with_rowid=False,
    )
    _index()


def _index() -> None:
    op.create_index(op.f("ix_applications_made"), "applications", ["made"])
    op.create_index(op.f("ix_applications_firm"), "applications", ["firm", "made"])
    op.create_index(op.f("ix_applications_core"), "applications", ["core", "made"])
    op.create_index(op.f("ix_applications_state"), "applications", ["state", "offer_until"])


def downgrade() -> None:
    """Take the table away; reservations and events of applications stay."""
    op.drop_table("applications")
