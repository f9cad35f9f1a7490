"""Rows of imports: waiting, running, done or failed."""

import datetime as dt
from typing import Any

import sqlalchemy as sa

from app.records import Records
from app.records.tables import imports

UNFINISHED = ("waiting", "running")


def add(records: Records, row: dict[str, Any]) -> None:
    """Add a waiting import."""
    with records.writing() as connection:
        connection.execute(imports.insert().values({**row, "state": "waiting"}))


def change(records: Records, name: str, **values: object) -> None:
    """Change an import's state, outcome, detail or end."""
    with records.writing() as connection:
        connection.execute(sa.update(imports).where(imports.c["import"] == name).values(values))


def find(records: Records, name: str) -> dict[str, Any] | None:
    """Return an import; None where there is none."""
    with records.reading() as connection:
        row = (
            connection.execute(sa.select(imports).where(imports.c["import"] == name))
            .mappings()
            .first()
        )
    return None if row is None else dict(row)


def give_up(records: Records, *, before: dt.datetime, now: dt.datetime) -> int:
    """Return how many unfinished imports began before a moment, and call them failed."""
    lost = sa.update(imports).where(imports.c.state.in_(UNFINISHED), imports.c.created_at < before)
    values = {"state": "failed", "detail": "the process that ran it ended", "finished_at": now}
    with records.writing() as connection:
        return connection.execute(lost.values(values)).rowcount
