"""The table of what somebody decided about cores."""

import sqlalchemy as sa

from app.platform.records.columns import Moment
from app.platform.records.tables import metadata

# Which firms count as cores besides, or against, what the firms table says.
cores = sa.Table(
    "cores",
    metadata,
    sa.Column("firm", sa.Text, primary_key=True),
    sa.Column("chosen", sa.Boolean(name="chosen"), nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
)
