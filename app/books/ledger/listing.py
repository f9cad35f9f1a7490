"""Accounts as a list that is sorted, filtered and counted where they lie: there may be many."""

import datetime as dt
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from app.books.ledger.figures import CLOSED, FROZEN, OPEN, Figures
from app.books.ledger.reading import EXCESS, ROWS, AccountSeen, passed, seen_row
from app.books.ledger.tables import accounts
from app.platform.events.tables import head
from app.platform.records import Records

AT_ONCE = 500
_COLUMNS = accounts.c
_USED = _COLUMNS.outside + _COLUMNS.posted + _COLUMNS.pending + _COLUMNS.frozen
_STATE = sa.case(
    (_COLUMNS.state == FROZEN, "frozen"),
    (_COLUMNS.state == CLOSED, "closed"),
    (_COLUMNS.total < _USED, EXCESS),
    else_="open",
)
_DAY = sa.cast(sa.func.replace(head.c.day, "-", ""), sa.BigInteger)
_PAST = sa.and_(_COLUMNS.valid_to > 0, head.c.day > "", _COLUMNS.valid_to < _DAY)
_SHUT = sa.or_(_COLUMNS.state != OPEN, _PAST, _COLUMNS.total <= _USED)
_FACETS: Mapping[str, sa.ColumnElement[Any]] = {"layer": _COLUMNS.layer, "state": _STATE}
ORDERS: Mapping[str, sa.ColumnElement[Any]] = {
    "account": _COLUMNS.account,
    **_FACETS,
    **{name: _COLUMNS[name] for name in Figures._fields[:5]},
    "use": sa.cast(_USED, sa.Double) / sa.func.nullif(_COLUMNS.total, 0),
    "available": sa.case((_SHUT, 0), else_=_COLUMNS.total - _USED),
    "excess": sa.case((_COLUMNS.total < _USED, _USED - _COLUMNS.total), else_=0),
}


@dataclass(frozen=True, slots=True)
class AccountsWanted:
    """
    Which accounts a list shows; an empty value means any.

    Args:
        core: Those of this core.
        firm: Those of this firm.
        text: Those whose id holds this text, or that are of one of `firms`.
        firms: The firms whose name it is, or their own.
        layer: Those of this layer.
        state: Those in this state; `excess`: open, and more of them is used than there is.
    """

    core: str = ""
    firm: str = ""
    text: str = ""
    firms: Collection[str] = ()
    layer: str = ""
    state: str = ""


def listed(
    records: Records,
    wanted: AccountsWanted,
    now: dt.datetime,
    *,
    order: tuple[str, bool],
    part: tuple[int, int | None],
) -> list[AccountSeen]:
    """
    Return accounts in an order; those without a value come last either way.

    Args:
        records: The records database.
        wanted: Which accounts.
        now: What has passed its time by then counts as gone in their figures.
        order: One of `ORDERS`, and whether the largest come first.
        part: How many are skipped, and how many come back at most (None: all).
    """
    query = ROWS.where(*_conditions(wanted)).order_by(*_turned(order))
    start, size = part
    with records.reading() as connection:
        gone = passed(connection, now)
        rows = connection.execute(query.offset(start).limit(size)).all()
    return [seen_row(row, gone) for row in rows]


def every_listed(
    records: Records, wanted: AccountsWanted, now: dt.datetime, *, order: tuple[str, bool]
) -> Iterator[AccountSeen]:
    """Yield all accounts of a list in its order; but for their ids so many are held at a time."""
    query = sa.select(_COLUMNS.account).where(*_conditions(wanted)).order_by(*_turned(order))
    with records.reading() as connection:
        gone = passed(connection, now)
        ids = list(connection.scalars(query))
    for start in range(0, len(ids), AT_ONCE):
        part = ids[start : start + AT_ONCE]
        with records.reading() as connection:
            rows = connection.execute(ROWS.where(_COLUMNS.account.in_(part))).all()
        found = {row.account: seen_row(row, gone) for row in rows}
        yield from (found[each] for each in part)


def _turned(order: tuple[str, bool]) -> tuple[sa.ColumnElement[Any], ...]:
    by = ORDERS[order[0]]
    return (by.desc() if order[1] else by.asc()).nulls_last(), _COLUMNS.account


def counts(records: Records, wanted: AccountsWanted) -> dict[str, dict[str, int]]:
    """Return how many accounts each value of a facet would show, by facet."""
    found = {}
    with records.reading() as connection:
        for name, column in _FACETS.items():
            others = _conditions(replace(wanted, **{name: ""}))
            query = sa.select(column, sa.func.count()).select_from(accounts).where(*others)
            found[name] = {value: int(n) for value, n in connection.execute(query.group_by(column))}
    return found


def _conditions(wanted: AccountsWanted) -> list[sa.ColumnElement[bool]]:
    made = [
        column == value
        for column, value in (
            (_COLUMNS.core, wanted.core),
            (_COLUMNS.firm, wanted.firm),
            *((column, getattr(wanted, name)) for name, column in _FACETS.items()),
        )
        if value
    ]
    if wanted.text:
        made.append(
            sa.or_(
                _COLUMNS.account.icontains(wanted.text, autoescape=True),
                _COLUMNS.firm.in_(wanted.firms),
                _COLUMNS.core.in_(wanted.firms),
            )
        )
    return made
