"""
A round's few statements, each of one fixed text, many rows at once; on PostgreSQL sent together.

On SQLite rows go down by `executemany`, on PostgreSQL by `unnest` of arrays given as text: building
parameters row by row, or the driver's own adaptation of long lists, would cost a third of a round.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from operator import itemgetter
from types import MappingProxyType
from typing import Any, NamedTuple

import sqlalchemy as sa

from app.platform.events import Head
from app.platform.events.tables import AUDIT

Row = tuple[Any, ...]
Ids = Mapping[sa.Table, Sequence[str]]
NOTHING: Ids = MappingProxyType({})
# What a column says of itself in `info`: a row keeps its value for good. An update that wrote it
# again would rewrite every index that it is in.
FIXED = {"fixed": True}
HEAD = "head"
SINCE_MAX = 10_000  # Events of others that are looked at; after more, all is read again.
NEVER = "9"  # After every moment.
# A commit that does not wait for the disk frees the book for the next round, whoever leads it;
# an empty one behind it waits, and with it all that came before. Nobody is answered until then.
SOON = "SET LOCAL synchronous_commit = off"
SETTLES = "SELECT pg_logical_emit_message(true, 'deeptier', '')"
FIRST_END = (
    "SELECT expires_at FROM uses WHERE state = 'reserved' AND expires_at > '' "
    "ORDER BY expires_at LIMIT 1"
)


class LockedBook(NamedTuple):
    """How the book stands: its head, whether what was known of it holds, what was read of it."""

    head: Head
    holds: bool
    first_end: str | None = None  # When the next reservation passes its time; None: not asked.
    found: Mapping[sa.Table, Sequence[Row]] = MappingProxyType({})


class Write(NamedTuple):
    """Rows to be written, by one statement; as many must be."""

    text: str
    rows: Sequence[Row]
    table: str
    counts: bool = True  # On PostgreSQL; what adds rows adds all of them or fails.


class Statements:
    """Reads and writes rows of the book's tables on the driver's own cursor."""

    def __init__(self, *, sqlite: bool) -> None:
        self.sqlite = sqlite
        locked = "" if sqlite else " FOR UPDATE"
        self.head = f"SELECT number, hash, day FROM head{locked}"  # noqa: S608  # one of two texts
        sign = "?" if sqlite else "%s"
        self._moves = (
            f"SELECT 1 FROM events WHERE number > {sign} AND number <= {sign} "  # noqa: S608  # ours
            f"AND operation <> '{AUDIT}' LIMIT 1"
        )

    def stands(self, cursor: Any, since: int, ahead: Ids = NOTHING) -> LockedBook:
        """
        Return how the book stands, once its head is locked, to whoever knows it as of an event.

        What is known holds where no event has come since but of requests, which move nothing
        (`SINCE_MAX` are looked at); nothing is known where `since` is below 0. PostgreSQL is asked
        for the rows `ahead` in the same turn: it reads them once it has the lock. Where there are
        any, nobody asks what has come since: others move the book, and what was known is read.
        """
        bounds = since, since + SINCE_MAX
        if not self.sqlite:  # One turn is dearer than what may not be wanted of it.
            ask = cursor.connection.execute
            with cursor.connection.pipeline():
                ask(SOON)
                sent, ends = ask(self.head), ask(FIRST_END)
                rows = [(table, ask(*self._reading(table, ids))) for table, ids in _some(ahead)]
                moves = None if rows else ask(self._moves, bounds)
            head = Head(*sent.fetchone())
            moved = head.number != since if moves is None else moves.fetchone() is not None
            holds = not moved and 0 <= head.number - since <= SINCE_MAX
            found = {table: each.fetchall() for table, each in rows}
            return LockedBook(head, since >= 0 and holds, _end(ends.fetchone()), found)
        head = Head(*cursor.execute(self.head).fetchone())
        if since < 0 or head.number == since:
            return LockedBook(head, since >= 0)
        moved = cursor.execute(self._moves, bounds).fetchone()
        return LockedBook(head, moved is None and 0 <= head.number - since <= SINCE_MAX)

    def first_end(self, cursor: Any) -> str:
        """Return when the next reservation passes its time."""
        return _end(cursor.execute(FIRST_END).fetchone())

    def read(self, cursor: Any, wanted: Ids) -> dict[sa.Table, list[Row]]:
        """Return of each table the rows whose first column is among these."""
        asked = _some(wanted)
        found: dict[sa.Table, list[Row]] = {table: [] for table in wanted}
        if self.sqlite or len(asked) <= 1:
            for table, ids in asked:
                found[table] = cursor.execute(*self._reading(table, ids)).fetchall()
            return found
        with cursor.connection.pipeline():
            sent = [
                (table, cursor.connection.execute(*self._reading(table, ids)))
                for table, ids in asked
            ]
        return found | {table: each.fetchall() for table, each in sent}

    def _reading(self, table: sa.Table, ids: Sequence[str]) -> tuple[str, tuple[str]]:
        if len(ids) == 1:
            return _read_one(table, self.sqlite), (ids[0],)
        given = json.dumps(list(ids)) if self.sqlite else array(ids)
        return _read(table, self.sqlite), (given,)

    def insert(self, table: sa.Table, rows: Sequence[Row]) -> Write:
        """Return what adds rows, their values in the order of the table's columns."""
        return Write(_insert(table, self.sqlite), rows, table.name, counts=False)

    def update(self, table: sa.Table, rows: Sequence[Row]) -> Write:
        """
        Return what changes rows that stand at the event that was read.

        Each row: the values of all columns in order, then the number of the event at which the row
        stood.
        """
        return Write(_update(table, self.sqlite), list(map(_moved(table), rows)), table.name)

    def move_head(self, was: Head, now: Head) -> Write:
        """Return what moves the head from where it was read."""
        sign = "?" if self.sqlite else "%s"
        text = f"UPDATE head SET number = {sign}, hash = {sign}, day = {sign} WHERE number = {sign}"  # noqa: S608  # our own signs
        return Write(text if self.sqlite else _counted(text), [(*now, was.number)], HEAD)

    def carry_out(self, cursor: Any, writes: Iterable[Write], *, commits: bool = False) -> None:
        """
        Write rows; on PostgreSQL all of them in one go, and where asked the commits with them.

        Raises:
            RuntimeError: Rows were changed by whoever does not take the lock of the book; there
                each statement counts what it did, and fails by itself.
        """
        if self.sqlite:
            for text, rows, table, _ in writes:
                if len(rows) == 1:
                    _check(table, rows, cursor.execute(text, rows[0]).rowcount)
                else:
                    _check(table, rows, cursor.executemany(text, rows).rowcount)
            return
        driver = cursor.connection
        with driver.pipeline():
            for each in writes:
                driver.execute(each.text, _sent(each))
            if commits:
                self._settle(driver)

    def settle(self, cursor: Any) -> None:
        """End PostgreSQL's transaction, and wait until all that was committed is on its disk."""
        with cursor.connection.pipeline():
            self._settle(cursor.connection)

    def _settle(self, driver: Any) -> None:
        driver.commit()
        driver.execute(SETTLES)
        driver.commit()

    def hash_of(self, cursor: Any, number: int) -> str | None:
        """Return the hash of an event; None where there is none."""
        found = cursor.execute(f"SELECT hash FROM events WHERE number = {number:d}").fetchone()  # noqa: S608  # a whole number
        return None if found is None else str(found[0])


