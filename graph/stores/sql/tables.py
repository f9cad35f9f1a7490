"""
The tables of the SQL store, made from the model.

A firm has one row in `firm_ids`, for ever; the model's tables name it by that number. Each row of
a model table is part of version v when `since <= v < until`.
"""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from graph import model

OPEN = 2**62  # `until` of a row that no version has ended.
FORMAT = 1  # Raised when the tables below change in a way that older databases cannot follow.

_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_TYPES: Mapping[model.Kind, sa.types.TypeEngine[Any]] = {
    "text": _TEXT,
    "fen": _WHOLE,
    "count": _WHOLE,
    "ratio": sa.Double().with_variant(sa.REAL(), "sqlite"),
    "date": _WHOLE,
    "flag": _WHOLE,
}

metadata = sa.MetaData()


def references(table: model.Table) -> tuple[str, ...]:
    """Return the columns that name firms, kept as numbers of `firm_ids`."""
    return table.ends or table.key


def _columns(table: model.Table) -> list[sa.Column[object]]:
    return [
        sa.Column(
            attribute.name,
            _WHOLE if attribute.name in references(table) else _TYPES[attribute.type],
            nullable=not attribute.required,
        )
        for attribute in table.attributes
    ]


def _versioned(name: str) -> sa.Table:
    table = model.table(name)
    searched = [sa.Column("searched", _TEXT, nullable=False)] if name == "firms" else []
    return sa.Table(
        name,
        metadata,
        *_columns(table),
        *searched,
        sa.Column("since", _WHOLE, nullable=False),
        sa.Column("until", _WHOLE, nullable=False),
        sa.PrimaryKeyConstraint(*table.key, "since"),
        *(sa.ForeignKeyConstraint([end], ["firm_ids.number"]) for end in references(table)),
        sqlite_with_rowid=False,
        sqlite_strict=True,
    )


FORMATS = sa.Table(
    "graph_format",
    metadata,
    sa.Column("number", _WHOLE, primary_key=True, autoincrement=False),
    sqlite_strict=True,
)
VERSIONS = sa.Table(
    "graph_versions",
    metadata,
    sa.Column("number", _WHOLE, primary_key=True, autoincrement=False),
    sa.Column("as_of", _WHOLE, nullable=False),
    sa.Column("published_at", _TEXT, nullable=False),
    sa.Column("firms", _WHOLE, nullable=False),
    sa.Column("trades", _WHOLE, nullable=False),
    sqlite_strict=True,
)
FIRM_IDS = sa.Table(
    "firm_ids",
    metadata,
    sa.Column("number", _WHOLE, primary_key=True, autoincrement=False),
    sa.Column("id", _TEXT, nullable=False, unique=True),
    sqlite_strict=True,
)
GRAMS = sa.Table(
    "firm_grams",
    metadata,
    sa.Column("gram", _WHOLE, primary_key=True, autoincrement=False),
    sa.Column("firm", _WHOLE, sa.ForeignKey("firm_ids.number"), primary_key=True),
    sqlite_with_rowid=False,
    sqlite_strict=True,
)
EXPOSURES = sa.Table(
    "exposures",
    metadata,
    sa.Column("exposure", _TEXT, primary_key=True),
    sa.Column("debtor", _TEXT, nullable=False),
    sa.Column("creditor", _TEXT),  # NULL: the bank.
    sa.Column("amount_fen", _WHOLE, nullable=False),
    sqlite_with_rowid=False,
    sqlite_strict=True,
)
EXPOSURES_AT = sa.Table(
    "exposures_at",
    metadata,
    sa.Column("number", _WHOLE, primary_key=True, autoincrement=False),
    sqlite_strict=True,
)
VERSIONED: Mapping[str, sa.Table] = {name: _versioned(name) for name in model.TABLES}
TRADES = VERSIONED["trades"]
FIRMS = VERSIONED["firms"]
sa.Index("trades_by_buyer", TRADES.c.buyer, TRADES.c.supplier, TRADES.c.since)


def staging(table: sa.Table, names: tuple[str, ...]) -> sa.Table:
    """Return the temporary table into which the driver copies a batch of these columns."""
    return sa.Table(
        f"staged_{table.name}",
        sa.MetaData(),
        *(sa.Column(name, table.c[name].type) for name in names),
        prefixes=["TEMPORARY"],
    )


def valid(table: sa.Table, version: int) -> sa.ColumnElement[bool]:
    """Return the condition that a row is part of the version."""
    return sa.and_(table.c.since <= version, table.c.until > version)
