"""Days are closed in the books."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table of days that were closed."""
    op.create_table(
        "closings",
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("event", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("state IN ('closing', 'closed')", name=op.f("ck_closings_state")),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_closings")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Take the table away."""
    op.drop_table("closings")
