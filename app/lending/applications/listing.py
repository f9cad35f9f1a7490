"""Applications as a list that is filtered, counted and sorted where they lie: there may be many."""

import datetime as dt
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app.lending.applications.states import OFFERED, STATES, State
from app.lending.applications.tables import applications
from app.platform.events import canonical
from app.platform.records import Records

WAITING: tuple[State, ...] = ("referred", "recommended")  # For an officer.
AGES = ("today", "week", "older")
WEEK_DAYS = 7
AMOUNTS = ("small", "medium", "large")
SMALL_FEN, MEDIUM_FEN = 100_000_000, 1_000_000_000
FACETS = ("state", "hands", "product", "age", "amount")
PARTIES = ("firm", "core")
AT_ONCE = 500
Row = dict[str, Any]
_own = applications.c
_LISTED = (
    *(_own.application, _own.state, _own.firm, _own.core, _own.product, _own.amount_fen),
    *(_own.offered_fen, _own.rate, _own.hands, _own.made, _own.made_on, _own.offer_until),
    _own.drawn_fen,
)
_HANDED = (_own.maker, _own.recommended, _own.votes, _own.level)  # Who acts, and who has.
_AMOUNT = sa.case(
    (_own.amount_fen < SMALL_FEN, AMOUNTS[0]),
    (_own.amount_fen < MEDIUM_FEN, AMOUNTS[1]),
    else_=AMOUNTS[2],
)
_ORDERS: Mapping[str, sa.ColumnElement[Any]] = {
    "application": _own.application,
    "product": _own.product,
    "amount": _own.amount_fen,
    "offered": sa.func.nullif(_own.offered_fen, 0),
    "rate": sa.func.nullif(_own.rate, ""),
    "hands": _own.hands,
    "made": _own.made,
    "age": -_own.made,
}


@dataclass(frozen=True, slots=True)
class ListedApplications:
    """
    Which applications a list shows; an empty value means any.

    Args:
        day: The business day, on which an offer past its last day is over.
        text: Those whose id holds this text, or that are of one of `firms`.
        firms: The firms and cores that the text means.
        waiting: Only those that wait for an officer.
        state: Those in this state.
        hands: Those that so many people decide.
        product: Those by this product.
        age: Those that are so old, a word of `AGES`.
        amount: Those that ask for so much, a word of `AMOUNTS`.
    """

    day: dt.date
    text: str = ""
    firms: Collection[str] = ()
    waiting: bool = False
    state: str = ""
    hands: str = ""
    product: str = ""
    age: str = ""
    amount: str = ""


@dataclass(frozen=True, slots=True)
class ApplicationOrder:
    """By what a list is sorted, whether the largest come first, and the words for what is coded."""

    key: str
    descending: bool
    words: Callable[[str], str | None]


def counts(records: Records, wanted: ListedApplications) -> dict[str, dict[str, int]]:
    """Return how many applications each value of each facet would show, by facet."""
    found = {}
    values = _facets(wanted)
    with records.reading() as connection:
        for name in FACETS:
            value = values[name].label("value")
            query = sa.select(value, sa.func.count()).where(*_conditions(wanted, but=name))
            rows = connection.execute(query.group_by(value))
            found[name] = {str(each): int(count) for each, count in rows}
    return found


def count(records: Records, wanted: ListedApplications) -> int:
    """Return how many applications a list has."""
    query = sa.select(sa.func.count()).select_from(applications).where(*_conditions(wanted))
    with records.reading() as connection:
        return int(connection.scalar(query) or 0)


def parties(records: Records) -> list[str]:
    """Return every firm that applied, and every core in whose chain."""
    found: set[str] = set()
    with records.reading() as connection:
        for name in PARTIES:
            found |= {each for each in connection.scalars(sa.select(_own[name]).distinct()) if each}
    return sorted(found)


def listed(
    records: Records,
    wanted: ListedApplications,
    order: ApplicationOrder,
    part: tuple[int, int | None],
) -> list[Row]:
    """
    Return applications in an order; those without a value come last.

    Args:
        records: The records database.
        wanted: Which applications.
        order: How they are sorted.
        part: How many are skipped, and how many come back at most (None: all).
    """
    start, size = part
    with records.reading() as connection:
        if order.key in PARTIES:
            ids = _by_words(connection, wanted, order)
            stop = None if size is None else start + size
            return _named(connection, wanted, ids[start:stop])
        query = _select(wanted).where(*_conditions(wanted)).order_by(*_turned(wanted, order))
        rows = connection.execute(query.offset(start).limit(size)).mappings()
        return [dict(row) for row in rows]