def _some(ids: Ids) -> list[tuple[sa.Table, Sequence[str]]]:
    return [(table, each) for table, each in ids.items() if each]


def _end(row: Row | None) -> str:
    return str(row[0]) if row else NEVER


def _check(table: str, rows: Sequence[Row], done: int) -> None:
    if done != len(rows):
        raise RuntimeError(f"rows of {table} were changed under the lock of the book")


def _sent(write: Write) -> Row:
    """Return what PostgreSQL is sent of rows: columns as arrays, and how many must change."""
    if write.table == HEAD:
        return (*write.rows[0], 1)
    columns = zip(*write.rows, strict=True)
    sent = [_whole(each) if isinstance(each[0], int) else array(each) for each in columns]
    return (*sent, len(write.rows)) if write.counts else tuple(sent)


def _counted(text: str) -> str:
    """Return a statement of PostgreSQL that fails where it does not touch so many rows."""
    return f"WITH done AS ({text} RETURNING 1) SELECT 1 / (count(*) = %s)::integer FROM done"  # noqa: S608  # our own statement


@cache
def names_of(table: sa.Table) -> tuple[str, ...]:
    """Return the names of a table's columns in order."""
    return tuple(column.name for column in table.columns)


@cache
def _read(table: sa.Table, sqlite: bool) -> str:  # noqa: FBT001  # part of what is kept
    key = table.columns[0].name
    listed = "IN (SELECT value FROM json_each(?))" if sqlite else "= ANY(%s::text[])"
    return f'SELECT {_names(table)} FROM {table.name} WHERE "{key}" {listed}'  # noqa: S608  # ours


