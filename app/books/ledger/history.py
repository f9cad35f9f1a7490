"""
The events of one account, in either direction, and where its total comes from.

Each event tells for every account that it moved which event moved it before: so the latest are read
step by step from the account's own row, however long the book is. Read from the first on, an
account with few events is walked back whole; one with many is met so often that the events after a
place are looked through, a page at a time.
"""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from json.encoder import encode_basestring as quoted
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app.books.ledger.figures import STATES, Figures, day_text
from app.books.ledger.tables import accounts
from app.platform.documents import Document
from app.platform.events.tables import events
from app.platform.records import Records

WALK_MAX = 1_000  # Steps back before the events are looked through instead.
_FIGURES = len(Figures._fields)
_TOLD = (
    events.c.number,
    events.c.at,
    events.c.day,
    events.c.actor,
    events.c.operation,
    events.c.subject,
    events.c.path,
    events.c.detail,
    events.c.reason,
)
_EVENT = sa.select(*_TOLD).where(events.c.number == sa.bindparam("number"))


@dataclass(frozen=True, slots=True)
class AccountEvent:
    """What one event did to an account."""

    number: int
    at: str
    day: str
    actor: str
    operation: str
    subject: str
    reason: str
    detail: Document
    since: int  # The event that moved it before; 0: none.
    before: Figures
    after: Figures

    def document(self) -> Document:
        """Return it as answers show it."""
        return {
            "number": self.number,
            "at": self.at,
            "day": self.day,
            "actor": self.actor,
            "operation": self.operation,
            "subject": self.subject,
            "reason": self.reason or None,
            "before": _figures(self.before),
            "after": _figures(self.after),
        }


def events_before(
    records: Records, account: str, *, before: int | None, size: int
) -> list[AccountEvent]:
    """
    Return the latest events of an account, the last first.

    Args:
        records: The records database.
        account: Its id.
        before: Only those that came before what this event did; it must have moved the account.
        size: At most so many.
    """
    with records.reading() as connection:
        number = _last(connection, account)
        if before is not None:
            number = next((each.since for each in _walk(connection, account, before)), 0)
        return _at_most(_walk(connection, account, number), size)


def events_after(records: Records, account: str, *, after: int, size: int) -> list[AccountEvent]:
    """
    Return the events of an account after a place in the book, the first of them first.

    Args:
        records: The records database.
        account: Its id.
        after: The number of the event after which they begin.
        size: At most so many.
    """
    with records.reading() as connection:
        found: list[AccountEvent] = []
        for each in _walk(connection, account, _last(connection, account)):
            if each.number <= after:
                break
            found.append(each)
            if len(found) == WALK_MAX:
                return _looked_through(connection, account, after, size)
    return found[::-1][:size]


def sources_of(records: Records, numbers: Collection[int]) -> dict[int, Document]:
    """Return what set totals, as the events of these numbers tell it."""
    query = sa.select(events.c.number, events.c.detail).where(events.c.number.in_(numbers))
    with records.reading() as connection:
        found = connection.execute(query).all()
    return {number: _source(number, json.loads(detail)["source"]) for number, detail in found}


def _source(number: int, told: Document) -> Document:
    return {"event": number} | {name: told.get(name) for name in ("run", "decision", "product")}


def _last(connection: Connection, account: str) -> int:
    query = sa.select(accounts.c.event).where(accounts.c.account == account)
    return connection.scalar(query) or 0


def _walk(connection: Connection, account: str, number: int) -> Iterator[AccountEvent]:
    """Yield the event of a number, the one that moved the account before it, and so on."""
    while number:
        row = connection.execute(_EVENT, {"number": number}).first()
        found = None if row is None else _told(row, account)
        if found is None:
            return
        yield found
        number = found.since


def _looked_through(
    connection: Connection, account: str, after: int, size: int
) -> list[AccountEvent]:
    query = (
        sa.select(*_TOLD)
        .where(
            events.c.number > after,
            events.c.path.contains(f"[{quoted(account)},", autoescape=True),
        )
        .order_by(events.c.number)
        .execution_options(yield_per=size)
    )
    told = (_told(row, account) for row in connection.execute(query))
    return _at_most((each for each in told if each is not None), size)


def _at_most(found: Iterator[AccountEvent], size: int) -> list[AccountEvent]:
    return [each for each, _ in zip(found, range(size), strict=False)]


def _told(row: Any, account: str) -> AccountEvent | None:
    """Return what an event did to an account; None where it did nothing to it."""
    # A quotation mark inside a name has an escape before it: this is found where an entry begins.
    start = row.path.find(f"[{quoted(account)},")
    if start < 0:
        return None
    (_, since, *figures), _ = json.JSONDecoder().raw_decode(row.path, start)
    return AccountEvent(
        number=row.number,
        at=row.at,
        day=row.day,
        actor=row.actor,
        operation=row.operation,
        subject=row.subject,
        reason=row.reason,
        detail=json.loads(row.detail),
        since=since,
        before=Figures(*figures[:_FIGURES]),
        after=Figures(*figures[_FIGURES:]),
    )


def _figures(figures: Figures) -> Document:
    return {
        "total_fen": figures.total,
        "outside_fen": figures.outside,
        "posted_fen": figures.posted,
        "pending_fen": figures.pending,
        "frozen_fen": figures.frozen,
        "state": STATES[figures.state],
        "valid_to": day_text(figures.valid_to),
    }
