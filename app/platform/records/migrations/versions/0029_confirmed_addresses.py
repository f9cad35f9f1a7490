"""Addresses of mail are confirmed by a mail; those that are set already count as confirmed."""

import sqlalchemy as sa
from alembic import op

from app.platform.records.columns import Moment

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None
ADDED = ("confirmed_at", "letter_at")


def upgrade() -> None:
    """Add the columns; who was told by mail before still is."""
    with op.batch_alter_table("mail_addresses") as table:
        for name in ADDED:
            table.add_column(sa.Column(name, Moment(), nullable=True))
        table.add_column(sa.Column("tries", sa.Integer(), server_default="0", nullable=False))
    op.execute("UPDATE mail_addresses SET confirmed_at = changed_at")


def downgrade() -> None:
    """Take the columns away; an address that is not confirmed is told from then on."""
    with op.batch_alter_table("mail_addresses") as table:
        for name in ("tries", *ADDED):
            table.drop_column(name)
