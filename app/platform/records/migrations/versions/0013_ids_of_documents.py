"""Whose id a number is, where several documents share it."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None
ID = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "document_numbers",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("number", ID, nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("debtor", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('receivable', 'voucher')", name=op.f("ck_document_numbers_kind")
        ),
        sa.PrimaryKeyConstraint("kind", "number", name=op.f("pk_document_numbers")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("document_numbers")
