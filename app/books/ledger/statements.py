"""
A round's few statements, each of one fixed text, many rows at once.

On SQLite rows go down by `executemany`, on PostgreSQL by `unnest` of arrays given as text: building
parameters row by row, or the driver's own adaptation of long lists, would cost a third of a round.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from operator import itemgetter
from typing import Any

import sqlalchemy as sa

from app.platform.events.tables import AUDIT

Row = tuple[Any, ...]
# What a column says of itself in `info`: a row keeps its value for good. An update that wrote it
# again would rewrite every index that it is in.
FIXED = {"fixed": True}


class Statements:
    """Reads and writes rows of the book's tables on the driver's own cursor."""

    def __init__(self, *, sqlite: bool) -> None:
        self.sqlite = sqlite
        locked = "" if sqlite else " FOR UPDATE"
        self.head = f"SELECT number, hash, day FROM head{locked}"  # noqa: S608  # one of two texts

    def read(self, cursor: Any, table: sa.Table, ids: Iterable[str]) -> list[Row]:
        """Return the rows of a table whose first column is among these."""
        listed = list(ids)
        if not listed:
            return []
        if len(listed) == 1:
            text, given = _read_one(table, self.sqlite), listed[0]
        else:
            text = _read(table, self.sqlite)
            given = json.dumps(listed) if self.sqlite else array(listed)
        found: list[Row] = cursor.execute(text, (given,)).fetchall()
        return found

    def insert(self, cursor: Any, table: sa.Table, rows: Sequence[Row]) -> None:
        """Add rows, their values in the order of the table's columns."""
        if rows:
            self._write(cursor, _insert(table, self.sqlite), rows)

    def update(self, cursor: Any, table: sa.Table, rows: Sequence[Row]) -> int:
        """
        Return how many rows were changed, of those that stood at the event that was read.

        Each row: the values of all columns in order, then the number of the event at which the row
        stood.
        """
        if not rows:
            return 0
        return self._write(cursor, _update(table, self.sqlite), list(map(_moved(table), rows)))

    def move_head(self, cursor: Any, number: int, digest: str, day: str, *, was: int) -> bool:
        """Return whether the head stood where it was read, and was moved."""
        sign = "?" if self.sqlite else "%s"
        text = f"UPDATE head SET number = {sign}, hash = {sign}, day = {sign} WHERE number = {sign}"  # noqa: S608  # our own signs
        return bool(cursor.execute(text, (number, digest, day, was)).rowcount == 1)

    def hash_of(self, cursor: Any, number: int) -> str | None:
        """Return the hash of an event; None where there is none."""
        found = cursor.execute(f"SELECT hash FROM events WHERE number = {number:d}").fetchone()  # noqa: S608  # a whole number
        return None if found is None else str(found[0])

    def tells_of_requests_alone(self, cursor: Any, after: int) -> bool:
        """Return whether all events after this one tell of requests, and move nothing."""
        text = f"SELECT 1 FROM events WHERE number > {after:d} AND operation <> '{AUDIT}' LIMIT 1"  # noqa: S608  # ours
        return cursor.execute(text).fetchone() is None

    def _write(self, cursor: Any, text: str, rows: Sequence[Row]) -> int:
        if self.sqlite:
            done: int = cursor.executemany(text, rows).rowcount
        else:
            done = cursor.execute(text, tuple(map(array, zip(*rows, strict=True)))).rowcount
        return done


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
    return (
        f"UPDATE {table.name} t SET {changed} "  # noqa: S608  # names of our own columns
        f"FROM unnest({arrays}, %s::bigint[]) AS v({names}, stood) "
        f'WHERE t."{key.name}" = v."{key.name}" AND t."event" = v.stood'
    )


def _names(table: sa.Table) -> str:
    return ", ".join(f'"{name}"' for name in names_of(table))


def _type(column: sa.Column[Any]) -> str:
    return "bigint" if isinstance(column.type, sa.BigInteger) else "text"


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
