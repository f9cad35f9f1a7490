"""The table of imports."""

import sqlalchemy as sa

from app.platform.records.columns import Moment, Words
from app.platform.records.tables import STATES, among, metadata

imports = sa.Table(
    "imports",
    metadata,
    sa.Column("import", sa.String(32), primary_key=True),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("source", sa.String(64), nullable=False),
    sa.Column("files", sa.JSON, nullable=False),
    sa.Column("outcome", sa.JSON),
    sa.Column("detail", Words),
    sa.Column("by", sa.String(160), nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("finished_at", Moment),
    sa.Column("as_of", sa.Date),
    sa.Column("replace", sa.Boolean(name="replace"), nullable=False, server_default=sa.false()),
    sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
    # What it reads: files, records that were pushed, queries.
    sa.Column("given", sa.String(16), nullable=False, server_default="files"),
    among("state", STATES),
)
