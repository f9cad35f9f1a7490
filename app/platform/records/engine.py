"""The records database of a process: one engine, transactions for reading and for writing."""

import contextlib
import sqlite3
import threading
import time
from collections.abc import Iterator
from typing import Self

from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import (
    DatabaseError,
    DBAPIError,
    InterfaceError,
    OperationalError,
)
from sqlalchemy.exc import TimeoutError as NoConnection

from app.platform.errors import Unready
from app.platform.process.logs import logger

AGAIN_SECONDS = 5
PATIENT_MS = 60_000  # How long work in the background waits for somebody else's transaction.
WAITING_MAX = 12  # Writers that wait at once while the first of them waits in vain.
STUCK_SECONDS = 0.5
CLOSED_SECONDS = 1.0
READ_ONLY = "25006"  # PostgreSQL's state of a server that only follows another.
AILING = ("08", "53", "57", "58", READ_ONLY)  # No connection, no resources, no operator, no disk.
log = logger("deeptier.records")


class Records:
    """The records database of one process."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.writer = engine.execution_options(write=True)
        self._patient = engine.execution_options(write=True, busy_ms=PATIENT_MS)
        self._rebuilder = engine.execution_options(write=True, busy_ms=PATIENT_MS, rebuilds=True)
        self._waiting = Waiting()

    @property
    def backend(self) -> str:
        """Return `sqlite` or `postgresql`."""
        return self.engine.dialect.name

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """
        Yield a connection that sees one settled state.

        Raises:
            Unready: The database cannot be reached.
        """
        with _reachable(), self.engine.begin() as connection:
            yield connection

    @contextlib.contextmanager
    def at_one_moment(self) -> Iterator[Connection]:
        """
        Yield a connection that sees the database as it is at one moment, whatever others write.

        Raises:
            Unready: The database cannot be reached.
        """
        engine = self.engine
        if self.backend != "sqlite":
            engine = engine.execution_options(isolation_level="REPEATABLE READ")
        with _reachable(), engine.begin() as connection:
            yield connection

    @contextlib.contextmanager
    def writing(self, *, patient: bool = False) -> Iterator[Connection]:
        """
        Yield a connection whose work is kept whole or not at all.

        Args:
            patient: Wait a minute, not seconds, while somebody else writes: for work in the
                background that nobody would ask for again.

        Raises:
            Unready: The database cannot be reached or written to, or others write for too long.
        """
        engine = self._patient if patient else self.writer
        with _reachable(), contextlib.ExitStack() as undo:
            with contextlib.nullcontext() if patient else self._waiting.turn():
                connection = undo.enter_context(engine.begin())
            yield connection

    @contextlib.contextmanager
    def rebuilding(self) -> Iterator[Connection]:
        """
        Yield a patient connection that may make tables anew without losing rows that name theirs.

        SQLite cannot change most of a table: Alembic copies it, drops it and renames the copy, and
        the drop would take the rows of other tables along that go with those of this one.

        Raises:
            Unready: The database cannot be reached or written to, or others write for too long.
        """
        with _reachable(), self._rebuilder.begin() as connection:
            yield connection
            if self.backend == "sqlite":
                astray = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
                if astray:
                    raise Unready(f"a migration left rows that name none: {astray[:3]}")

    def close(self) -> None:
        """Give back every connection."""
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


class Waiting:
    """
    The writers of a process that wait for the database to let them begin.

    Each waits on a thread. Where the first waits in vain, more than a few more are told to come
    again at once, and so is for a second whoever comes after one that gave up: there are threads
    left for those who read, and queues in front of the records empty quickly.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._since: dict[object, float] = {}
        self._closed_until = 0.0

    @contextlib.contextmanager
    def turn(self) -> Iterator[None]:
        """
        Wait inside.

        Raises:
            Unready: Many wait already, the first of them in vain, or one has just given up.
        """
        mine, now = object(), time.monotonic()
        with self._lock:
            stuck = now - min(self._since.values(), default=now) > STUCK_SECONDS
            if now < self._closed_until or (stuck and len(self._since) >= WAITING_MAX):
                said = "somebody else writes to the records database"
                raise Unready(said, again_seconds=AGAIN_SECONDS)
            self._since[mine] = now
        begun = False
        try:
            yield
            begun = True
        finally:
            with self._lock:
                del self._since[mine]
                if not begun and time.monotonic() - now > STUCK_SECONDS:
                    self._closed_until = time.monotonic() + CLOSED_SECONDS


@contextlib.contextmanager
def _reachable() -> Iterator[None]:
    try:
        yield
    except NoConnection as error:
        raise _unready("all its connections are taken") from error
    except DBAPIError as error:
        if error.connection_invalidated or _ails(error):
            raise _unready(str(error.orig)) from error
        raise
    except sqlite3.Error as error:  # While a connection is made.
        raise _unready(str(error)) from error


def _ails(error: DBAPIError) -> bool:
    """Return whether the database is in no state to be used, whatever it was asked."""
    if isinstance(error, OperationalError | InterfaceError):
        return True
    if type(error) is DatabaseError:  # What SQLite says of a file that is none, or broken.
        return True
    return str(getattr(error.orig, "sqlstate", None) or "").startswith(AILING)


def _unready(why: str) -> Unready:
    log.warning("records", detail=why)
    return Unready(f"the records database cannot be used: {why}", again_seconds=AGAIN_SECONDS)
