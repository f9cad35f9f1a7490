"""The table of the book that says which groups uses stand in."""

import sqlalchemy as sa

from app.platform.records.tables import metadata

# One row: the digest of the groups by which the last order moved uses between them.
groupings = sa.Table(
    "groupings",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("event", sa.BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
