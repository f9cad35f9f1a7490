"""
What the tables of all domains share, and the table of leases.

Each domain has its own `tables.py` on this metadata, the same on SQLite and PostgreSQL; names,
types and rules are what the migrations make. `app.tables` knows them all, and a test compares.
"""

from collections.abc import Sequence

import sqlalchemy as sa

from app.platform.records.columns import Moment

metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)
STATES = ("waiting", "running", "done", "failed")  # Of work that is ordered and taken up.


def among(column: str, words: Sequence[str]) -> sa.CheckConstraint:
    """Return the rule that a column holds one of these words."""
    listed = ", ".join(f"'{word}'" for word in words)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=column)


# One row a name: who leads until when. Taking over is one conditional update.
leases = sa.Table(
    "leases",
    metadata,
    sa.Column("lease", sa.String(64), primary_key=True),
    sa.Column("holder", sa.String(160), nullable=False),
    sa.Column("until", Moment, nullable=False),
)
