"""Rows of the table of receivables: by their ids, and pages of them."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app.chain.receivables.tables import receivables

AT_ONCE = 500
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class WantedReceivables:
    """Which receivables a reader wants; `party` is one that owes or holds them."""

    debtor: str | None = None
    creditor: str | None = None
    state: str | None = None
    due_before: dt.date | None = None
    party: str | None = None


def known(connection: Connection, ids: Iterable[str]) -> dict[str, Row]:
    """Return the rows of those ids that the platform knows."""
    wanted, found = list(ids), {}
    for start in range(0, len(wanted), AT_ONCE):
        part = wanted[start : start + AT_ONCE]
        query = sa.select(receivables).where(receivables.c.receivable.in_(part))
        found.update({row["receivable"]: dict(row) for row in connection.execute(query).mappings()})
    return found


def page(
    connection: Connection, wanted: WantedReceivables, *, after: str | None, size: int | None
) -> list[Row]:
    """Return rows in order of ids, after one of them; all of them without a size."""
    own = receivables.c
    query = sa.select(receivables).order_by(own.receivable)
    if wanted.debtor is not None:
        query = query.where(own.debtor == wanted.debtor)
    if wanted.creditor is not None:
        query = query.where(own.creditor == wanted.creditor)
    if wanted.state is not None:
        query = query.where(own.state == wanted.state)
    if wanted.due_before is not None:
        query = query.where(own.due_on < wanted.due_before.isoformat())
    if wanted.party is not None:
        query = query.where((own.debtor == wanted.party) | (own.creditor == wanted.party))
    if after is not None:
        query = query.where(own.receivable > after)
    if size is not None:
        query = query.limit(size)
    return [dict(row) for row in connection.execute(query).mappings()]


def holding(
    connection: Connection, wanted: WantedReceivables, text: str, *, size: int
) -> tuple[int, list[Row]]:
    """Return how many ids hold a text, in either case, and the first rows in order of ids."""
    own, query = receivables.c, _holding(wanted, text)
    count = connection.execute(query.with_only_columns(sa.func.count())).scalar_one()
    first = query.order_by(own.receivable).limit(size)
    return int(count), [dict(row) for row in connection.execute(first).mappings()]


def ids_known(
    connection: Connection,
    wanted: WantedReceivables,
    text: str,
    asked: tuple[Sequence[str], int],
) -> list[str]:
    """
    Return those ids that hold a text, of some that do, which the platform knows.

    No more ids are read than the smaller side has.

    Args:
        connection: The database.
        wanted: Whose they are.
        text: The text, in either case.
        asked: The ids, and how many the platform knows that hold the text.
    """
    (ids, count), own = asked, receivables.c
    query = _holding(wanted, text).with_only_columns(own.receivable)
    if count <= len(ids):
        return list(connection.scalars(query)) if count else []
    parts = [ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE)]
    return [
        each for part in parts for each in connection.scalars(query.where(own.receivable.in_(part)))
    ]


def _holding(wanted: WantedReceivables, text: str) -> sa.Select[Any]:
    own = receivables.c
    query = sa.select(own.receivable, own.creditor, own.debtor).where(
        own.receivable.icontains(text, autoescape=True)
    )
    for column, party in ((own.debtor, wanted.debtor), (own.creditor, wanted.creditor)):
        if party is not None:
            query = query.where(column == party)
    return query
