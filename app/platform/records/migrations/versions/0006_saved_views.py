"""People keep what they have chosen on a list, under a name."""

import sqlalchemy as sa
from alembic import op

from app.platform.records.columns import Moment

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "views",
        sa.Column("view", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("user", sa.Integer(), nullable=False),
        sa.Column("list", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user"], ["users.user"], name=op.f("fk_views_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("view", name=op.f("pk_views")),
        sa.UniqueConstraint("user", "list", "name", name=op.f("uq_views_user")),
    )


def downgrade() -> None:
    """Take the table away, and the views with it."""
    op.drop_table("views")
