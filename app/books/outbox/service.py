"""Passing on: events after those that the graph store has, in order, a bounded number at once."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app.platform.deps import Resources
from app.platform.events.tables import events, head
from graph.model import Exposure

AT_ONCE_MAX = 1_000  # Events passed on in one transaction of the store.
ROUNDS_MAX = 10_000


@dataclass(frozen=True, slots=True)
class ShownTable:
    """A table of the book whose rows are exposures, and what exposure a row is."""

    table: sa.Table
    exposure: Callable[[Mapping[str, Any]], Exposure]


@dataclass(frozen=True, slots=True)
class OutboxLag:
    """How far the graph store is behind the book."""

    passed_on: int
    book: int

    @property
    def events(self) -> int:
        """Return how many events are not passed on yet."""
        return max(0, self.book - self.passed_on)


def lag_of(resources: Resources) -> OutboxLag:
    """
    Return how far the graph store is behind the book.

    Raises:
        StoreUnavailable: The graph store cannot be reached.
        Unready: The records cannot be.
    """
    with resources.records.reading() as connection:
        book = int(connection.scalar(sa.select(head.c.number)) or 0)
    return OutboxLag(resources.store.exposures_at(), book)


def pass_on(
    resources: Resources, shown: Sequence[ShownTable], *, alive: Callable[[], bool] = lambda: True
) -> int:
    """
    Pass on what the book tells since the graph store was told last; return how many events.

    Args:
        resources: The records and the graph store.
        shown: The tables of the book whose rows are exposures.
        alive: Asked between two transactions; once it says no, the rest is left for later.

    Raises:
        StoreUnavailable: The graph store cannot be reached; nothing is lost.
        Unready: The records cannot be.
    """
    after = first = resources.store.exposures_at()
    tables = {each.table.name: each for each in shown}
    for _ in range(ROUNDS_MAX):
        if not alive():
            break
        with resources.records.reading() as connection:
            last, touched = _touched(connection, after)
            exposures = _exposures(connection, tables, touched)
        if last == after:
            break
        resources.store.keep_exposures(exposures, at=last)
        after = last
    return after - first


def _touched(connection: Connection, after: int) -> tuple[int, dict[str, set[str]]]:
    """Return the last of the next events, and which rows of which tables they changed."""
    query = sa.select(events.c.number, events.c.things).where(events.c.number > after)
    found = connection.execute(query.order_by(events.c.number).limit(AT_ONCE_MAX)).all()
    touched: dict[str, set[str]] = {}
    for _, things in found:
        for table, name, *_rest in json.loads(things):
            touched.setdefault(table, set()).add(name)
    return (found[-1].number if found else after), touched


def _exposures(
    connection: Connection, tables: Mapping[str, ShownTable], touched: Mapping[str, Iterable[str]]
) -> list[Exposure]:
    """Return what the rows are now: as of a later event maybe, which is passed on again then."""
    found = []
    for name, names in sorted(touched.items()):
        if name in tables:
            table = tables[name].table
            key = table.columns[0]
            query = sa.select(table).where(key.in_(sorted(names))).order_by(key)
            rows = connection.execute(query).mappings()
            found += [tables[name].exposure(dict(row)) for row in rows]
    return found
