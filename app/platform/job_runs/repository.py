"""
Rows of job runs: waiting, running, done or failed.

Who runs one holds a lease of its number. One that says `running` without such a lease is run by
nobody: its process died. It waits to be begun again while it has tries left, and has failed
otherwise; until somebody writes that down, readers are told so.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app.platform.clock import Clock
from app.platform.job_runs.tables import job_runs
from app.platform.records.engine import Records
from app.platform.records.lease import NamedLease
from app.platform.records.tables import leases

LEASE = dt.timedelta(seconds=15)
TRIES_MAX = 5  # How often what was ordered is begun, whatever becomes of it.
DIED = "its process ended, or could not write, before it came to an end"


@dataclass(frozen=True, slots=True)
class Turn:
    """A run of a job that this process has begun: its number, its lease, what may still be."""

    number: int
    job: str
    tries_left: int
    lease: NamedLease


@dataclass(frozen=True, slots=True)
class JobRunner:
    """Who runs jobs: its name, its clock, and how long its leases last."""

    records: Records
    holder: str
    now: Clock
    lasts: dt.timedelta = LEASE

    def lease(self, number: int) -> NamedLease:
        """Return the lease of a run."""
        return NamedLease(self.records, f"job run {number}", self.holder, self.lasts, self.now)


def order(connection: Connection, job: str, *, by: str, at: dt.datetime) -> None:
    """Order a job once: whoever runs jobs next takes it up. What waits already is enough."""
    # One that failed before need not wait any longer: something has changed.
    soon = sa.update(job_runs).where(job_runs.c.job == job, job_runs.c.state == "waiting")
    asked = {"due_at": at, "tries_left": TRIES_MAX}
    if connection.execute(soon.values(asked)).rowcount == 0:
        row = {"job": job, "state": "waiting", "by": by, "started_at": at}
        connection.execute(job_runs.insert().values(row | asked))


def begin(runner: JobRunner, job: str, *, by: str, again: int = 0) -> Turn:
    """
    Return a run of a job that this process begins now: one that waits for its turn, or a new one.

    Args:
        runner: Who begins it.
        job: Its name.
        by: Who asked.
        again: How often a new one may be begun again where it fails or its process dies.
    """
    waits = sa.select(job_runs.c.job_run).where(
        job_runs.c.job == job, job_runs.c.state == "waiting"
    )
    with runner.records.writing() as connection:
        for number in connection.execute(waits.order_by(job_runs.c.job_run)).scalars().all():
            if (turn := _taken(runner, connection, number)) is not None:
                return turn
        row = {"job": job, "state": "running", "by": by, "started_at": runner.now()}
        made = connection.execute(job_runs.insert().values(row | {"tries_left": again}))
        (number,) = made.inserted_primary_key or (0,)
        lease = runner.lease(number)
        lease.begin(connection)
    return Turn(number, job, again, lease)


def take(runner: JobRunner) -> Turn | None:
    """Return the next run whose turn it is, begun by this process; None where none waits."""
    due = sa.select(job_runs.c.job_run).where(
        job_runs.c.state == "waiting", job_runs.c.due_at <= runner.now()
    )
    due = due.order_by(job_runs.c.due_at, job_runs.c.job_run).limit(1)
    with runner.records.reading() as connection:
        number = connection.execute(due).scalar()
    if number is None:
        return None
    with runner.records.writing() as connection:
        return _taken(runner, connection, number)


def settle(runner: JobRunner) -> int:
    """Write down what nobody runs any more, and return how many runs that were."""
    dead = _running_by_nobody(runner.now())
    with runner.records.reading() as connection:
        if connection.execute(sa.select(job_runs.c.job_run).where(dead).limit(1)).first() is None:
            return 0
    again = sa.update(job_runs).where(dead, job_runs.c.tries_left > 0)
    waits = {"state": "waiting", "due_at": runner.now(), "detail": DIED}
    failed = {"state": "failed", "finished_at": runner.now(), "detail": DIED}
    over = sa.and_(leases.c.lease.startswith("job run "), leases.c.until <= runner.now())
    with runner.records.writing() as connection:
        found = connection.execute(again.values(waits)).rowcount
        found += connection.execute(sa.update(job_runs).where(dead).values(failed)).rowcount
        connection.execute(sa.delete(leases).where(over))
    return found


def end(turn: Turn, values: Mapping[str, object]) -> bool:
    """Write how a run ended, and return whether it was ours to tell; another may have taken it."""
    mine = sa.update(job_runs).where(
        job_runs.c.job_run == turn.number, job_runs.c.state == "running", turn.lease.is_ours
    )
    held = turn.lease.take()  # It may have ended while nobody could write.
    with turn.lease.records.writing(patient=True) as connection:
        return held and connection.execute(mine.values(values)).rowcount == 1


def last(records: Records, job: str, *, now: dt.datetime) -> dict[str, Any] | None:
    """Return the last run of a job as it stands; None before the first."""
    newest = sa.select(sa.func.max(job_runs.c.job_run)).where(job_runs.c.job == job)
    return _read(records, job_runs.c.job_run == newest.scalar_subquery(), now)


def find(records: Records, number: int, *, now: dt.datetime) -> dict[str, Any] | None:
    """Return a run by its number; None where there is none."""
    return _read(records, job_runs.c.job_run == number, now)


def _read(
    records: Records, which: sa.ColumnElement[bool], now: dt.datetime
) -> dict[str, Any] | None:
    told = sa.select(job_runs, _running_by_nobody(now).label("dead")).where(which)
    with records.reading() as connection:
        row = connection.execute(told).mappings().first()
    if row is None:
        return None
    found = {key: row[key] for key in row if key not in ("job_run", "tries_left", "dead")}
    if row["dead"]:
        found["state"] = "waiting" if row["tries_left"] else "failed"
        found["detail"] = DIED
    return found


def _taken(runner: JobRunner, connection: Connection, number: int) -> Turn | None:
    """Return a run that waited, begun by this process; None where another was quicker."""
    lease = runner.lease(number)
    waits = sa.update(job_runs).where(job_runs.c.job_run == number, job_runs.c.state == "waiting")
    begun = waits.values(
        state="running",
        tries_left=job_runs.c.tries_left - 1,
        started_at=runner.now(),
        finished_at=None,
        detail=None,
        due_at=None,
    )
    if connection.execute(begun).rowcount != 1:
        return None
    lease.begin(connection)
    row = connection.execute(sa.select(job_runs).where(job_runs.c.job_run == number)).one()
    return Turn(number, row.job, row.tries_left, lease)


def _running_by_nobody(now: dt.datetime) -> sa.ColumnElement[bool]:
    number = sa.cast(job_runs.c.job_run, sa.String)
    runs = sa.select(leases.c.lease).where(
        leases.c.lease == sa.literal("job run ") + number, leases.c.until > now
    )
    return sa.and_(job_runs.c.state == "running", ~sa.exists(runs))
