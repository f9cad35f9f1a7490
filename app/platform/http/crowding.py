"""What the server can take no more of is refused at once, with word when to come again."""

import re

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.platform.errors import Busy
from app.platform.http.problems import refusal
from app.platform.http.tracing import HEADERS

CROWDED = "crowded"  # In the state of a request that came over a connection past the bound.
PROBE = "/healthz"
AGAIN_SECONDS = 5
ASKS_FOR_MORE = re.compile(rb"(GET|HEAD) (?!/healthz[ ?]).*\r\n\r\n", re.DOTALL)


def refused_at_the_door(begins: bytes) -> bytes:
    """
    Return the whole answer to a request that finds no room, or nothing where it must be read.

    Args:
        begins: What the client has sent so far. A probe, a body, half a header and silence are
            for a connection that is kept free.
    """
    if not ASKS_FOR_MORE.match(begins):
        return b""
    answer = refusal(Request({"type": "http", "state": {}}), _full())
    answer.headers.update({**HEADERS, "Connection": "close"})
    lines = [b"HTTP/1.1 503 Service Unavailable", *map(b": ".join, answer.raw_headers), b"", b""]
    return b"\r\n".join(lines) + (bytes(answer.body) if begins.startswith(b"GET") else b"")


class Crowding:
    """Answers only `/healthz` over connections that are kept free for it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http" or not scope.get("state", {}).get(CROWDED):
            await self.app(scope, receive, send)
            return

        async def closing(message: Message) -> None:
            """Send a message whose head says that the connection ends."""
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["Connection"] = "close"
            await send(message)

        if scope["path"] == PROBE:
            await self.app(scope, receive, closing)
        else:
            await refusal(Request(scope), _full())(scope, receive, closing)


def _full() -> Busy:
    return Busy("all connections are taken", again_seconds=AGAIN_SECONDS)
