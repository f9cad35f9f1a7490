"""
What happened to one row of a table of the book, read back from event to event.

Each event tells for every row that it changed which event changed it before.
"""

import json
from typing import Any

import sqlalchemy as sa

from app.platform.documents import Document
from app.platform.events.tables import events
from app.platform.records import Records

WALK_MAX = 20_000  # More than happens to one thing.
_own = events.c
_EVENT = sa.select(
    *(_own.number, _own.at, _own.day, _own.actor, _own.operation, _own.subject, _own.things),
    *(_own.detail, _own.reason),
).where(_own.number == sa.bindparam("number"))


def events_of_thing(
    records: Records, table: sa.Table, name: str, *, after: int, size: int
) -> list[Document]:
    """
    Return the events that changed a row after a place in the book, the first of them first.

    Args:
        records: The records database.
        table: A table of the book.
        name: The key of the row.
        after: The number of the event after which they begin.
        size: At most so many.
    """
    key = next(iter(table.primary_key))
    found: list[Document] = []
    with records.reading() as connection:
        number = connection.scalar(sa.select(table.c.event).where(key == name)) or 0
        for _ in range(WALK_MAX):
            row = connection.execute(_EVENT, {"number": number}).first() if number > after else None
            if row is None:
                break
            found.append(_document(row))
            number = _since(row.things, table.name, name)
    return found[::-1][:size]


def _since(things: str, table: str, name: str) -> int:
    """Return the event that changed a row before; 0 where none did."""
    told = json.loads(things)
    return next((each[2] for each in told if each[0] == table and each[1] == name), 0)


def _document(row: Any) -> Document:
    return {
        "number": row.number,
        "at": row.at,
        "day": row.day,
        "actor": row.actor,
        "operation": row.operation,
        "subject": row.subject,
        "reason": row.reason or None,
        "detail": json.loads(row.detail),
    }
