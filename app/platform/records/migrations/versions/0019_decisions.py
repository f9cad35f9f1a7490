"""What the bank decides, with the inputs from which it is decided again."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "decisions",
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("application", sa.Text()),
        sa.Column("core", sa.Text()),
        sa.Column("firm", sa.Text(), nullable=False),
        sa.Column("told", sa.Text(), nullable=False),
        sa.Column("inputs", sa.Text(), nullable=False),
        sa.Column("event", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("decision", name=op.f("pk_decisions")),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("decisions")
