"""The table of job runs."""

import sqlalchemy as sa

from app.platform.records.columns import Moment, Words
from app.platform.records.tables import STATES, among, metadata

# One that waits has begun when it was ordered; who runs one holds the lease of its number.
job_runs = sa.Table(
    "job_runs",
    metadata,
    sa.Column("job_run", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("job", sa.String(64), nullable=False, index=True),
    sa.Column("state", sa.String(16), nullable=False, index=True),
    sa.Column("detail", Words),
    sa.Column("by", sa.String(160), nullable=False),
    sa.Column("started_at", Moment, nullable=False),
    sa.Column("finished_at", Moment),
    sa.Column("tries_left", sa.Integer, nullable=False, server_default="0"),
    sa.Column("due_at", Moment),
    among("state", STATES),
)
