"""
The desk where people sign in.

Checking a password costs a tenth of a second and 64 MiB on purpose. So few are checked at once, at
a lower priority than answers to readers; a few more wait, turn by turn for each address, and the
rest is refused before anything is computed. Where all addresses look the same, behind a proxy that
does not tell, turns are one line.
"""

import asyncio
import contextlib
import hashlib
import hmac
import os
import secrets
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from app.platform.auth.sessions import Session
from app.platform.deps import Resources
from app.platform.http.turns import Turns
from app.platform.users.service import Attempts, sign_in

WAITING_MAX = 16
AT_ONCE_MAX = 4
THREADS_OF_ONE = 2
NICENESS = 10
DEVICE_LENGTH_MAX = 200


@dataclass(frozen=True, slots=True)
class Caller:
    """Who tries to sign in: from where, and with which mark of an earlier sign-in."""

    address: str
    device: str = ""


class SignInDesk:
    """Signs people in; used by one event loop."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._attempts = Attempts()
        self._count = max(1, min(AT_ONCE_MAX, resources.settings.threads // THREADS_OF_ONE))
        self.open()

    def open(self) -> None:
        """Begin to sign in; an application may be started again after it was stopped."""
        self._turns = Turns("sign-ins", at_once=self._count, waiting_max=WAITING_MAX)
        self._threads = ThreadPoolExecutor(self._count, "sign-in", initializer=_step_back)

    async def sign_in(self, name: str, password: str, caller: Caller) -> Session:
        """
        Return a new session.

        Raises:
            Busy: Too many wait already; nothing was computed.
            TooManyAttempts: Too many were wrong in the last minutes; nothing was computed.
            WrongPassword: Name and password do not belong together.
        """
        device = self._device_of(name, caller.device)
        key = f"device:{device}" if device else f"name:{name}"
        self._attempts.check(key, self._resources.now())
        async with self._turns.turn(caller.address):
            return await asyncio.get_running_loop().run_in_executor(
                self._threads, sign_in, self._resources, self._attempts, key, (name, password)
            )

    def mark(self, name: str) -> str:
        """
        Return the mark of a browser in which somebody signed in.

        Wrong passwords from a browser with the mark are counted apart from all others: nobody can
        keep somebody out by guessing under their name.
        """
        device = secrets.token_hex(16)
        return f"{device}.{self._signed(name, device)}"

    def close(self) -> None:
        """Send away who waits, and let end what runs."""
        self._turns.close()
        self._threads.shutdown()

    def _device_of(self, name: str, mark: str) -> str | None:
        device, _, signature = mark[:DEVICE_LENGTH_MAX].partition(".")
        expected = self._signed(name, device)
        return device if hmac.compare_digest(signature.encode(), expected.encode()) else None

    def _signed(self, name: str, device: str) -> str:
        key = self._resources.settings.signing_key()
        told = b"\0".join((b"device", device.encode(), name.encode()))
        return hmac.new(key, told, hashlib.sha256).hexdigest()


def _step_back() -> None:
    """Give this thread a lower priority, where the system knows such a thing."""
    with contextlib.suppress(AttributeError, OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
