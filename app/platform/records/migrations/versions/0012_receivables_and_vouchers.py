"""Receivables of which the platform knows, and vouchers."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None
ID = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
RECEIVABLE_STATES = (
    "open",
    "disputed",
    "confirmed",
    "financing",
    "financed",
    "elsewhere",
    "replaced",
    "paid",
    "void",
)
VOUCHER_STATES = (
    "draft",
    "issued",
    "held",
    "split",
    "passed",
    "financing",
    "financed",
    "matured",
    "paid",
    "settled",
    "rejected",
    "cancelled",
    "disputed",
    "dishonoured",
    "recourse",
)


def upgrade() -> None:
    """Make the two tables."""
    _make_receivables()
    _make_vouchers()


def downgrade() -> None:
    """Drop them."""
    op.drop_table("book_vouchers")
    op.drop_table("book_receivables")


def _among(words: tuple[str, ...]) -> str:
    return f"state IN ({', '.join(repr(word) for word in words)})"


def _make_receivables() -> None:
    op.create_table(
        "book_receivables",
        sa.Column("receivable", ID, nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("creditor", sa.Text(), nullable=False),
        sa.Column("debtor", sa.Text(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("paid_fen", sa.BigInteger(), nullable=False),
        sa.Column("occupied_fen", sa.BigInteger(), nullable=False),
        sa.Column("issued_on", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Text(), nullable=False),
        sa.Column("registry_id", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("confirmed", sa.BigInteger(), nullable=False),
        sa.Column("here", sa.BigInteger(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("voucher", sa.Text(), nullable=True),
        sa.Column("event", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(_among(RECEIVABLE_STATES), name=op.f("ck_book_receivables_state")),
        sa.CheckConstraint(
            "paid_fen >= 0 AND occupied_fen >= 0 AND amount_fen >= 0 "
            "AND occupied_fen <= amount_fen",
            name=op.f("ck_book_receivables_amounts"),
        ),
        sa.PrimaryKeyConstraint("receivable", name=op.f("pk_book_receivables")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_receivables_debtor", "book_receivables", ["debtor", "receivable"])
    op.create_index("ix_receivables_creditor", "book_receivables", ["creditor", "receivable"])
    op.create_index("ix_receivables_number", "book_receivables", ["number"])


def _columns_of_vouchers() -> list[sa.Column[Any]]:
    return [
        sa.Column("voucher", ID, nullable=False),
        sa.Column("root", ID, nullable=False),
        sa.Column("parent", ID, nullable=True),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("giver", sa.Text(), nullable=False),
        sa.Column("tier", sa.BigInteger(), nullable=False),
        sa.Column("depth", sa.BigInteger(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("parts_fen", sa.BigInteger(), nullable=False),
        sa.Column("financed_fen", sa.BigInteger(), nullable=False),
        sa.Column("held_fen", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("accepted", sa.BigInteger(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("recourse", sa.BigInteger(), nullable=False),
        sa.Column("issued_on", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Text(), nullable=False),
        sa.Column("accept_by", sa.Text(), nullable=False),
        sa.Column("occupies_fen", sa.BigInteger(), nullable=False),
        sa.Column("receivables", sa.Text(), nullable=False),
        sa.Column("event", sa.BigInteger(), nullable=False),
    ]


def _make_vouchers() -> None:
    op.create_table(
        "book_vouchers",
        *_columns_of_vouchers(),
        sa.CheckConstraint(_among(VOUCHER_STATES), name=op.f("ck_book_vouchers_state")),
        sa.CheckConstraint(
            "amount_fen > 0 AND parts_fen >= 0 AND financed_fen >= 0 AND held_fen >= 0",
            name=op.f("ck_book_vouchers_amounts"),
        ),
        sa.CheckConstraint(
            "state IN ('rejected', 'cancelled') "
            "OR amount_fen = parts_fen + financed_fen + held_fen",
            name=op.f("ck_book_vouchers_conserved"),
        ),
        sa.PrimaryKeyConstraint("voucher", name=op.f("pk_book_vouchers")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_vouchers_root", "book_vouchers", ["root"])
    op.create_index("ix_vouchers_parent", "book_vouchers", ["parent"])
    op.create_index("ix_vouchers_issuer", "book_vouchers", ["issuer", "state", "voucher"])
    op.create_index("ix_vouchers_holder", "book_vouchers", ["holder", "voucher"])
    op.create_index("ix_vouchers_due", "book_vouchers", ["state", "due_on"])
