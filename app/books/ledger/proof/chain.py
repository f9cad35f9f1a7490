"""The chain: events read in order, each one's number, hash and day held against the one before."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy.engine import Connection

from app.books.ledger.proof.differences import BookDifference
from app.platform.events.chain import EventDraft, Head, digest_of
from app.platform.events.tables import DAY_CLOSED, events

EventRow = tuple[Any, ...]
AT_ONCE_EVENTS = 10_000
AT_ONCE_BYTES = 4 * 2**20
FETCHED = 250
NAMES = tuple(column.name for column in events.columns)
OPERATION, PATH, THINGS, DETAIL = map(NAMES.index, ("operation", "path", "things", "detail"))
DAY, PREVIOUS, HASH = map(NAMES.index, ("day", "previous", "hash"))


def chunks(connection: Connection, first: int, last: int) -> Iterator[list[EventRow]]:
    """
    Yield the events of these numbers in order, so many or so long at once at most.

    No result is held whole: on PostgreSQL the server keeps it behind a cursor.
    """
    driver: Any = connection.connection.driver_connection
    is_sqlite = connection.dialect.name == "sqlite"
    cursor = driver.cursor() if is_sqlite else driver.cursor("events_in_order")
    cursor.execute(
        f"SELECT {', '.join(NAMES)} FROM events "  # noqa: S608  # our own names, whole numbers
        f"WHERE number BETWEEN {first:d} AND {last:d} ORDER BY number"
    )
    try:
        chunk: list[EventRow] = []
        size = 0
        while rows := cursor.fetchmany(FETCHED):
            chunk += rows
            size += sum(len(row[PATH]) + len(row[THINGS]) + len(row[DETAIL]) for row in rows)
            if len(chunk) >= AT_ONCE_EVENTS or size >= AT_ONCE_BYTES:
                yield chunk
                chunk, size = [], 0
        if chunk:
            yield chunk
    finally:
        cursor.close()


class ChainCheck:
    """Follows the chain from the event before the first that it is given."""

    def __init__(self, begins: Head) -> None:
        self.head = begins

    def follow(self, rows: Sequence[EventRow]) -> BookDifference | None:
        """Return the first difference of these events, up to which they were followed."""
        for row in rows:
            after = _after(self.head, row)
            if isinstance(after, BookDifference):
                return after
            self.head = after
        return None


def _after(stands: Head, row: EventRow) -> Head | BookDifference:
    """Return the head after an event, or why it does not follow the one before."""
    number = stands.number + 1
    if row[0] != number:
        return BookDifference(number, "number", number, row[0])
    try:
        own = digest_of(number, EventDraft._make(row[1:PREVIOUS]), stands.hash)
    except (TypeError, ValueError):
        return _no_text(number, row)
    day = row[DAY]
    expected = (stands.hash, own, stands.day or day)  # Without a day the books open with its own.
    if expected != (row[PREVIOUS], row[HASH], day):
        for name, ours in zip(("previous", "hash", "day"), expected, strict=True):
            found = row[NAMES.index(name)]
            if found != ours:
                return BookDifference(number, name, ours, found)
    if row[OPERATION] == DAY_CLOSED:
        day = day_after(row)
        if day <= row[DAY]:
            return BookDifference(number, "detail", f"a day after {row[DAY]}", row[DETAIL])
    return Head(number, own, day)


def day_after(row: EventRow) -> str:
    """Return the business day after an event; "" where it says none."""
    if row[OPERATION] != DAY_CLOSED:
        return str(row[DAY])
    try:
        return str(json.loads(row[DETAIL])["after"])
    except (ValueError, KeyError, TypeError):
        return ""


def _no_text(number: int, row: EventRow) -> BookDifference:
    """Return which column of an event holds what no event of ours holds."""
    for name, value in zip(NAMES[1:], row[1:], strict=True):
        try:
            value.encode()
        except (AttributeError, UnicodeEncodeError):
            return BookDifference(number, name, "a text", repr(value))
    return BookDifference(number, "hash", "texts that have one", row[HASH])
