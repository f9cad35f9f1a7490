"""
The server: listens, accepts within its bounds, and ends in order.

It accepts connections itself. The event loop's own way starts again for every connection that
waits when descriptors run out, which burns a processor and fills the log; and it sets
`TCP_NODELAY` by the protocol number of the listening socket, which uvicorn leaves open: every
small answer on a kept connection then waits 40 ms for the client's acknowledgement.
"""

import asyncio
import contextlib
import os
import select
import socket
import time
from collections.abc import Callable
from functools import partial

import uvicorn
from starlette.types import ASGIApp

from app.platform.errors import Conflict
from app.platform.server.bounds import ConnectionBounds
from app.platform.server.connection import Connection
from app.platform.server.connections import Admission, Connections
from app.platform.server.door import Door
from app.platform.server.pacing import Paced

BACKLOG = 4096  # The system has its own bound; who comes in a burst waits here.
ACCEPTED_AT_ONCE = 256
PAUSE_SECONDS = 0.1
DOOR_SECONDS = 0.02
STOP_SECONDS = 30  # What runs has so long to end when the service stops.


def listen(host: str, port: int) -> socket.socket:
    """
    Return a bound TCP socket.

    Raises:
        Conflict: The address cannot be used.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.setblocking(False)  # noqa: FBT003  # the standard library's form
    try:
        made.bind((host, port))
    except OSError as error:
        made.close()
        raise Conflict(f"cannot listen on {host}:{port}: {error.strerror or error}") from error
    return made


class ApplicationServer(uvicorn.Server):
    """A server of one application on one socket."""

    def __init__(
        self,
        app: ASGIApp,
        listener: socket.socket,
        bounds: ConnectionBounds,
        *,
        started: Callable[[], None],
        stopping: Callable[[], None],
    ) -> None:
        config = uvicorn.Config(
            Paced(app),
            http="h11",
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_keep_alive=int(bounds.idle_seconds),
            timeout_graceful_shutdown=STOP_SECONDS,
        )
        super().__init__(config)
        self._started, self._stopping = started, stopping
        self.connections = Connections(bounds, time.monotonic)
        self._door = Door(bounds.probes_max, now=time.monotonic)
        self._listener = listener
        self._waiting = select.poll()
        self._waiting.register(listener, select.POLLIN)
        self._bounds = bounds
        self._spare: int | None = None
        self._tasks: set[asyncio.Task[object]] = set()
        self._timers: dict[str, asyncio.TimerHandle] = {}

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start the application, then listen."""
        await super().startup(sockets=[*(sockets or ())])
        self._spare = os.open(os.devnull, os.O_RDONLY)
        self._listener.listen(BACKLOG)
        self._listen()
        self._sweep(asyncio.get_running_loop().time())
        self._started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept nobody any more, answer what runs, end the application."""
        asyncio.get_running_loop().remove_reader(self._listener)
        self._listener.close()
        self._door.refuse(seconds=0)
        self._stopping()
        await super().shutdown(sockets)
        for timer in self._timers.values():
            timer.cancel()
        if self._spare is not None:
            os.close(self._spare)

    def _listen(self) -> None:
        if self._listener.fileno() >= 0:
            asyncio.get_running_loop().add_reader(self._listener, self._accept)

    def _accept(self) -> None:
        self._let_in()
        self._accept_some()
        self._let_in()

    def _accept_some(self) -> None:
        for _ in range(ACCEPTED_AT_ONCE):
            if not self._waiting.poll(0):
                return  # Nobody is let go for nobody.
            room = self.connections.room()
            if room is Admission.NONE:
                return  # Who waits in the system's queue is not lost: there is room in a moment.
            try:
                accepted, _ = self._listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError:  # No descriptor, or no memory, is left.
                self._turn_away()
                return
            accepted.setblocking(False)  # noqa: FBT003  # the standard library's form
            if room is Admission.FOR_ALL or not self._door.keep(accepted):
                self._connect(accepted)
            else:
                self.connections.refuse(self._door.refuse())

    def _connect(self, accepted: socket.socket) -> None:
        self.connections.coming.add(accepted.fileno())
        task: asyncio.Task[object] = asyncio.get_running_loop().create_task(self._begin(accepted))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _begin(self, accepted: socket.socket) -> None:
        config, state = self.config, self.server_state
        make = partial(Connection, config, state, bounds=self._bounds, keeper=self.connections)
        file = accepted.fileno()
        try:
            await asyncio.get_running_loop().connect_accepted_socket(make, accepted)
        except OSError:
            self.connections.coming.discard(file)
            accepted.close()

    def _let_in(self) -> None:
        """Let in who waits at the door as far as there is room, and refuse who waited too long."""
        while len(self._door) and self.connections.room() is Admission.FOR_ALL:
            self._connect(self._door.next())
        self.connections.refuse(self._door.refuse())
        if len(self._door) and "door" not in self._timers:
            self._timers["door"] = asyncio.get_running_loop().call_later(DOOR_SECONDS, self._look)

    def _look(self) -> None:
        del self._timers["door"]
        self._let_in()

    def _turn_away(self) -> None:
        """Close who waits by means of a descriptor kept for this; listen again in a moment."""
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._listener)
        self.connections.make_room()
        self.connections.refuse()
        if self._spare is not None:
            os.close(self._spare)
            self._spare = None
            with contextlib.suppress(OSError):
                self._listener.accept()[0].close()
        with contextlib.suppress(OSError):
            self._spare = os.open(os.devnull, os.O_RDONLY)
        self._timers["listen"] = loop.call_later(PAUSE_SECONDS, self._listen)

    def _sweep(self, before: float) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()  # When the server itself was held up, no client is blamed for it.
        self.connections.sweep(min(now - before, self._bounds.sweep_seconds))
        self._timers["sweep"] = loop.call_later(self._bounds.sweep_seconds, self._sweep, now)
