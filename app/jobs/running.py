"""
Running a job, and keeping how it ended.

Each run holds a lease while it runs. What was ordered by an import, or by the clock, is begun
again where its process died and, after a while, where it failed: a bounded number of times.
"""

import datetime as dt
from typing import Any

from app.jobs import sources
from app.jobs.tasks import TASKS, Task, task
from app.platform.console.progress import Step, quietly
from app.platform.deps import Resources
from app.platform.errors import AppError
from app.platform.job_runs import repository as rows
from app.platform.job_runs.repository import TRIES_MAX, JobRunner, Turn
from app.platform.process.logs import logger
from app.platform.records.lease import holder_name
from app.platform.text import kept_form
from graph.errors import GraphError
from ingestion.errors import Stopped

AGAIN = dt.timedelta(seconds=30)  # After the first failure; four times as long after each other.
CRASHED = "it crashed; the log has more"
log = logger("deeptier.jobs")


def run_job(
    resources: Resources, name: str, *, by: str, again: bool = False, progress: Step = quietly
) -> dict[str, Any]:
    """
    Run a job now, then what has been ordered, and return how the first ended.

    A refusal is an end like any other.

    Args:
        resources: What this process has open.
        name: The job.
        by: Who asks for it.
        again: Whether it is begun again where it fails, as far as such a job is.
        progress: Told how far it is.

    Raises:
        Absent: There is no such job.
    """
    found = task(name)
    runner = _runner(resources)
    rows.settle(runner)
    turn = rows.begin(runner, name, by=by, again=found.again if again else 0)
    _work(resources, found, turn, progress)
    ended = rows.find(resources.records, turn.number, now=resources.now())
    take_up(resources, progress=progress)
    return ended or {}


def take_up(resources: Resources, *, progress: Step = quietly) -> None:
    """Run what was ordered and waits for its turn, or was left behind by a process that died."""
    runner = _runner(resources)
    rows.settle(runner)
    for _ in TASKS:  # Of each job at most one waits, and what fails is due later.
        turn = None if resources.stopping.begun else rows.take(runner)
        if turn is None:
            return
        _work(resources, task(turn.job), turn, progress)


def last_run(resources: Resources, name: str) -> dict[str, Any] | None:
    """Return the last run of a job; None before the first."""
    return rows.last(resources.records, name, now=resources.now())


def jobs(resources: Resources) -> list[dict[str, Any]]:
    """Return every job with its times and its last run."""
    tasks = [
        {
            "name": each.name,
            "says": each.says,
            "when": " ".join(f"{field}={value}" for field, value in each.when.items()),
            "last": last_run(resources, each.name),
        }
        for each in TASKS.values()
    ]
    return tasks + sources.listed(resources)


def _work(resources: Resources, found: Task, turn: Turn, progress: Step) -> None:
    """Do the work of a run that has begun; its row is written however it ends."""
    ended = _left_over(turn, resources.now(), CRASHED)
    with turn.lease.renewed():
        try:
            done = kept_form(found.work(resources, progress))
            ended = {"state": "done", "detail": done, "finished_at": resources.now()}
        except Stopped as error:  # It is not its fault: no try is lost.
            ended = _left_over(turn, resources.now(), kept_form(str(error)), stopped=True)
        except (GraphError, AppError, OSError) as error:
            ended = _left_over(turn, resources.now(), kept_form(str(error)))
        except KeyboardInterrupt:
            ended = {"state": "failed", "detail": "interrupted", "finished_at": resources.now()}
            raise
        finally:
            rows.end(turn, ended)
    log.info("job", job=turn.job, state=ended["state"], detail=ended["detail"])


def _left_over(
    turn: Turn, now: dt.datetime, detail: str, *, stopped: bool = False
) -> dict[str, object]:
    """Return what becomes of a run that did not end well: it waits, or has failed."""
    if turn.tries_left == 0:
        return {"state": "failed", "detail": detail, "finished_at": now}
    if stopped:
        left = {"tries_left": turn.tries_left + 1, "due_at": now}
        return {"state": "waiting", "detail": detail, **left}
    made = TRIES_MAX - turn.tries_left
    wait = AGAIN * 4 ** (made - 1)
    said = f"{detail} (try {made} of {TRIES_MAX}; the next one in {wait.total_seconds():.0f} s)"
    return {"state": "waiting", "detail": said, "due_at": now + wait}


def _runner(resources: Resources) -> JobRunner:
    return JobRunner(resources.records, holder_name(), resources.now)
