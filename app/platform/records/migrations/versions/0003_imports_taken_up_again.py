"""Imports keep all that they were told, so that another process can take them up again."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this revision."""
    with op.batch_alter_table("imports") as table:
        table.add_column(sa.Column("as_of", sa.Date(), nullable=True))
        table.add_column(
            sa.Column(
                "replace",
                sa.Boolean(name="replace"),
                nullable=False,
                server_default=sa.false(),
            )
        )
        table.add_column(sa.Column("tries", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    """Take the columns away; the imports stay."""
    with op.batch_alter_table("imports") as table:
        for name in ("as_of", "replace", "tries"):
            table.drop_column(name)
