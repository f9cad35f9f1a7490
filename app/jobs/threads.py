"""Threads on which jobs run: a job that goes on too long does not keep its process from ending."""

import threading
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from apscheduler.executors.base import BaseExecutor, run_job


class JobThreads(BaseExecutor):  # type: ignore[misc]  # APScheduler has no types.
    """Runs each job on a thread of its own, which ends with the process at the latest."""

    def __init__(self) -> None:
        super().__init__()
        self._running: list[threading.Thread] = []

    def _do_submit_job(self, job: Any, run_times: Sequence[datetime]) -> None:
        thread = threading.Thread(
            target=self._run, args=(job, run_times), name=f"job {job.id}", daemon=True
        )
        self._running = [each for each in self._running if each.is_alive()] + [thread]
        thread.start()

    def _run(self, job: Any, run_times: Sequence[datetime]) -> None:
        events = run_job(job, job._jobstore_alias, run_times, self._logger.name)  # noqa: SLF001  # as its own executors do
        self._run_job_success(job.id, events)

    def shutdown(self, wait: bool = True) -> None:  # noqa: FBT001, FBT002  # APScheduler's interface
        """Wait for what runs, if told to."""
        for thread in self._running if wait else ():
            thread.join()
