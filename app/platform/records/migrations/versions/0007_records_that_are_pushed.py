"""Records that other systems push are kept until an import publishes them."""

import sqlalchemy as sa
from alembic import op

from app.platform.records.columns import Moment

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table of pushes; imports say what they are given."""
    op.create_table(
        "pushes",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("batch", sa.String(length=32), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("table", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(length=200), nullable=False),
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("answer", sa.JSON(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("taken_by", sa.String(length=32), nullable=True),
        sa.CheckConstraint(
            "state IN ('staged', 'published', 'dropped', 'empty')", name=op.f("ck_pushes_state")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_pushes")),
        sa.UniqueConstraint("batch", name=op.f("uq_pushes_batch")),
        sa.UniqueConstraint("account", "key", name=op.f("uq_pushes_account")),
    )
    op.create_index(op.f("ix_pushes_source"), "pushes", ["source"])
    op.create_index(op.f("ix_pushes_taken_by"), "pushes", ["taken_by"])
    with op.batch_alter_table("imports") as table:
        table.add_column(
            sa.Column("given", sa.String(length=16), server_default="files", nullable=False)
        )


def downgrade() -> None:
    """Take the table away, and what was staged with it."""
    with op.batch_alter_table("imports") as table:
        table.drop_column("given")
    op.drop_table("pushes")
