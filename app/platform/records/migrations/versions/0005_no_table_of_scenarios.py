"""Scenarios are kept as files: their table, which nothing ever wrote to, goes."""

import sqlalchemy as sa
from alembic import op

from app.platform.records.columns import Moment

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the table away."""
    op.drop_table("scenarios")


def downgrade() -> None:
    """Make the table again."""
    op.create_table(
        "scenarios",
        sa.Column("scenario", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("by", sa.String(length=160), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("scenario", name=op.f("pk_scenarios")),
    )
