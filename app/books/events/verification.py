"""
The book verified for whoever asks by a page: one at a time for all processes of a data folder.

A process of its own reads the book, so that nobody waits for it; how far it is and what it found
stand in a file, which every process of the service reads, and which tells the last one after a
restart too. A lock is held as long as it runs: where a process ends, however, nobody waits for it.
"""

import contextlib
import json
import threading
from collections.abc import Sequence
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, cast

from app.books.business_day.heads import FOLDER, kept_head
from app.books.ledger.proof import ToldHead, verify
from app.platform.deps import Resources
from app.platform.documents import Document
from app.platform.errors import AppError, Unready
from app.platform.events import moment_text
from app.platform.files.whole import together
from app.platform.process.locks import LOCKS, locked
from app.platform.records import open_records

FILE = "verification.json"
LOCK = "verification.lock"
STEP = 0.01  # The share after which it is told again how far it is.
WAIT_SECONDS = 0.2  # A reader who looks whether it runs holds the lock for a moment.


def verifier_of(resources: Resources) -> "BookVerifier":
    """Return what verifies the book for this process."""
    return cast("BookVerifier", resources.once("book verifier", lambda: BookVerifier(resources)))


class BookVerifier:
    """Verifies the book in the background; safe to share between threads."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._lock = threading.Lock()
        self._working: threading.Thread | None = None
        self._child: Any = None

    def begin(self, person: str, key: str, head: ToldHead | None = None) -> bool:
        """
        Return whether a verification began: none does while one runs, or twice under one key.

        Args:
            person: Who asks.
            key: Of the form that was sent.
            head: An event that must be in the chain, as who asks has kept it.

        Raises:
            Unready: The data folder cannot be written, or the head kept in it is damaged.
        """
        with contextlib.ExitStack() as held:
            try:
                held.enter_context(locked(self._place(LOCKS, LOCK), seconds=WAIT_SECONDS))
            except Unready:  # Another one runs.
                return False
            if self._kept().get("key") == key:
                return False
            kept = kept_head(self._resources)
            told = [] if kept is None else [ToldHead(kept.number, kept.hash)]
            told += [] if head is None else [head]
            began = {
                "state": "running",
                "person": person,
                "key": key,
                "began_at": moment_text(self._resources.now()),
                "share": 0.0,
                "told": "" if head is None else f"{head.number}:{head.hash}",
            }
            self._tell(began)
            work = threading.Thread(
                target=self._run, args=(began, told, held.pop_all()), name="verification"
            )
            with self._lock:
                self._working = work
            work.start()
        return True

    def standing(self) -> Document | None:
        """Return the verification that runs, else the last one; None where there was none."""
        found = self._kept()
        if found.get("state") == "running" and not self._runs():
            found = self._kept()  # It may have ended in between; else nothing works on it.
            if found["state"] == "running":
                found["state"] = "stopped"
        return found or None

    def close(self) -> None:
        """Give up what runs, and wait until it has ended."""
        with self._lock:
            working, child = self._working, self._child
        if child is not None:
            child.terminate()
        if working is not None:
            working.join()

    def _run(self, began: Document, told: Sequence[ToldHead], held: contextlib.ExitStack) -> None:
        """Follow a process that verifies, and keep what it tells."""
        url = self._resources.records.engine.url.render_as_string(hide_password=False)
        spawn = get_context("spawn")
        ours, its = spawn.Pipe(duplex=False)
        child = spawn.Process(target=_verified, args=(its, url, told), daemon=True)
        with held, ours:
            child.start()
            its.close()
            with self._lock:
                self._child = child
            try:
                ended = self._followed(ours, began)
            finally:
                child.terminate()
                child.join()
            self._tell(began | ended | {"ended_at": moment_text(self._resources.now())})

    def _followed(self, ours: Connection, began: Document) -> Document:
        """Return how it ended, once it has; until then keep how far it is."""
        while True:
            try:
                told = ours.recv()
            except EOFError:  # It was ended, or broke; its error is in the log.
                return {"state": "stopped"}
            if not isinstance(told, float):
                return dict(told)
            self._tell(began | {"share": told})

    def _tell(self, found: Document) -> None:
        place = self._place(FOLDER, FILE)
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            with together() as draft:
                draft(place).write_text(json.dumps(found), encoding="utf-8")
        except OSError as error:
            raise Unready(f"{place.name} cannot be written: {error.strerror}") from error

    def _kept(self) -> Document:
        place = self._place(FOLDER, FILE)
        try:
            found = json.loads(place.read_text(encoding="utf-8"))
        except (OSError, ValueError):  # None yet, or not as it was written: as if there were none.
            return {}
        return found if isinstance(found, dict) else {}

    def _runs(self) -> bool:
        try:
            with locked(self._place(LOCKS, LOCK), seconds=0.0):
                return False
        except Unready:
            return True

    def _place(self, folder: str, name: str) -> Path:
        return self._resources.home / folder / name


def _verified(told_to: Connection, url: str, told: Sequence[ToldHead]) -> None:
    """Verify a book, and send how far it is, then what was found."""
    at = 0.0

    def step(_words: str, share: float | None) -> None:
        """Send the share that is done, where it is worth telling."""
        nonlocal at
        if share is not None and share - at >= STEP:
            at = share
            told_to.send(share)

    try:
        with open_records(url) as records:
            found = verify(records, told, progress=step)
    except AppError as error:
        told_to.send({"state": "failed", "why": str(error)})
    else:
        told_to.send({"state": "done", "share": 1.0, "found": found.document()})
