"""Rows of the table of receivables: by their ids, and pages of them."""

import datetime as dt
from collections.abc import Iterable
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
