"""Applications as a list that is filtered, counted and sorted where they lie: there may be many."""

import datetime as dt
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app.lending.applications.service_hours import BANDS, DAY_HOURS, ServiceHours
from app.lending.applications.states import OFFERED, STATES, State
from app.lending.applications.tables import application_claims, applications
from app.platform.events import canonical, moment_text
from app.platform.events.tables import events
from app.platform.records import Records

WAITING: tuple[State, ...] = ("referred", "recommended")  # For an officer.
AGES = ("today", "week", "older")
WEEK_DAYS = 7
AMOUNTS = ("small", "medium", "large")
SMALL_FEN, MEDIUM_FEN = 100_000_000, 1_000_000_000
FACETS = ("state", "hands", "product", "age", "amount")
QUEUE_FACETS = ("urgency", "claimed")  # Of what waits, before those of every list.
CLAIMED = ("mine", "others", "nobody")
PARTIES = ("firm", "core")
SORTED_HERE = (*PARTIES, "urgency")
AT_ONCE = 500
Row = dict[str, Any]
_own = applications.c
_LISTED = (
    *(_own.application, _own.state, _own.firm, _own.core, _own.product, _own.amount_fen),
    *(_own.offered_fen, _own.rate, _own.hands, _own.made, _own.made_on, _own.offer_until),
    _own.drawn_fen,
)
_HANDED = (_own.maker, _own.recommended, _own.votes, _own.level)  # Who acts, and who has.
_claim = application_claims.c
_MOVED = (events.c.at.label("since"), events.c.day.label("since_on"))
_CLAIMED = (_claim.officer.label("claimed_by"), _claim.since.label("claimed_at"))
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
    "claimed": _claim.officer,
}


@dataclass(frozen=True, slots=True)
class QueueTerms:
    """By what a queue is told: who reads it, the service hours, the clock's time."""

    person: str
    hours: ServiceHours
    now: dt.datetime


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
        queue: By what those that wait are told; None: nothing is said of hours and claims.
        urgency: Those whose hours are so far gone, a word of `BANDS`.
        claimed: Those on which such a person works, a word of `CLAIMED`.
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
    queue: QueueTerms | None = None
    urgency: str = ""
    claimed: str = ""

    @property
    def facets(self) -> tuple[str, ...]:
        """Return the facets of the list."""
        return (*QUEUE_FACETS, *FACETS) if self.queue else FACETS


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
        for name in wanted.facets:
            value = values[name].label("value")
            query = sa.select(value, sa.func.count()).select_from(_from(wanted))
            query = query.where(*_conditions(wanted, but=name))
            rows = connection.execute(query.group_by(value))
            found[name] = {str(each): int(count) for each, count in rows}
    return found


def count(records: Records, wanted: ListedApplications) -> int:
    """Return how many applications a list has."""
    query = sa.select(sa.func.count()).select_from(_from(wanted)).where(*_conditions(wanted))
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
        if order.key in SORTED_HERE:
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
        if order.key in SORTED_HERE:
            ids = _by_words(connection, wanted, order)
        else:
            query = sa.select(_own.application).select_from(_from(wanted))
            query = query.where(*_conditions(wanted))
            ids = list(connection.scalars(query.order_by(*_turned(wanted, order))))
    for start in range(0, len(ids), AT_ONCE):
        with records.reading() as connection:
            part = _named(connection, wanted, ids[start : start + AT_ONCE])
        yield from part


def waiting_for(records: Records, wanted: ListedApplications, *, size: int) -> list[Row]:
    """
    Return applications that wait and that a person neither made, recommended nor voted on.

    Args:
        records: The records database.
        wanted: The queue of the person.
        size: So many at most, the oldest.
    """
    person = wanted.queue.person if wanted.queue else ""
    said = canonical({"by": person})[1:-1]
    query = _select(wanted, *_HANDED).where(
        *_conditions(wanted),
        _own.maker != person,
        sa.not_(_own.recommended.contains(said, autoescape=True)),
        sa.not_(_own.votes.contains(said, autoescape=True)),
    )
    with records.reading() as connection:
        rows = connection.execute(query.order_by(_own.made).limit(size)).mappings()
        return [dict(row) for row in rows]


