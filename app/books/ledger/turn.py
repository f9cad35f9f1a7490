"""Whose turn it is among processes over one SQLite file: its own lock polls, and is unfair."""

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator

from app.platform.errors import Busy

SECONDS_MAX = 5.0
FIRST_SECONDS, LAST_SECONDS = 0.0001, 0.002


class BookTurn:
    """A lock on a file beside the database; the system frees it when a process dies."""

    def __init__(self, database: str | None) -> None:
        self._path = f"{database}.turn" if database and database != ":memory:" else None
        self._file: int | None = None
        self._pid = os.getpid()

    @contextlib.contextmanager
    def taken(self) -> Iterator[None]:
        """
        Hold the turn inside.

        Raises:
            Busy: Others held it for too long.
        """
        if self._pid != os.getpid():  # A fork: with one file open both would hold its lock.
            self._file, self._pid = None, os.getpid()
        if self._path is not None and self._file is None:
            with contextlib.suppress(OSError):  # Then the database's own lock decides.
                self._file = os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        if self._file is None:
            yield
            return
        until, pause = time.monotonic() + SECONDS_MAX, FIRST_SECONDS
        while not _locked(self._file):
            if time.monotonic() > until:
                raise Busy("other processes hold the book", again_seconds=1)
            time.sleep(pause)
            pause = min(LAST_SECONDS, pause * 1.5)
        try:
            yield
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


def _locked(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
