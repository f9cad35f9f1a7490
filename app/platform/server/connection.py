"""
One connection: HTTP/1.1 as uvicorn speaks it, with time-outs for whatever the client must send.

Uvicorn bounds idle connections only: a client that never finishes a header or a body, or never
reads its answer, would keep its connection for ever. Here a connection always stands in one phase,
its keeper is told of every change, and once a second it is asked how long it has waited.
"""

import asyncio
import fcntl
import logging
import termios
from enum import Enum
from typing import Any, Protocol, cast

import h11
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from app.platform.http.crowding import CROWDED
from app.platform.server.bounds import ConnectionBounds

REQUEST_TIMEOUT = 408
UNSENT_BYTES_NOTED = 2**16  # Less than this waits for no client that matters.
QUIET = logging.getLogger(
    "deeptier.protocol"
)  # Of what is no HTTP a flood makes no flood of lines.
QUIET.setLevel(logging.ERROR)


class Phase(Enum):
    """What a connection waits for."""

    HEADER = "the first header, or the rest of a later one"
    IDLE = "another request"
    BODY = "the rest of a body"
    ANSWER = "our answer, or that the client takes it"
    CLOSING = "the end: what still comes is thrown away"


class Keeper(Protocol):
    """Who keeps all connections."""

    def admit(self, connection: "Connection") -> bool:
        """Return whether there is room for a connection, if only to ask for `/healthz`."""
        ...

    def moved(self, connection: "Connection") -> None:
        """Note that a connection stands in another phase."""
        ...

    def lost(self, connection: "Connection") -> None:
        """Forget a connection."""
        ...

    def swollen(self, connection: "Connection") -> None:
        """See whether too much waits to be taken, now that a client has not taken an answer."""
        ...


