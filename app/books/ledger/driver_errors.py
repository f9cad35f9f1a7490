"""What an error of the database driver means for a round: another try, no room, or no database."""

import sqlite3
from typing import Any

from app.platform.records.engine import AILING

AGAIN_STATES = ("40001", "40P01", "55P03", "57P", "08")  # Of PostgreSQL: another try may help.
FULL_STATES = ("53100",)
LOST_STATES = ("57P", "08")  # The connection ends, whatever becomes of the commit.


class DriverErrors:
    """Tells the errors of a driver apart, whose texts and states differ from database to other."""

    def __init__(self, dbapi: Any) -> None:
        self._is_sqlite = dbapi.__name__.startswith("sqlite3")
        self._lost = (dbapi.OperationalError, dbapi.InterfaceError)
        self._broken = dbapi.DatabaseError  # What SQLite says of a file that is none, or broken.

    def is_full(self, cause: BaseException) -> bool:
        """Return whether the disk has no room."""
        return "is full" in str(cause) or _state(cause).startswith(FULL_STATES)

    def is_told(self, error: BaseException) -> bool:
        """Return whether PostgreSQL itself tells that it has failed: then nothing was kept."""
        state = _state(getattr(error, "orig", None) or error)
        return bool(state) and not state.startswith(LOST_STATES)

    def helps(self, cause: BaseException) -> bool:
        """Return whether another try may help: others were in the way, or it is gone for now."""
        if self._is_sqlite:
            return "locked" in str(cause) or "busy" in str(cause)
        state = _state(cause)
        return state.startswith(AGAIN_STATES) if state else isinstance(cause, self._lost)

    def is_ill(self, cause: BaseException) -> bool:
        """Return whether the database is in no state to be written to, whatever it was asked."""
        if state := _state(cause):
            return state.startswith(AILING)
        if getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR:
            return False  # A statement that is wrong.
        return isinstance(cause, self._lost) or type(cause) is self._broken


def _state(cause: BaseException) -> str:
    return str(getattr(cause, "sqlstate", None) or "")
