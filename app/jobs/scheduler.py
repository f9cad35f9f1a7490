"""
The scheduler of one process: it asks for the lease, and runs jobs only while it leads.

Every process may have one. The times of the next runs are kept in the records database, so that
whoever takes over goes on where the last leader stopped.
"""

import contextlib
import datetime as dt
import threading
from types import TracebackType
from typing import Any, Self

from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from sqlalchemy.exc import SQLAlchemyError

from app.jobs.passes import BookFollower
from app.jobs.running import run_job
from app.jobs.sources import SourceSchedules, is_source, order_import
from app.jobs.tasks import TASKS, task
from app.jobs.threads import JobThreads
from app.platform.deps import Resources
from app.platform.errors import Unready
from app.platform.process.logs import logger
from app.platform.records.lease import NamedLease, holder_name

LEASE = dt.timedelta(seconds=15)
LATE_SECONDS_MAX = 3600
log = logger("deeptier.jobs")
_RUNNING: dict[str, "Scheduler"] = {}  # Stored jobs name a function; it finds its process here.


class Scheduler:
    """Runs the jobs of a process while it leads; a context manager."""

    def __init__(self, resources: Resources, *, lasts: dt.timedelta = LEASE) -> None:
        holder = holder_name()
        self.resources = resources
        self.lease = NamedLease(resources.records, "jobs", holder, lasts, resources.now)
        self._every = lasts.total_seconds() / 3
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._lead, name="leader", daemon=True)
        self._jobs: BackgroundScheduler | None = None
        self._sources = SourceSchedules(resources)
        self._follower = BookFollower(resources, lambda: self.leads)

    def __enter__(self) -> Self:
        _RUNNING["jobs"] = self
        self._thread.start()
        self._follower.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._follower.__exit__(kind, error, trace)
        stopping = self.resources.stopping
        stopping.begin(self.resources.settings.stop_seconds)
        self._thread.join(stopping.seconds_left + self._every)
        if self._thread.is_alive():
            log.warning("a job still runs; its process ends without it")
        _RUNNING.pop("jobs", None)

    @property
    def leads(self) -> bool:
        """Return whether this process runs the jobs."""
        return self._jobs is not None

    def stored(self) -> list[Any]:
        """Return the stored jobs with the times of their next runs; none while following."""
        jobs = self._jobs  # It may end to lead meanwhile.
        return [] if jobs is None else list(jobs.get_jobs())

    def run(self, name: str) -> None:
        """Run a job if this process leads at this very moment; it may have slept meanwhile."""
        if self.lease.is_held() and task(name).due(self.resources):
            run_job(self.resources, name, by=self.lease.holder, again=True)

    def run_source(self, name: str) -> None:
        """Order the import of a source if this process leads at this very moment."""
        if self.lease.is_held():
            order_import(self.resources, name)

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
            if self._jobs is not None and not (leads and self._works):
                self._follow()
            if leads and self._jobs is None:
                self._start()
            if self._jobs is not None and self._sources.changed():
                self._fill_sources(self._jobs)
        except (Unready, SQLAlchemyError) as error:  # It is tried again at the next turn.
            log.warning("lease", detail=str(error))
            self._follow()

    @property
    def _works(self) -> bool:
        """Return whether the thread that begins jobs lives; it ends where its store fails."""
        thread = None if self._jobs is None else self._jobs._thread  # noqa: SLF001  # nothing else tells
        return thread is not None and thread.is_alive()

    def _start(self) -> None:
        store = SQLAlchemyJobStore(engine=self.resources.records.writer)
        defaults = {"coalesce": True, "max_instances": 1, "misfire_grace_time": LATE_SECONDS_MAX}
        zone = self.resources.settings.zone  # Nights are those of the bank.
        jobs = BackgroundScheduler(
            {"default": store},
            executors={"default": JobThreads()},
            job_defaults=defaults,
            timezone=zone,
        )
        with contextlib.ExitStack() as undo:
            undo.callback(jobs.shutdown, wait=False)
            self._fill(jobs)
            undo.pop_all()
        self._jobs = jobs
        log.info("leads", holder=self.lease.holder)

    def _fill(self, jobs: BackgroundScheduler) -> None:
        """Begin to run the jobs there are; times of their next runs are kept."""
        zone = self.resources.settings.zone
        jobs.start(paused=True)
        for each in TASKS.values():
            kept = jobs.get_job(each.name)
            if kept is None or str(kept.trigger.timezone) != zone.key:
                jobs.add_job(
                    run_scheduled,
                    "cron",
                    [each.name],
                    id=each.name,
                    replace_existing=True,
                    **each.when,
                )
        self._sources.changed()
        self._fill_sources(jobs)
        for job in jobs.get_jobs():
            if job.id not in TASKS and job.id not in self._sources.times:
                jobs.remove_job(job.id)
        jobs.resume()

    def _fill_sources(self, jobs: BackgroundScheduler) -> None:
        """Import sources by the schedules of their descriptions as they are now."""
        times = self._sources.times
        for name, when in times.items():
            wanted = CronTrigger(timezone=jobs.timezone, **when)
            kept = jobs.get_job(name)
            if kept is None or _said(kept.trigger) != _said(wanted):
                jobs.add_job(run_source, wanted, [name], id=name, replace_existing=True)
        for job in jobs.get_jobs():
            if is_source(job.id) and job.id not in times:
                jobs.remove_job(job.id)

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


def run_source(name: str) -> None:
    """Order the import of a source in this process; what the job store calls."""
    scheduler = _RUNNING.get("jobs")
    if scheduler is not None:
        scheduler.run_source(name)


def _said(trigger: CronTrigger) -> tuple[str, str]:
    return str(trigger), str(trigger.timezone)
