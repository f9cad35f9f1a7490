"""Rows of runs: which runs there are of a version, and what they granted."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from app.data.runs.tables import facilities, runs
from app.platform.records.engine import Records

MOMENT = dt.timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class RunRow:
    """One finished run; `folder` is its name under the folder of runs."""

    run: str
    version: int
    as_of: dt.date
    policy: str
    code: str
    parameters: Mapping[str, Any]
    folder: str
    cores: int
    firms: int
    seconds: float
    finished_at: dt.datetime


def record_run(records: Records, row: RunRow, granted: Sequence[Mapping[str, Any]]) -> bool:
    """
    Add a run and its facilities; one that was there becomes the newest of its version again.

    Return whether it is the newest now: a run that read an older book than the newest of its
    version never comes after it.

    Args:
        records: The records database.
        row: The run.
        granted: Rows of `facilities` without their run.
    """
    values = {name: getattr(row, name) for name in row.__slots__}
    with records.writing(patient=True) as connection:
        newest = connection.execute(_newest(row.version)).mappings().first()
        if newest is not None and _book(newest["parameters"]) > _book(row.parameters):
            return False
        finished = row.finished_at
        if newest is not None:  # It comes after it, also where a clock is set back.
            apart = dt.timedelta(0) if newest["run"] == row.run else MOMENT
            finished = max(finished, newest["finished_at"] + apart)
        known = sa.update(runs).where(runs.c.run == row.run).values(finished_at=finished)
        if connection.execute(known).rowcount:
            return True
        connection.execute(runs.insert().values(values | {"finished_at": finished}))
        if granted:
            connection.execute(facilities.insert(), [{**each, "run": row.run} for each in granted])
    return True


def _book(parameters: Mapping[str, Any]) -> int:
    """Return the number of the book that a run read; 0 where it read none."""
    return int(parameters.get("book", 0))


def newest_run(records: Records, version: int | None = None) -> RunRow | None:
    """Return the newest run of a version, by default of the highest version that has one."""
    with records.reading() as connection:
        row = connection.execute(_newest(version)).mappings().first()
    return None if row is None else RunRow(**row)


def _newest(version: int | None) -> sa.Select[Any]:
    query = sa.select(runs).order_by(
        runs.c.version.desc(), runs.c.finished_at.desc(), runs.c.run.desc()
    )
    if version is not None:
        query = query.where(runs.c.version == version)
    return query.limit(1)


def superseded(records: Records, version: int, *, keep: int) -> list[str]:
    """
    Forget the runs of a version that read an older book than its newest; return their folders.

    Args:
        records: The records database.
        version: The version.
        keep: So many of its newest runs are kept, and every run that read no book.
    """
    with records.reading() as connection:
        found = connection.execute(_newest(version).limit(None)).mappings().all()
    gone = [row for row in found[keep:] if _book(row["parameters"])]
    if gone:
        names = [row["run"] for row in gone]
        with records.writing(patient=True) as connection:
            connection.execute(sa.delete(runs).where(runs.c.run.in_(names)))
    return [row["folder"] for row in gone]


def run_named(records: Records, run: str) -> RunRow | None:
    """Return a run by its name; None where there is none."""
    with records.reading() as connection:
        row = connection.execute(sa.select(runs).where(runs.c.run == run)).mappings().first()
    return None if row is None else RunRow(**row)
