"""
Events of the chain, the last first, a part of the chain at a time.

Events have no index but their numbers: whoever looks for some of them looks through so many at a
time, however long the chain is, and goes on from there.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app.platform.errors import Absent
from app.platform.events.chain import Event, EventDraft, canonical_event, digest_of
from app.platform.events.tables import events, head
from app.platform.records import Records

LOOKED_THROUGH_MAX = 200_000
AT_ONCE = 2_000  # Events read together for a file.
_NUMBER = re.compile("[1-9][0-9]{0,17}")
_TOLD = ("number", "at", "day", "actor", "operation", "subject", "reason", "hash")


@dataclass(frozen=True, slots=True)
class EventsWanted:
    """
    Which events are looked for; an empty value means any.

    Args:
        operation: Those of this operation.
        subject: Those whose subject holds this text.
        actor: Those of somebody whose name holds this text.
        day: Those of this business day, `2026-06-30`.
    """

    operation: str = ""
    subject: str = ""
    actor: str = ""
    day: str = ""


@dataclass(frozen=True, slots=True)
class FoundEvents:
    """
    A part of what was looked for.

    Args:
        rows: The events, the last first.
        first: The lowest number that was looked at; 1 at the end, 0 in an empty chain.
        last: The highest one.
        older: Before which number to go on; None at the end.
    """

    rows: Sequence[Any]
    first: int
    last: int
    older: int | None


@dataclass(frozen=True, slots=True)
class WholeEvent:
    """
    An event with what its hash is made of.

    Args:
        event: Its columns.
        text: Its canonical JSON, whose bytes are hashed.
        digest: The hash of these bytes.
        follows: Whether the hash before it is that of the event before.
        next: Whether there is an event after it.
    """

    event: Event
    text: str
    digest: str
    follows: bool
    next: bool

    @property
    def holds(self) -> bool:
        """Return whether its hash is the one of its bytes."""
        return self.digest == self.event.hash


def number_of(text: str) -> int | None:
    """
    Return the number of an event as an address tells it; None where it is none.

    Example:
        >>> number_of("12"), number_of("012"), number_of("-1"), number_of("9" * 30)
        (12, None, None, None)
    """
    return int(text) if _NUMBER.fullmatch(text) else None


def found_events(
    records: Records, wanted: EventsWanted, *, before: int | None, size: int
) -> FoundEvents:
    """
    Return the last events that are looked for.

    Args:
        records: The records database.
        wanted: Which events.
        before: Only those with a lower number.
        size: At most so many.
    """
    with records.reading() as connection, any_text(connection):
        last = connection.scalar(sa.select(head.c.number)) or 0
        last = last if before is None else min(last, before - 1)
        first = max(min(1, last), last - LOOKED_THROUGH_MAX + 1)
        query = (
            sa.select(*(events.c[name] for name in _TOLD))
            .where(events.c.number.between(first, last), *_conditions(wanted))
            .order_by(events.c.number.desc())
            .limit(size)
        )
        rows = connection.execute(query).all()
    if len(rows) == size:
        first = rows[-1].number
    return FoundEvents(rows, first, last, first if first > 1 else None)


def every_event(records: Records, wanted: EventsWanted) -> Iterator[Any]:
    """Yield all events that are looked for, the last first, so many held at a time."""
    found = found_events(records, wanted, before=None, size=AT_ONCE)
    yield from found.rows
    while found.older is not None:  # It falls with every turn.
        found = found_events(records, wanted, before=found.older, size=AT_ONCE)
        yield from found.rows


def day_of(records: Records) -> str:
    """Return the business day of the book; an empty text where it has none yet."""
    with records.reading() as connection:
        return connection.scalar(sa.select(head.c.day)) or ""


def whole_event(records: Records, number: int) -> WholeEvent:
    """
    Return an event with what its hash is made of.

    Raises:
        Absent: The chain has none of this number.
    """
    near = events.c.number.in_((number - 1, number, number + 1))
    with records.reading() as connection, any_text(connection):
        rows = connection.execute(sa.select(events).where(near)).all()
    found = {row.number: Event(row.number, *map(_as_text, row[1:])) for row in rows}
    if number not in found:
        raise Absent(f"no event {number}")
    event = found[number]
    draft = EventDraft(*event[1:12])
    before = found.get(number - 1)
    return WholeEvent(
        event,
        canonical_event(number, draft, event.previous),
        digest_of(number, draft, event.previous),
        follows=number == 1 or (before is not None and before.hash == event.previous),
        next=number + 1 in found,
    )


@contextmanager
def any_text(connection: Connection) -> Iterator[None]:
    """Read texts that are none, as somebody may have written them past the service."""
    if connection.dialect.name != "sqlite":  # Others keep no such text.
        yield
        return
    driver: Any = connection.connection.driver_connection
    kept = driver.text_factory
    driver.text_factory = lambda given: given.decode(errors="replace")
    try:
        yield
    finally:
        driver.text_factory = kept


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else repr(value)  # What no event has: it does not hold.


def _conditions(wanted: EventsWanted) -> list[sa.ColumnElement[bool]]:
    made = [
        events.c[name] == value
        for name, value in (("operation", wanted.operation), ("day", wanted.day))
        if value
    ]
    return made + [
        events.c[name].icontains(value, autoescape=True)
        for name, value in (("subject", wanted.subject), ("actor", wanted.actor))
        if value
    ]
