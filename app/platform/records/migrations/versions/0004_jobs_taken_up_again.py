"""Runs of jobs say how often they may still be begun, so that another process can take them up."""

import sqlalchemy as sa
from alembic import op

from app.platform.records.columns import Moment

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this revision."""
    with op.batch_alter_table("job_runs") as table:
        table.add_column(sa.Column("tries_left", sa.Integer(), nullable=False, server_default="0"))
        table.add_column(sa.Column("due_at", Moment(), nullable=True))
        table.create_index(op.f("ix_job_runs_state"), ["state"])


def downgrade() -> None:
    """Take the columns away; the runs of jobs stay."""
    with op.batch_alter_table("job_runs") as table:
        table.drop_index(op.f("ix_job_runs_state"))
        for name in ("tries_left", "due_at"):
            table.drop_column(name)
