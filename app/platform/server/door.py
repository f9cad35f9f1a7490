"""
Who comes while all connections are taken, and asks for something: waits a moment, or is refused.

Such a client costs neither a connection nor a turn of the event loop, so that a probe that comes
after a thousand of them is answered as if it came first.
"""

import contextlib
import socket
from collections import deque
from collections.abc import Callable

from app.platform.http.crowding import refused_at_the_door

HEADER_BYTES_MAX = 2**16
WAITED_SECONDS_MAX = 1.0


class Door:
    """At most so many clients that wait for a connection; the one that waits longest goes first."""

    def __init__(self, waiting_max: int, *, now: Callable[[], float]) -> None:
        self._waiting_max = waiting_max
        self._now = now
        self._waiting: deque[tuple[float, socket.socket]] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    def keep(self, accepted: socket.socket) -> bool:
        """Return whether a client waits here now; a probe, or what must be read first, does not."""
        if not refused_at_the_door(_peeked(accepted)):
            return False
        self._waiting.append((self._now(), accepted))
        return True

    def next(self) -> socket.socket:
        """Return who has waited longest; there must be somebody."""
        return self._waiting.popleft()[1]

    def refuse(self, seconds: float = WAITED_SECONDS_MAX) -> int:
        """Refuse who has waited too long, or is too many; return how many these were."""
        late, refused = self._now() - seconds, 0
        while self._waiting and (len(self) > self._waiting_max or self._waiting[0][0] <= late):
            with self.next() as accepted, contextlib.suppress(OSError):
                answer = refused_at_the_door(_peeked(accepted))
                accepted.recv(HEADER_BYTES_MAX)  # What is closed unread resets: nobody is told.
                accepted.send(answer)
            refused += 1
        return refused


def _peeked(accepted: socket.socket) -> bytes:
    try:
        return accepted.recv(HEADER_BYTES_MAX, socket.MSG_PEEK)
    except OSError:  # Nothing yet, or the client has gone.
        return b""
