"""A server in a thread, and clients that speak to it byte by byte."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from app.platform.server.bounds import ConnectionBounds
from app.platform.server.serving import ApplicationServer, listen
from graph.testing.waiting import WAIT_S


@dataclass
class Served:
    """A server that runs in a thread, and how to reach it."""

    server: ApplicationServer
    port: int
    held: contextlib.ExitStack

    def dial(self, text: str = "") -> socket.socket:
        made = self.held.enter_context(
            socket.create_connection(("127.0.0.1", self.port), timeout=WAIT_S)
        )
        made.sendall(text.encode())
        return made

    def ask(self, path: str) -> bytes:
        with self.dial(get(path, close=True)) as made:
            return taken(made)


def get(path: str, *, close: bool = False) -> str:
    ends = "Connection: close\r\n" if close else ""
    return f"GET {path} HTTP/1.1\r\nHost: x\r\n{ends}\r\n"


def post(path: str, length: int) -> str:
    return f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n"


def taken(made: socket.socket) -> bytes:
    """Return all that comes until the other side closes."""
    found = b""
    with contextlib.suppress(ConnectionResetError):
        while part := made.recv(65536):
            found += part
    return found


@contextlib.contextmanager
def served(app: Any, listener: socket.socket | None = None, **bounds: float) -> Iterator[Served]:
    """Yield a server of an application that runs in a thread of the tests."""
    place = listener or listen("127.0.0.1", 0)
    started = threading.Event()
    told: Any = {"sweep_seconds": 0.05, **bounds}
    server = ApplicationServer(
        app, place, ConnectionBounds(**told), started=started.set, stopping=lambda: None
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    assert started.wait(WAIT_S)
    try:
        with contextlib.ExitStack() as held:
            yield Served(server, place.getsockname()[1], held)
    finally:
        server.should_exit = True
        thread.join(WAIT_S)
        assert not thread.is_alive()