def _from(wanted: ListedApplications) -> sa.FromClause:
    """Return where a list is read: a queue with the last move of each, and who works on it."""
    if wanted.queue is None:
        return applications
    moved = applications.outerjoin(events, events.c.number == _own.event)
    stands = (_claim.application == _own.application) & (_claim.seen == _own.event)
    return moved.outerjoin(application_claims, stands & (_claim.officer != ""))


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
    every: dict[str, sa.ColumnElement[str]] = {
        "state": _state(wanted),
        "hands": _own.hands,
        "product": _own.product,
        "age": age,
        "amount": _AMOUNT,
    }
    return every if wanted.queue is None else {**every, **_of_queue(wanted.day, wanted.queue)}


def _of_queue(day: dt.date, queue: QueueTerms) -> Mapping[str, sa.ColumnElement[str]]:
    """Return how far the hours of an application are gone, and who works on it."""

    def gone(hours: Callable[[str], int]) -> sa.ColumnElement[bool]:
        """Return whether so many hours of its state are over, by the clock or by days."""
        told = []
        for state in WAITING:
            limit = hours(state)
            moment = moment_text(queue.now - dt.timedelta(hours=limit))
            closed = (day - dt.timedelta(days=-(-limit // DAY_HOURS))).isoformat()
            over = sa.or_(events.c.at <= moment, events.c.day <= closed)
            told.append(sa.and_(_own.state == state, over))
        return sa.or_(*told)

    late, near, in_time = BANDS
    urgency = sa.case(
        (gone(queue.hours.states.__getitem__), late),
        (gone(queue.hours.near_hours), near),
        else_=in_time,
    )
    mine, others, nobody = CLAIMED
    claimed = sa.case(
        (_claim.officer.is_(None), nobody), (_claim.officer == queue.person, mine), else_=others
    )
    return {"urgency": urgency, "claimed": claimed}


def _conditions(wanted: ListedApplications, *, but: str = "") -> list[sa.ColumnElement[bool]]:
    chosen = {name: getattr(wanted, name) for name in wanted.facets if name != but}
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


def _select(wanted: ListedApplications, *further: sa.ColumnElement[Any]) -> sa.Select[Any]:
    columns = (*_LISTED, *further, _state(wanted).label("shown"))
    queue = (*_MOVED, *_CLAIMED) if wanted.queue else ()
    return sa.select(*columns, *queue).select_from(_from(wanted))


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
    """Return the ids of a list by the names of a party, or by hours: the records know neither."""
    if order.key == "urgency":
        return _by_hours(connection, wanted, order)
    query = sa.select(_own.application, _own[order.key]).where(*_conditions(wanted))
    rows = connection.execute(query.order_by(_own.made)).all()
    words = {each: order.words(each) or "" for each in {row[1] for row in rows} if each}
    known = [row for row in rows if row[1]]
    known.sort(key=lambda row: words[row[1]], reverse=order.descending)
    return [row[0] for row in (*known, *(row for row in rows if not row[1]))]


def _by_hours(
    connection: Connection, wanted: ListedApplications, order: ApplicationOrder
) -> list[str]:
    """Return the ids of a queue by the hours that are left, then the oldest first."""
    queue = wanted.queue
    if queue is None:
        return []
    query = sa.select(_own.application, _own.state, *_MOVED).select_from(_from(wanted))
    found = connection.execute(query.where(*_conditions(wanted)).order_by(_own.made)).mappings()
    rows = [
        (queue.hours.deadline(dict(row), wanted.day, queue.now), row["application"])
        for row in found
    ]
    rows.sort(key=lambda each: each[0].left_hours, reverse=order.descending)
    return [application for _, application in rows]


def _named(connection: Connection, wanted: ListedApplications, ids: Sequence[str]) -> list[Row]:
    """Return applications by their ids, in this order."""
    query = _select(wanted).where(_own.application.in_(ids))
    found = {row["application"]: dict(row) for row in connection.execute(query).mappings()}
    return [found[each] for each in ids]
