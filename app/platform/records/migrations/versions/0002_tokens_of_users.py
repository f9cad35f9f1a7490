"""Tokens may belong to a user: they end with the access of that user."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    with op.batch_alter_table("tokens") as tokens:
        tokens.add_column(sa.Column("user", sa.Integer()))
        tokens.create_foreign_key(
            op.f("fk_tokens_user_users"), "users", ["user"], ["user"], ondelete="CASCADE"
        )
        tokens.create_index(op.f("ix_tokens_user"), ["user"])


def downgrade() -> None:
    """Take the column away; the tokens stay."""
    with op.batch_alter_table("tokens") as tokens:
        tokens.drop_index(op.f("ix_tokens_user"))
        tokens.drop_constraint(op.f("fk_tokens_user_users"), type_="foreignkey")
        tokens.drop_column("user")
