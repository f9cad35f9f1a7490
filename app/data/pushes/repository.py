"""Rows of pushes: staged until an import has published them, or until they are dropped."""

import datetime as dt
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app.data.pushes.tables import pushes
from app.platform.records import Records

Row = dict[str, Any]


def lock(records: Records, connection: Connection) -> None:
    """Let nobody else change pushes until this transaction ends; SQLite does that by itself."""
    if records.backend == "postgresql":
        connection.execute(sa.text("LOCK TABLE pushes IN SHARE ROW EXCLUSIVE MODE"))


def of_key(connection: Connection, account: str, key: str) -> Row | None:
    """Return the push that somebody sent under a key; None where there is none."""
    asked = sa.select(pushes).where(pushes.c.account == account, pushes.c.key == key)
    row = connection.execute(asked).mappings().first()
    return None if row is None else dict(row)


def add(connection: Connection, row: Row) -> None:
    """Add a push."""
    connection.execute(pushes.insert().values(row))


def staged(connection: Connection, source: str) -> tuple[int, int, int]:
    """Return how many batches, rows and bytes of a source are staged."""
    sums = (sa.func.coalesce(sa.func.sum(pushes.c[name]), 0) for name in ("rows", "bytes"))
    asked = sa.select(sa.func.count(), *sums).where(*_staged(source))
    batches, rows, size = connection.execute(asked).one()
    return int(batches), int(rows), int(size)


def take(connection: Connection, source: str, import_name: str) -> list[str]:
    """Return the batches that an import is to publish: those staged that no other one has taken."""
    free = sa.update(pushes).where(*_staged(source), pushes.c.taken_by.is_(None))
    connection.execute(free.values(taken_by=import_name))
    return [batch for batch, _ in taken(connection, import_name)]


def take_older(connection: Connection, source: str, import_name: str) -> None:
    """Take what is free again, of an import that failed, and was pushed before what it has."""
    latest = sa.select(sa.func.max(pushes.c.number)).where(pushes.c.taken_by == import_name)
    free = sa.update(pushes).where(
        *_staged(source), pushes.c.taken_by.is_(None), pushes.c.number < latest.scalar_subquery()
    )
    connection.execute(free.values(taken_by=import_name))


def taken(connection: Connection, import_name: str) -> list[tuple[str, str]]:
    """Return the batches and tables of what an import publishes, in the order they came."""
    asked = sa.select(pushes.c.batch, pushes.c.table).where(
        pushes.c.state == "staged", pushes.c.taken_by == import_name
    )
    found = connection.execute(asked.order_by(pushes.c.number))
    return [(batch, table) for batch, table in found]


def settle(connection: Connection, import_name: str, *, published: bool) -> None:
    """Let go of what an import had taken: it is published, or staged as it was."""
    mine = sa.update(pushes).where(pushes.c.state == "staged", pushes.c.taken_by == import_name)
    ended = {"state": "published"} if published else {"taken_by": None}
    connection.execute(mine.values(ended))


def published(connection: Connection, import_name: str) -> list[tuple[str, str, str]]:
    """Return source, table and batch of what an import has published."""
    asked = sa.select(pushes.c.source, pushes.c.table, pushes.c.batch).where(
        pushes.c.state == "published", pushes.c.taken_by == import_name
    )
    return [(source, table, batch) for source, table, batch in connection.execute(asked)]


def drop(connection: Connection, source: str) -> list[tuple[str, str, int]]:
    """Return batch, table and rows of what was dropped: all that no import has taken."""
    free = (*_staged(source), pushes.c.taken_by.is_(None))
    asked = sa.select(pushes.c.batch, pushes.c.table, pushes.c.rows).where(*free)
    gone = [(batch, table, rows) for batch, table, rows in connection.execute(asked)]
    connection.execute(sa.update(pushes).where(*free).values(state="dropped"))
    return gone


def forget(connection: Connection, before: dt.datetime) -> int:
    """Return how many pushes were forgotten that were sent before a moment and are over."""
    over = sa.delete(pushes).where(pushes.c.state != "staged", pushes.c.created_at < before)
    return connection.execute(over).rowcount


def known(records: Records, batches: Collection[str]) -> set[str]:
    """Return which of some batches are staged."""
    asked = sa.select(pushes.c.batch).where(pushes.c.state == "staged")
    with records.reading() as connection:
        return set(batches) & set(connection.execute(asked).scalars())


def _staged(source: str) -> tuple[sa.ColumnElement[bool], ...]:
    return pushes.c.source == source, pushes.c.state == "staged"
