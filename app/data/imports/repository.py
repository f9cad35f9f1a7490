"""Rows of imports: waiting, running, done or failed."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app.data.imports.tables import imports
from app.platform.records import Records
from app.platform.records.lease import NamedLease

UNFINISHED = ("waiting", "running")


def add(connection: Connection, row: dict[str, Any]) -> None:
    """Add a waiting import."""
    connection.execute(imports.insert().values({**row, "state": "waiting"}))


def change(
    records: Records,
    name: str,
    *,
    lease: NamedLease,
    along: Callable[[Connection], object] | None = None,
    **values: object,
) -> bool:
    """
    Return whether an import was changed: it has not ended, and who changes it holds the lease.

    Args:
        records: The records database.
        name: The import.
        lease: Of who works imports off; another may have taken it over meanwhile.
        along: Writes what follows from the change into the same transaction.
        values: State, outcome, detail, end or tries.
    """
    mine = sa.update(imports).where(
        imports.c["import"] == name, imports.c.state.in_(UNFINISHED), lease.is_ours
    )
    with records.writing() as connection:
        changed = connection.execute(mine.values(values)).rowcount == 1
        if changed and along is not None:
            along(connection)
    return changed


def find(records: Records, name: str) -> dict[str, Any] | None:
    """Return an import; None where there is none."""
    with records.reading() as connection:
        row = (
            connection.execute(sa.select(imports).where(imports.c["import"] == name))
            .mappings()
            .first()
        )
    return None if row is None else dict(row)


def oldest(records: Records) -> dict[str, Any] | None:
    """Return the import whose turn it is; None where all have ended."""
    waits = sa.select(imports).where(imports.c.state.in_(UNFINISHED))
    first = waits.order_by(imports.c.created_at, imports.c["import"]).limit(1)
    with records.reading() as connection:
        row = connection.execute(first).mappings().first()
    return None if row is None else dict(row)


def waits(records: Records, source: str, given: str) -> bool:
    """Return whether an import of a source that is given the same has not ended."""
    asked = sa.select(imports.c["import"]).where(
        imports.c.state.in_(UNFINISHED), imports.c.source == source, imports.c.given == given
    )
    with records.reading() as connection:
        return connection.execute(asked.limit(1)).first() is not None


def newest(records: Records, source: str, *, by: str) -> dict[str, Any] | None:
    """Return how the last import of a source that somebody ordered stands; None before it."""
    kept = [imports.c[name] for name in ("state", "detail", "created_at", "finished_at")]
    asked = sa.select(*kept).where(imports.c.source == source, imports.c.by == by)
    with records.reading() as connection:
        row = connection.execute(asked.order_by(imports.c.created_at.desc()).limit(1)).mappings()
        found = row.first()
    return None if found is None else dict(found)


def unfinished(records: Records) -> set[str]:
    """Return the names of the imports that have not ended."""
    names = sa.select(imports.c["import"]).where(imports.c.state.in_(UNFINISHED))
    with records.reading() as connection:
        return set(connection.execute(names).scalars())