@cache
def _read_one(table: sa.Table, sqlite: bool) -> str:  # noqa: FBT001  # part of what is kept
    sign = "?" if sqlite else "%s"
    return f'SELECT {_names(table)} FROM {table.name} WHERE "{table.columns[0].name}" = {sign}'  # noqa: S608  # ours


@cache
def _insert(table: sa.Table, sqlite: bool) -> str:  # noqa: FBT001  # part of what is kept
    if sqlite:
        source = f"VALUES ({', '.join('?' * len(table.columns))})"
    else:
        arrays = ", ".join(f"%s::{_type(column)}[]" for column in table.columns)
        source = f"SELECT * FROM unnest({arrays})"  # noqa: S608  # names of our own columns
    return f"INSERT INTO {table.name} ({_names(table)}) {source}"


def _places(table: sa.Table) -> list[int]:
    """Return the places of the columns that an update writes."""
    found = [place for place, each in enumerate(table.columns) if not each.info.get("fixed")]
    return found[1:]


@cache
def _moved(table: sa.Table) -> Callable[[Row], Row]:
    """Return what takes from a row what an update wants: what it writes, the key, the event."""
    return itemgetter(*_places(table), 0, -1)


@cache
def _update(table: sa.Table, sqlite: bool) -> str:  # noqa: FBT001  # part of what is kept
    key = table.columns[0]
    others = [table.columns[place] for place in _places(table)]
    if sqlite:
        changed = ", ".join(f'"{column.name}" = ?' for column in others)
        return f'UPDATE {table.name} SET {changed} WHERE "{key.name}" = ? AND "event" = ?'  # noqa: S608  # ours
    changed = ", ".join(f'"{column.name}" = v."{column.name}"' for column in others)
    names = ", ".join(f'"{column.name}"' for column in (*others, key))
    arrays = ", ".join(f"%s::{_type(column)}[]" for column in (*others, key))
    return _counted(
        f"UPDATE {table.name} t SET {changed} "  # noqa: S608  # names of our own columns
        f"FROM unnest({arrays}, %s::bigint[]) AS v({names}, stood) "
        f'WHERE t."{key.name}" = v."{key.name}" AND t."event" = v.stood'
    )


def _names(table: sa.Table) -> str:
    return ", ".join(f'"{name}"' for name in names_of(table))


def _type(column: sa.Column[Any]) -> str:
    return "bigint" if isinstance(column.type, sa.BigInteger) else "text"


def _whole(values: Sequence[Any]) -> str:
    """Return whole numbers as one text that PostgreSQL reads as an array."""
    return "{" + ",".join(map(str, values)) + "}" if None not in values else array(values)


def array(values: Sequence[Any]) -> str:
    r"""
    Return values as one text that PostgreSQL reads as an array.

    Example:
        >>> array([1, None, 3]), array(['a"b', None, "NULL"])
        ('{1,NULL,3}', '{"a\\"b",NULL,"NULL"}')
    """
    return "{" + ",".join(map(_item, values)) + "}"


def _item(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, int):
        return str(value)
    text: str = value
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
