"""The table of saved views."""

import sqlalchemy as sa

from app.platform.records.columns import Moment
from app.platform.records.tables import metadata

# What somebody chose on a list, under a name: the query of its address, nothing of the bank.
views = sa.Table(
    "views",
    metadata,
    sa.Column("view", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("user", sa.ForeignKey("users.user", ondelete="CASCADE"), nullable=False),
    sa.Column("list", sa.String(40), nullable=False),
    sa.Column("name", sa.String(80), nullable=False),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("query", sa.Text, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.UniqueConstraint("user", "list", "name"),
)
