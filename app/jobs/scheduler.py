"""
The scheduler of one process: it asks for the lease, and runs jobs only while it leads.

Every process may have one. The times of the next runs are kept in the records database, so that
whoever takes over goes on where the last leader stopped.
"""

import contextlib
import datetime as dt
import os
import secrets
import socket
import threading
from types import TracebackType
from typing import Any, Self

import structlog
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.background import BackgroundScheduler

from app.deps import Resources
from app.errors import Unready
from app.jobs.lease import Lease
from app.jobs.running import run_job
from app.jobs.tasks import TASKS

LEASE = dt.timedelta(seconds=15)
LATE_SECONDS_MAX = 3600
log = structlog.get_logger("deeptier.jobs")
_RUNNING: dict[str, "Scheduler"] = {}  # Stored jobs name a function; it finds its process here.


class Scheduler:
    """Runs the jobs of a process while it leads; a context manager."""

    def __init__(self, resources: Resources, *, lasts: dt.timedelta = LEASE) -> None:
        holder = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self.resources = resources
        self.lease = Lease(resources.records, "jobs", holder, lasts, resources.now)
        self._every = lasts.total_seconds() / 3
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._lead, name="leader", daemon=True)
        self._jobs: BackgroundScheduler | None = None

    def __enter__(self) -> Self:
        _RUNNING["jobs"] = self
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()
        _RUNNING.pop("jobs", None)

    @property
    def leads(self) -> bool:
        """Return whether this process runs the jobs."""
        return self._jobs is not None

    def stored(self) -> list[Any]:
        """Return the stored jobs with the times of their next runs; none while following."""
        return [] if self._jobs is None else list(self._jobs.get_jobs())

    def run(self, name: str) -> None:
        """Run a job if this process leads at this very moment; it may have slept meanwhile."""
        if self.lease.is_held():
            run_job(self.resources, name, by=self.lease.holder)

    def _lead(self) -> None:
        while True:
            self._settle()
            if self._stop.wait(self._every):
                break
        self._follow()
        with contextlib.suppress(Unready):
            self.lease.release()

    def _settle(self) -> None:
        try:
            leads = self.lease.take()
        except Unready as error:
            log.warning("lease", detail=str(error))
            leads = False
        if leads and self._jobs is None:
            self._start()
        elif not leads and self._jobs is not None:
            self._follow()

    def _start(self) -> None:
        store = SQLAlchemyJobStore(engine=self.resources.records.writer)
        defaults = {"coalesce": True, "max_instances": 1, "misfire_grace_time": LATE_SECONDS_MAX}
        zone = self.resources.settings.zone  # Nights are those of the bank.
        jobs = BackgroundScheduler({"default": store}, job_defaults=defaults, timezone=zone)
        jobs.start(paused=True)
        for task in TASKS.values():
            kept = jobs.get_job(task.name)
            if kept is None or str(kept.trigger.timezone) != zone.key:
                jobs.add_job(
                    run_scheduled,
                    "cron",
                    [task.name],
                    id=task.name,
                    replace_existing=True,
                    **task.when,
                )
        for job in jobs.get_jobs():
            if job.id not in TASKS:
                jobs.remove_job(job.id)
        jobs.resume()
        self._jobs = jobs
        log.info("leads", holder=self.lease.holder)

    def _follow(self) -> None:
        if self._jobs is not None:
            self._jobs.shutdown(wait=True)
            self._jobs = None
            log.info("follows", holder=self.lease.holder)


def run_scheduled(name: str) -> None:
    """Run a stored job in this process; what the job store calls."""
    scheduler = _RUNNING.get("jobs")
    if scheduler is not None:
        scheduler.run(name)