def every_listed(
    records: Records, wanted: ListedApplications, order: ApplicationOrder
) -> Iterator[Row]:
    """Yield all applications of a list in its order; but for their ids so many are held at once."""
    with records.reading() as connection:
        if order.key in PARTIES:
            ids = _by_words(connection, wanted, order)
        else:
            query = sa.select(_own.application).where(*_conditions(wanted))
            ids = list(connection.scalars(query.order_by(*_turned(wanted, order))))
    for start in range(0, len(ids), AT_ONCE):
        with records.reading() as connection:
            part = _named(connection, wanted, ids[start : start + AT_ONCE])
        yield from part


def waiting_for(records: Records, person: str, day: dt.date, *, size: int) -> list[Row]:
    """
    Return applications that wait and that a person neither made, recommended nor voted on.

    Args:
        records: The records database.
        person: The officer.
        day: The business day.
        size: So many at most, the oldest.
    """
    said = canonical({"by": person})[1:-1]
    wanted = ListedApplications(day, waiting=True)
    query = sa.select(*_LISTED, *_HANDED, _state(wanted).label("shown")).where(
        *_conditions(wanted),
        _own.maker != person,
        sa.not_(_own.recommended.contains(said, autoescape=True)),
        sa.not_(_own.votes.contains(said, autoescape=True)),
    )
    with records.reading() as connection:
        rows = connection.execute(query.order_by(_own.made).limit(size)).mappings()
        return [dict(row) for row in rows]


def _state(wanted: ListedApplications) -> sa.ColumnElement[str]:
    over = sa.and_(
        _own.state.in_(OFFERED),
        _own.offer_until > "",
        _own.offer_until < wanted.day.isoformat(),
        _own.drawn_fen == 0,
    )
    return sa.case((over, "expired"), else_=_own.state)


def _facets(wanted: ListedApplications) -> Mapping[str, sa.ColumnElement[str]]:
    week = (wanted.day - dt.timedelta(days=WEEK_DAYS)).isoformat()
    age = sa.case(
        (_own.made_on >= wanted.day.isoformat(), AGES[0]),
        (_own.made_on >= week, AGES[1]),
        else_=AGES[2],
    )
    return {
        "state": _state(wanted),
        "hands": _own.hands,
        "product": _own.product,
        "age": age,
        "amount": _AMOUNT,
    }


def _conditions(wanted: ListedApplications, *, but: str = "") -> list[sa.ColumnElement[bool]]:
    chosen = {name: getattr(wanted, name) for name in FACETS if name != but}
    values = _facets(wanted)
    made = [values[name] == value for name, value in chosen.items() if value]
    if wanted.waiting:
        made.append(_state(wanted).in_(WAITING))
    if wanted.text:
        firms: sa.BindParameter[list[str]] = sa.bindparam(
            None, list(wanted.firms), expanding=True, literal_execute=True
        )
        named = _own.application.icontains(wanted.text, autoescape=True)
        made.append(sa.or_(named, _own.firm.in_(firms), _own.core.in_(firms)))
    return made


def _select(wanted: ListedApplications) -> sa.Select[Any]:
    return sa.select(*_LISTED, _state(wanted).label("shown"))


def _turned(
    wanted: ListedApplications, order: ApplicationOrder
) -> tuple[sa.ColumnElement[Any], ...]:
    by = _ORDERS.get(order.key)
    if by is None:
        words = sorted({order.words(each) or "" for each in STATES})
        ranks = {each: words.index(order.words(each) or "") for each in STATES}
        by = sa.case(ranks, value=_state(wanted))
    turned = (by.desc() if order.descending else by.asc()).nulls_last()
    return turned, _own.made, _own.application


def _by_words(
    connection: Connection, wanted: ListedApplications, order: ApplicationOrder
) -> list[str]:
    """Return the ids of a list by the names of a party: what these are the records do not know."""
    query = sa.select(_own.application, _own[order.key]).where(*_conditions(wanted))
    rows = connection.execute(query.order_by(_own.made)).all()
    words = {each: order.words(each) or "" for each in {row[1] for row in rows} if each}
    known = [row for row in rows if row[1]]
    known.sort(key=lambda row: words[row[1]], reverse=order.descending)
    return [row[0] for row in (*known, *(row for row in rows if not row[1]))]


def _named(connection: Connection, wanted: ListedApplications, ids: Sequence[str]) -> list[Row]:
    """Return applications by their ids, in this order."""
    query = _select(wanted).where(_own.application.in_(ids))
    found = {row["application"]: dict(row) for row in connection.execute(query).mappings()}
    return [found[each] for each in ids]
