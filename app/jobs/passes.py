"""
The limits follow the book: after what changes a leaf of theirs a new run lands, in the background.

A thread of the process that leads looks several times a second whether the book has moved. What
changes while a run is computed is taken together by the next. A run that it has not seen set all
its accounts, say because another process landed it, or this one failed or was killed in between,
has a pass after it.
"""

import threading
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

import polars as pl
from sqlalchemy.exc import SQLAlchemyError

from app.chain.chains.cores import cores_of
from app.chain.receivables.files import of_version
from app.chain.receivables.following import otherwise
from app.chain.runs.lent import stated_in
from app.chain.runs.refreshing import pass_over
from app.chain.runs.snapshot import BookReader, reader_of
from app.data.runs.repository import newest_run
from app.platform.console.progress import quietly
from app.platform.deps import Resources
from app.platform.errors import AppError
from app.platform.process.logs import logger
from graph.errors import GraphError

PERIOD_SECONDS = 0.1
AGAIN_SECONDS = 5.0  # After one that failed.
LOOKS = 50  # So many times it looks at the book before it asks whether others landed a run.
log = logger("deeptier.passes")


class BookFollower:
    """
    Lands a run after every change of the book that limits read; a context manager.

    Args:
        resources: What this process has open.
        leads: Whether this process does the work of the background at this moment.
    """

    def __init__(self, resources: Resources, leads: Callable[[], bool]) -> None:
        self._resources = resources
        self._leads = leads
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="book", daemon=True)
        self._head = -1
        self._looks = 0
        self._set = ""  # The run that has set all its accounts.

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join(self._resources.settings.stop_seconds)

    def _follow(self) -> None:
        pause = PERIOD_SECONDS
        while not self._stop.wait(pause):
            pause = PERIOD_SECONDS
            try:
                if self._leads():
                    self.look()
            except (GraphError, AppError, OSError, SQLAlchemyError) as error:
                log.warning("pass failed", detail=str(error))
                self._head, pause = -1, AGAIN_SECONDS

    def look(self) -> bool:
        """Return whether a run landed, or set accounts that were left: the book or a run moved."""
        reader = reader_of(self._resources)
        head = reader.head()
        self._looks += 1
        if head == self._head and self._set and self._looks % LOOKS:
            return False
        self._head = head
        current = self._resources.store.current()
        run = None if current is None else newest_run(self._resources.records, current.number)
        if current is None or run is None or not cores_of(self._resources, current.number):
            return False  # The refresh of the version is the first to read the book.
        read_before = int(run.parameters.get("book", 0))
        if run.run == self._set and self._last_change(reader) <= read_before:
            return False
        self._set = ""
        done = pass_over(self._resources, current.number, progress=quietly)
        moved = done.run.run != run.run or done.count > 0
        self._set = "" if done.held_back else done.run.run
        if moved:
            book = done.read.book.number
            log.info("pass", run=done.run.run, book=book, held_back=done.held_back)
        return moved

    def _last_change(self, reader: BookReader) -> int:
        """Return the last event that changed what a run of the current version reads."""
        version = self._resources.version()
        return reader.last_change(self._otherwise, lambda: stated_in(self._resources, version))

    def _otherwise(self, used: pl.DataFrame) -> Sequence[int]:
        """Return the events of what uses touched of which the version's files say other things."""
        version = self._resources.version()
        return otherwise(used, lambda: of_version(self._resources, version))
