"""The table of pushes."""

import sqlalchemy as sa

from app.platform.records.columns import Moment
from app.platform.records.tables import among, metadata

# Empty: no line of it was kept. Only one that is staged has a file.
PUSH_STATES = ("staged", "published", "dropped", "empty")

pushes = sa.Table(
    "pushes",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("batch", sa.String(32), nullable=False, unique=True),
    sa.Column("source", sa.String(64), nullable=False, index=True),
    sa.Column("table", sa.String(64), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("rows", sa.Integer, nullable=False),
    sa.Column("bytes", sa.Integer, nullable=False),
    sa.Column("account", sa.String(200), nullable=False),
    sa.Column("key", sa.String(128), nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("answer", sa.JSON, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("taken_by", sa.String(32), index=True),  # The import that is to publish it.
    sa.UniqueConstraint("account", "key"),
    among("state", PUSH_STATES),
)
