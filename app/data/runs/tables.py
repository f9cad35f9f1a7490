"""Tables of runs: what was computed of a version, and what it granted each chain."""

import sqlalchemy as sa

from app.platform.records.columns import Moment
from app.platform.records.tables import metadata

# A run of the analyses and the limits; its figures are Parquet files in `folder`.
runs = sa.Table(
    "runs",
    metadata,
    sa.Column("run", sa.String(64), primary_key=True),
    sa.Column("version", sa.Integer, nullable=False, index=True),
    sa.Column("as_of", sa.Date, nullable=False),
    sa.Column("policy", sa.String(120), nullable=False),
    sa.Column("code", sa.String(64), nullable=False),
    sa.Column("parameters", sa.JSON, nullable=False),
    sa.Column("folder", sa.Text, nullable=False),
    sa.Column("cores", sa.Integer, nullable=False),
    sa.Column("firms", sa.Integer, nullable=False),
    sa.Column("seconds", sa.Float, nullable=False),
    sa.Column("finished_at", Moment, nullable=False),
)

# What a run granted each chain; `occupied` and `reserved` are those of the run.
facilities = sa.Table(
    "facilities",
    metadata,
    sa.Column("run", sa.ForeignKey("runs.run", ondelete="CASCADE"), primary_key=True),
    sa.Column("core", sa.Text, primary_key=True),
    sa.Column("limit_fen", sa.BigInteger),
    sa.Column("occupied_fen", sa.BigInteger),
    sa.Column("reserved_fen", sa.BigInteger),
    sa.Column("available_fen", sa.BigInteger),
    sa.Column("binding", sa.String(64)),
    sa.Column("absent", sa.Text),
    sa.CheckConstraint("limit_fen >= 0", name="limit"),
    sa.CheckConstraint("(limit_fen IS NULL) = (absent IS NOT NULL)", name="absent"),
)
