"""Running a job, and keeping how it ended."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from app.deps import Resources
from app.errors import AppError
from app.jobs.tasks import TASKS, task
from app.kit.logs import logger
from app.kit.text import kept_form
from app.records.tables import job_runs
from graph.errors import GraphError

log = logger("deeptier.jobs")


@dataclass(slots=True)
class _Ended:
    state: str = "failed"
    detail: str = "it crashed; the log has more"


def run_job(resources: Resources, name: str, *, by: str) -> dict[str, Any]:
    """
    Run a job now and return how it ended; a refusal is an end like any other.

    Raises:
        Absent: There is no such job.
    """
    found = task(name)
    with _kept(resources, name, by) as ended:
        try:
            ended.detail, ended.state = kept_form(found.work(resources)), "done"
        except (GraphError, AppError, OSError) as error:
            ended.detail = kept_form(str(error))
    log.info("job", job=name, state=ended.state, detail=ended.detail)
    return last_run(resources, name) or {}


@contextmanager
def _kept(resources: Resources, name: str, by: str) -> Iterator[_Ended]:
    """Keep a row of the run, from its start to its end however it ends."""
    row = {"job": name, "state": "running", "by": by, "started_at": resources.now()}
    with resources.records.writing() as connection:
        key = connection.execute(job_runs.insert().values(row)).inserted_primary_key
    ended = _Ended()
    try:
        yield ended
    finally:
        values = {
            "state": ended.state,
            "detail": ended.detail,
            "finished_at": resources.now(),
        }
        with resources.records.writing(patient=True) as connection:
            connection.execute(
                sa.update(job_runs)
                .where(job_runs.c.job_run == (key[0] if key else None))
                .values(values)
            )


def last_run(resources: Resources, name: str) -> dict[str, Any] | None:
    """Return the last run of a job; None before the first."""
    query = (
        sa.select(job_runs)
        .where(job_runs.c.job == name)
        .order_by(job_runs.c.job_run.desc())
        .limit(1)
    )
    with resources.records.reading() as connection:
        row = connection.execute(query).mappings().first()
    return None if row is None else {key: row[key] for key in row if key != "job_run"}


def jobs(resources: Resources) -> list[dict[str, Any]]:
    """Return every job with its times and its last run."""
    return [
        {
            "name": each.name,
            "says": each.says,
            "when": " ".join(f"{field}={value}" for field, value in each.when.items()),
            "last": last_run(resources, each.name),
        }
        for each in TASKS.values()
    ]
