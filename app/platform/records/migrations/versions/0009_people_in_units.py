"""People work in units of the bank, and tokens name people who are no users."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; everybody who is there works in the head office."""
    with op.batch_alter_table("users") as users:
        users.add_column(_unit())
    with op.batch_alter_table("tokens") as tokens:
        tokens.add_column(sa.Column("person", sa.String(length=120), nullable=True))
        tokens.add_column(_unit())


def downgrade() -> None:
    """Take the columns away; users and tokens stay."""
    with op.batch_alter_table("tokens") as tokens:
        tokens.drop_column("unit")
        tokens.drop_column("person")
    with op.batch_alter_table("users") as users:
        users.drop_column("unit")


def _unit() -> sa.Column[str]:
    return sa.Column("unit", sa.String(length=64), server_default="head", nullable=False)
