"""Signing in, slowly where somebody guesses."""

import datetime as dt
import threading
from collections import OrderedDict

from app.auth import sessions
from app.auth.errors import TooManyAttempts, WrongPassword
from app.auth.sessions import Session
from app.auth.users import check_password
from app.deps import Resources

ATTEMPTS_MAX = 10
WINDOW = dt.timedelta(minutes=5)
NAMES_MAX = 10_000


class Attempts:
    """Wrong passwords of the last minutes, by name; bounded, in the memory of one process."""

    def __init__(self) -> None:
        self._wrong: OrderedDict[str, list[dt.datetime]] = OrderedDict()
        self._lock = threading.Lock()

    def check(self, name: str, now: dt.datetime) -> None:
        """
        Let an attempt pass, or not.

        Raises:
            TooManyAttempts: Too many were wrong in the last minutes.
        """
        with self._lock:
            recent = [moment for moment in self._wrong.get(name, []) if now - moment < WINDOW]
        if len(recent) >= ATTEMPTS_MAX:
            raise TooManyAttempts("too many wrong passwords for this name; wait some minutes")

    def wrong(self, name: str, now: dt.datetime) -> None:
        """Note a wrong password."""
        with self._lock:
            kept = [m for m in self._wrong.pop(name, []) if now - m < WINDOW]
            self._wrong[name] = [*kept, now][-ATTEMPTS_MAX:]
            if len(self._wrong) > NAMES_MAX:
                self._wrong.popitem(last=False)


def sign_in(resources: Resources, attempts: Attempts, name: str, password: str) -> Session:
    """
    Return a new session.

    Raises:
        WrongPassword: Name and password do not belong together.
        TooManyAttempts: Too many were wrong in the last minutes.
    """
    now = resources.now()
    attempts.check(name, now)
    try:
        user = check_password(resources.records, name, password)
    except WrongPassword:
        attempts.wrong(name, now)
        raise
    return sessions.begin(resources.records, resources.settings.signing_key(), user, now=now)
