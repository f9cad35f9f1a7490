"""Signing in, slowly where somebody guesses."""

import contextlib
import datetime as dt
import threading
from collections.abc import Iterator

from cachetools import LRUCache

from app.platform.auth import sessions
from app.platform.auth.errors import TooManyAttempts, WrongPassword
from app.platform.auth.sessions import Session
from app.platform.auth.users import check_password
from app.platform.deps import Resources

ATTEMPTS_MAX = 10
WINDOW = dt.timedelta(minutes=5)
NAMES_MAX = 10_000


class Attempts:
    """Wrong passwords of the last minutes, by name or device; bounded, in one process's memory."""

    def __init__(self) -> None:
        self._wrong: LRUCache[str, list[dt.datetime]] = LRUCache(NAMES_MAX)
        self._lock = threading.Lock()

    def check(self, key: str, now: dt.datetime) -> None:
        """
        Let an attempt pass, or not.

        Raises:
            TooManyAttempts: Too many were wrong in the last minutes.
        """
        with self._lock:
            self._check(key, now)

    @contextlib.contextmanager
    def trying(self, key: str, now: dt.datetime) -> Iterator[None]:
        """
        Count an attempt while it is made, and go on counting it where it turns out wrong.

        Raises:
            TooManyAttempts: Too many were wrong in the last minutes, or are being made.
        """
        with self._lock:
            recent = self._check(key, now)
            self._wrong[key] = [*recent, now]
        wrong = False
        try:
            yield
        except WrongPassword:
            wrong = True
            raise
        finally:
            if not wrong:
                self._take_back(key, now)

    def _check(self, key: str, now: dt.datetime) -> list[dt.datetime]:
        recent = [moment for moment in self._wrong.get(key, []) if now - moment < WINDOW]
        if len(recent) >= ATTEMPTS_MAX:
            last = max(1, int((recent[0] + WINDOW - now).total_seconds()))
            raise TooManyAttempts(
                "too many wrong passwords for this name; wait some minutes", again_seconds=last
            )
        return recent

    def _take_back(self, key: str, now: dt.datetime) -> None:
        with self._lock:
            left = self._wrong.get(key, [])
            if now in left:
                left.remove(now)
            if not left:
                self._wrong.pop(key, None)


def sign_in(
    resources: Resources, attempts: Attempts, key: str, credentials: tuple[str, str]
) -> Session:
    """
    Return a new session.

    Args:
        resources: What the process has open.
        attempts: Wrong passwords of the last minutes.
        key: Under what a wrong one is counted.
        credentials: Name and password.

    Raises:
        WrongPassword: Name and password do not belong together.
        TooManyAttempts: Too many were wrong in the last minutes.
    """
    now = resources.now()
    with attempts.trying(key, now):
        user = check_password(resources.records, *credentials)
        return sessions.begin(resources.records, resources.settings.signing_key(), user, now=now)
