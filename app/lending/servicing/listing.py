"""Loans as a list that is filtered, counted and sorted where they lie, as last touched."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app.lending.servicing.tables import STATES, loans
from app.platform.records import Records

CLASSES = ("normal", "special_mention", "substandard", "doubtful", "loss")
FACETS = ("state", "class", "product")
PARTIES = ("firm", "core")
CODED: Mapping[str, Sequence[str]] = {"state": STATES, "class": CLASSES}
AT_ONCE = 500
Row = dict[str, Any]
_own = loans.c
_ORDERS: Mapping[str, sa.ColumnElement[Any]] = {
    **{each: _own[each] for each in ("loan", "product", "stage")},
    "amount": _own.amount_fen,
    "outstanding": _own.outstanding_fen,
    "drawn": _own.drawn_on,
    "due": _own.due_on,
}


@dataclass(frozen=True, slots=True)
class ListedLoans:
    """
    Which loans a list shows; an empty value means any.

    Args:
        text: Those whose id or application holds this text, or that are of one of `firms`.
        firms: The firms and cores that the text means.
        chosen: The value of each facet.
    """

    text: str
    firms: Collection[str]
    chosen: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class LoansOrder:
    """By what a list is sorted, whether the largest come first, and the words of parties."""

    key: str
    descending: bool
    words: Callable[[str], str]


def counts(records: Records, wanted: ListedLoans) -> dict[str, dict[str, int]]:
    """Return how many loans each value of each facet would show, by facet."""
    found = {}
    with records.reading() as connection:
        for name in FACETS:
            query = sa.select(_own[name], sa.func.count()).where(*_conditions(wanted, but=name))
            rows = connection.execute(query.group_by(_own[name]))
            found[name] = {str(each): int(count) for each, count in rows}
    return found


def count(records: Records, wanted: ListedLoans) -> int:
    """Return how many loans a list has."""
    query = sa.select(sa.func.count()).select_from(loans).where(*_conditions(wanted))
    with records.reading() as connection:
        return int(connection.scalar(query) or 0)


def parties(records: Records) -> list[str]:
    """Return every firm that has borrowed, and every core in whose chain."""
    found: set[str] = set()
    with records.reading() as connection:
        for name in PARTIES:
            found |= {each for each in connection.scalars(sa.select(_own[name]).distinct()) if each}
    return sorted(found)


def listed(
    records: Records, wanted: ListedLoans, order: LoansOrder, part: tuple[int, int | None]
) -> list[Row]:
    """
    Return the rows of loans in an order; those without a value come last.

    Args:
        records: The records database.
        wanted: Which loans.
        order: How they are sorted.
        part: How many are skipped, and how many come back at most (None: all).
    """
    start, size = part
    stop = None if size is None else start + size
    with records.reading() as connection:
        return _named(connection, _ids(connection, wanted, order, (start, stop)))


def every_listed(records: Records, wanted: ListedLoans, order: LoansOrder) -> Iterator[Row]:
    """Yield all loans of a list in its order; but for their ids so many are held at a time."""
    with records.reading() as connection:
        ids = _ids(connection, wanted, order, (0, None))
    for start in range(0, len(ids), AT_ONCE):
        with records.reading() as connection:
            part = _named(connection, ids[start : start + AT_ONCE])
        yield from part


def _conditions(wanted: ListedLoans, *, but: str = "") -> list[sa.ColumnElement[bool]]:
    made = [_own[name] == value for name, value in wanted.chosen.items() if value and name != but]
    if wanted.text:
        firms: sa.BindParameter[list[str]] = sa.bindparam(
            None, list(wanted.firms), expanding=True, literal_execute=True
        )
        named = (_own.loan, _own.application)
        texts = [each.icontains(wanted.text, autoescape=True) for each in named]
        made.append(sa.or_(*texts, _own.firm.in_(firms), _own.core.in_(firms)))
    return made


def _ids(
    connection: Connection, wanted: ListedLoans, order: LoansOrder, part: tuple[int, int | None]
) -> list[str]:
    start, stop = part
    if order.key in PARTIES:
        return _by_words(connection, wanted, order)[start:stop]
    if order.key in CODED:
        ranks = {each: at for at, each in enumerate(CODED[order.key])}
        by: sa.ColumnElement[Any] = sa.case(ranks, value=_own[order.key])
    else:
        by = _ORDERS[order.key]
    turned = (by.desc() if order.descending else by.asc()).nulls_last()
    query = sa.select(_own.loan).where(*_conditions(wanted)).order_by(turned, _own.loan)
    query = query.offset(start).limit(None if stop is None else stop - start)
    return list(connection.scalars(query))


def _by_words(connection: Connection, wanted: ListedLoans, order: LoansOrder) -> list[str]:
    """Return the ids of a list by the names of a party: what these are the records do not know."""
    query = sa.select(_own.loan, _own[order.key]).where(*_conditions(wanted)).order_by(_own.loan)
    rows = connection.execute(query).all()
    words = {each: order.words(each) for each in {row[1] for row in rows} if each}
    known = [row for row in rows if row[1]]
    known.sort(key=lambda row: words[row[1]], reverse=order.descending)
    return [row[0] for row in (*known, *(row for row in rows if not row[1]))]


def _named(connection: Connection, ids: Sequence[str]) -> list[Row]:
    """Return loans by their ids, in this order."""
    query = sa.select(loans).where(_own.loan.in_(ids))
    found = {row["loan"]: dict(row) for row in connection.execute(query).mappings()}
    return [found[each] for each in ids]