class Connection(H11Protocol):
    """A connection of the service."""

    def __init__(
        self, config: Config, state: ServerState, *, bounds: ConnectionBounds, keeper: Keeper
    ) -> None:
        super().__init__(config, state, {})
        self.logger = QUIET
        self.probe = False
        self.phase = Phase.HEADER
        self.moved_at = 0.0
        self.waited_seconds = 0.0
        self.body_bytes = 0
        self._bounds = bounds
        self._keeper = keeper
        self._answered = False
        self._written_bytes = 0
        self._taken_before = self._taken = 0
        self._still_seconds = 0.0

    @property
    def unsent_bytes(self) -> int:
        """Return how much of what was written the client has not taken."""
        unsent: int = self.transport.get_write_buffer_size()
        return unsent

    @property
    def taken_bytes(self) -> int:
        """Return how much the client took in this phase."""
        return self._written_bytes - self.unsent_bytes - self._taken_before

    @property
    def file(self) -> int:
        """Return the descriptor of the socket; negative once it is closed."""
        accepted = self.transport.get_extra_info("socket")
        return -1 if accepted is None else int(accepted.fileno())

    def has_unread(self) -> bool:
        """Return whether the client has sent what the server had no time to read yet."""
        return self.file >= 0 and any(fcntl.ioctl(self.file, termios.FIONREAD, bytes(4)))

    def wrote(self, count: int) -> None:
        """Note that so many bytes are on their way to the client."""
        self._written_bytes += count
        if self.unsent_bytes > UNSENT_BYTES_NOTED:
            self._keeper.swollen(self)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin; whoever closes the transport before a body is read lets the client finish."""
        super().connection_made(cast("asyncio.Transport", _Lingering(transport, self)))
        if not self._keeper.admit(self):
            transport.abort()
        elif self.probe:
            self.app_state = {CROWDED: True}

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        super().connection_lost(exc)
        self._keeper.lost(self)

    def data_received(self, data: bytes) -> None:
        """Take what came."""
        self.body_bytes += len(data)
        if self.phase is Phase.CLOSING:
            if self.body_bytes > self._bounds.linger_bytes_max:
                self.transport.abort()
            return
        super().data_received(data)
        self._settle()

    def eof_received(self) -> None:
        """Let the transport close: a client that has sent its last has gone."""
        if self.phase is Phase.CLOSING:
            self.transport.abort()

    def on_response_complete(self) -> None:
        """Go on to the next request, or close where the body of this one still comes."""
        self._answered = True
        super().on_response_complete()
        self._settle()

    def shutdown(self) -> None:
        """Close once what runs is answered."""
        if self.transport.is_closing() or self.conn.our_state is h11.ERROR:
            self.transport.abort()
        else:
            super().shutdown()

    def linger(self, transport: asyncio.Transport) -> bool:
        """
        Return whether the client still sends a body: then only our side is closed now.

        A socket that is closed with unread bytes resets the connection, and the client may lose
        the answer that said why.
        """
        if self.phase is Phase.CLOSING:
            return True
        self.body_bytes = 0
        self._move(Phase.CLOSING)
        if self.conn.their_state is not h11.SEND_BODY or transport.is_closing():
            return False
        try:
            transport.write_eof()
        except OSError:  # The client has gone.
            return False
        transport.resume_reading()
        return True

    def wait(self, seconds: float) -> bool:
        """Return whether the client has had its time, of which so much more went by."""
        self._settle()
        if self.unsent_bytes and self.phase in (Phase.ANSWER, Phase.CLOSING):
            return self._takes_too_little(seconds)
        if self.phase is Phase.ANSWER:
            return False
        if self.phase is Phase.BODY and self.flow.read_paused:
            return False
        self.waited_seconds += seconds
        return self.waited_seconds > self._seconds_max()

    def expire(self) -> None:
        """End a connection whose time is over; half a header gets an answer."""
        begun = self.phase is Phase.HEADER and bool(self.conn.trailing_data[0])
        if begun and self.conn.our_state is h11.IDLE:
            headers = [(b"content-length", b"0"), (b"connection", b"close")]
            answer = h11.Response(status_code=REQUEST_TIMEOUT, headers=headers, reason=b"")
            self.transport.write(self.conn.send(answer) or b"")
            self.transport.write(self.conn.send(h11.EndOfMessage()) or b"")
            self.transport.close()
        else:
            self.transport.abort()

    def _seconds_max(self) -> float:
        bounds = self._bounds
        if self.phase is Phase.HEADER:
            return bounds.probe_header_seconds if self.probe else bounds.header_seconds
        if self.phase is Phase.BODY:
            return bounds.body_seconds + self.body_bytes / bounds.body_bytes_a_second
        if self.phase is Phase.CLOSING:
            return bounds.linger_seconds
        return bounds.idle_seconds

    def _takes_too_little(self, seconds: float) -> bool:
        bounds, taken = self._bounds, self.taken_bytes
        self.waited_seconds += seconds
        self._still_seconds = self._still_seconds + seconds if taken == self._taken else 0.0
        self._taken = taken
        if self._still_seconds > bounds.unsent_seconds:
            return True
        more = taken / bounds.taken_bytes_a_second
        return self.waited_seconds > bounds.unsent_seconds + more

    def _settle(self) -> None:
        phase = self._phase_now()
        if phase is not self.phase:
            self._move(phase)

    def _phase_now(self) -> Phase:
        if self.phase is Phase.CLOSING or self.transport.is_closing():
            return Phase.CLOSING
        theirs = self.conn.their_state
        if theirs is h11.SEND_BODY:
            return Phase.BODY
        if theirs is not h11.IDLE or self.unsent_bytes:
            return Phase.ANSWER
        begun = not self._answered or bool(self.conn.trailing_data[0])
        return Phase.HEADER if begun else Phase.IDLE

    def _move(self, phase: Phase) -> None:
        self.phase = phase
        self.waited_seconds = 0.0
        self._taken_before = self._written_bytes - self.unsent_bytes
        self._taken = 0
        self._still_seconds = 0.0
        if phase is not Phase.CLOSING:
            self.body_bytes = 0
        self._keeper.moved(self)


class _Lingering:
    """A transport whose `close` waits for a client that still sends; else it is the transport."""

    def __init__(self, transport: asyncio.Transport, connection: Connection) -> None:
        self._transport = transport
        self._connection = connection
        self._closing = False
        self.get_write_buffer_size = transport.get_write_buffer_size

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Send bytes and count them as unread by the other side."""
        self._transport.write(data)
        self._connection.wrote(len(data))

    def is_closing(self) -> bool:
        """Return whether no more is to be sent."""
        return self._closing or self._transport.is_closing()

    def close(self) -> None:
        """Close the connection once its bytes have been read, or at once where none are left."""
        if self._closing:
            return
        self._closing = True
        if not self._connection.linger(self._transport):
            self._transport.close()
