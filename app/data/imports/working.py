"""
Working imports off: by whichever process comes first, one import at a time.

Who works holds a lease and renews it while the child reads; when that process dies the lease ends
and the next process begins the import again, which publishes nothing twice: what is in the lake
already is no change. What a process writes of an import counts only while it holds the lease.
With its end a refresh is ordered, in one transaction, so that none is forgotten.
"""

import contextlib
import datetime as dt
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy.engine import Connection

from app.data.imports import repository
from app.data.imports.following import order_refresh, owes_refresh
from app.data.imports.ingesting import Options, ingest_files
from app.data.imports.service import folder_of
from app.data.pushes.repository import settle
from app.data.pushes.service import files_of, forget_published
from app.platform.deps import Resources
from app.platform.errors import AppError, Unready
from app.platform.process.logs import logger
from app.platform.records.lease import NamedLease, holder_name
from app.platform.text import kept_form
from graph.errors import GraphError
from ingestion.errors import ImportBusy, Stopped

LEASE = dt.timedelta(seconds=15)
PERIOD_SECONDS = 2.0  # How often a process that has nothing to do looks for imports.
END_SECONDS = 10.0  # What it takes to end a child and to write down how things stand.
TRIES_MAX = 3  # An import during which its process died so often is not begun again.
_GONE = {
    "files": "its files are gone; hand them in again",
    "records": "what was staged for it is gone; drop what is left, and push it again",
}
CRASHED = "it crashed; the log has more"
log = logger("deeptier.imports")


class Imports:
    """
    Works imports off while it is entered.

    `after` is called at each turn, whether an import ended or none was there: it runs what
    imports, of this process or of one that died, have ordered.
    """

    def __init__(
        self,
        resources: Resources,
        *,
        after: Callable[[], object],
        lasts: dt.timedelta = LEASE,
        period_seconds: float = PERIOD_SECONDS,
    ) -> None:
        self._resources = resources
        self._after = after
        self._holder = holder_name()
        self._lasts = lasts
        self._period = period_seconds
        self._renewed = 0.0
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._begin()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def wake(self) -> None:
        """Look for imports now: one was handed in."""
        self._wake.set()

    def close(self) -> None:
        """
        Let the import that runs come to its end, up to a bound; what is left waits for others.

        A refresh that runs after an import cannot be ended; it publishes its run or nothing.
        """
        stopping = self._resources.stopping
        stopping.begin(self._resources.settings.stop_seconds)
        self._wake.set()
        if self._thread is not None:
            self._thread.join(stopping.seconds_left + END_SECONDS)

    def _begin(self) -> None:
        self._thread = threading.Thread(target=self._live, name="imports", daemon=True)
        self._thread.start()

    def _live(self) -> None:
        """Work until told to stop; after a crash another thread goes on."""
        try:
            while not self._resources.stopping.begun:
                worked = self._turn()
                self._follow()
                if not worked:
                    self._wake.wait(self._period)
                    self._wake.clear()
        finally:
            if not self._resources.stopping.begun:
                time.sleep(self._period)
                self._begin()

    def _follow(self) -> None:
        try:
            self._after()
        except Unready as error:
            log.warning("what follows imports waits", detail=str(error))

    def _turn(self) -> bool:
        """Return whether an import came to its end."""
        try:
            row = repository.oldest(self._resources.records)
            if row is None:
                return False
            lease = self._lease()
            if not lease.take():
                return False
            self._renewed = time.monotonic()
            try:
                return self._work(str(row["import"]), lease)
            finally:
                with contextlib.suppress(Unready):
                    lease.release()
        except Unready as error:
            log.warning("imports wait", detail=str(error))
            return False

    def _work(self, name: str, lease: NamedLease) -> bool:
        """Return whether an import came to its end."""
        records = self._resources.records
        row = repository.find(records, name)
        if row is None or row["state"] not in repository.UNFINISHED:
            return False
        tries = row["tries"] + 1
        if tries > TRIES_MAX:
            detail = f"the process that ran it ended {TRIES_MAX} times; hand the files in again"
            self._end(name, lease, {"state": "failed", "detail": detail})
            return True
        if not repository.change(records, name, lease=lease, state="running", tries=tries):
            return False
        ended: dict[str, Any] | None = {"state": "failed", "detail": CRASHED}
        try:
            ended = self._ingested(row, lease)
        finally:
            if ended is not None:
                self._end(name, lease, ended)
            else:  # It is not its fault: the next turn, or another process, begins it again.
                waits = {"state": "waiting", "tries": row["tries"]}
                repository.change(records, name, lease=lease, **waits)
        return ended is not None

    def _ingested(self, row: dict[str, Any], lease: NamedLease) -> dict[str, Any] | None:
        """Return how an import ended; None where it could not be carried out now."""
        paths = self._paths(row)
        if row["given"] != "queries" and not (paths and all(path.exists() for path in paths)):
            return {"state": "failed", "detail": _GONE[row["given"]]}
        pushed = row["given"] == "records"
        try:
            outcome = ingest_files(
                self._resources,
                row["source"],
                paths,
                options=Options(row["as_of"], row["replace"], pushed=pushed),
                alive=lambda: self._lives(lease),
            )
        except (ImportBusy, Stopped):
            return None
        except (GraphError, AppError, OSError) as error:
            folder = folder_of(self._resources, row["import"])
            detail = str(error).replace(f"{folder}/", "").replace(str(folder), "upload")
            detail = detail.replace(f"{self._resources.home}/", "")
            return {"state": "failed", "detail": kept_form(detail)}
        return {"state": "done", "outcome": outcome.document()}

    def _paths(self, row: dict[str, Any]) -> list[Path]:
        """Return what an import reads: its folder, or what was staged for it."""
        if row["given"] == "records":
            return files_of(self._resources, row["source"], row["import"])
        return [folder_of(self._resources, row["import"])] if row["given"] == "files" else []

    def _end(self, name: str, lease: NamedLease, ended: dict[str, Any]) -> None:
        """Write how an import ended, and what follows; the files go once that is kept."""
        resources = self._resources
        while True:
            try:
                held = lease.take()
                if held and repository.change(
                    resources.records,
                    name,
                    lease=lease,
                    along=self._following(name, published=ended["state"] == "done"),
                    finished_at=resources.now(),
                    **ended,
                ):
                    shutil.rmtree(folder_of(resources, name), ignore_errors=True)
                    forget_published(resources, name)
            except Unready as error:  # It has ended; that is not forgotten while this lives.
                log.warning("an end waits to be kept", name=name, detail=str(error))
                if resources.stopping.over:
                    raise
                time.sleep(self._period)
            else:
                return

    def _following(self, name: str, *, published: bool) -> Callable[[Connection], None]:
        """Return what is written with the end of an import: what it had taken, what it owes."""
        owes, now = owes_refresh(self._resources), self._resources.now()

        def write(connection: Connection) -> None:
            """Let go of what was staged, and order the refresh that is owed."""
            settle(connection, name, published=published)
            if owes:
                order_refresh(connection, by="import", at=now)

        return write

    def _lives(self, lease: NamedLease) -> bool:
        """Return whether the import goes on: nobody stops it, and the lease is still ours."""
        if self._resources.stopping.over:
            return False
        if time.monotonic() - self._renewed < self._lasts.total_seconds() / 3:
            return True
        try:
            held = lease.take()
        except Unready:  # Where nobody can write, nobody can take it over.
            return True
        self._renewed = time.monotonic()
        return held

    def _lease(self) -> NamedLease:
        resources = self._resources
        return NamedLease(resources.records, "imports", self._holder, self._lasts, resources.now)
