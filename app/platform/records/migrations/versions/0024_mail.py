"""Notices by mail: where users are told, which mails are sent, and up to which event."""

import sqlalchemy as sa
from alembic import op

from app.platform.records.columns import Moment

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables, and the way to notices in the order in which they were made."""
    op.create_index("ix_notices_made", "notices", ["made"])
    op.create_table(
        "mail_addresses",
        sa.Column("user", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("changed_at", Moment(), nullable=False),
        sa.CheckConstraint("language IN ('zh', 'en')", name=op.f("ck_mail_addresses_language")),
        sa.ForeignKeyConstraint(
            ["user"], ["users.user"], name=op.f("fk_mail_addresses_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user", name=op.f("pk_mail_addresses")),
    )
    op.create_table(
        "mails",
        sa.Column("mail", sa.String(length=32), nullable=False),
        sa.Column("notice", sa.Text(), nullable=False),
        sa.Column("user", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("due_at", Moment(), nullable=False),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'sent', 'refused', 'given_up', 'dropped')",
            name=op.f("ck_mails_state"),
        ),
        sa.ForeignKeyConstraint(
            ["user"], ["users.user"], name=op.f("fk_mails_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("mail", name=op.f("pk_mails")),
    )
    op.create_index("ix_mails_due", "mails", ["state", "due_at"])
    op.create_table(
        "mail_marks",
        sa.Column("mark", sa.String(length=16), nullable=False),
        sa.Column("made", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("mark", name=op.f("pk_mail_marks")),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("mail_marks")
    op.drop_table("mails")
    op.drop_table("mail_addresses")
    op.drop_index("ix_notices_made", "notices")
