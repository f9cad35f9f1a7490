"""The account to which each firm is paid out."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "firm_accounts",
        sa.Column("firm", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("filed_on", sa.Text(), nullable=False),
        sa.Column("event", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("firm", name=op.f("pk_firm_accounts")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Take the table away; its events stay."""
    op.drop_table("firm_accounts")
