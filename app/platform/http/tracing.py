"""
What surrounds every request: a trace id, a log line, security headers, a bound on the body.

The trace id is in the answer's `X-Trace-Id`, in every log line of the request and in problems;
one that a gateway sent along (`X-Trace-Id`, letters and digits) is kept.
"""

import re
import secrets
import time
from collections.abc import Callable, Mapping

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.platform.http.metrics import Metrics
from app.platform.process.logs import logger

API = "/api/v1"
TRACE_HEADER = "X-Trace-Id"
TRACE = re.compile(r"[A-Za-z0-9-]{8,64}")
QUIET = ("/healthz", "/readyz", "/metrics")
HEADERS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; "
        "require-trusted-types-for 'script'"
    ),
}
TAKEN_IN_BYTES_MAX = 2**16  # A body that nobody wanted is taken in so far, to keep the connection.
BODILESS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
DIGITS_MAX = 20  # Of an announced length: more is larger than any bound anyhow.
log = logger("deeptier.http")


def trace_of(scope: Scope) -> str:
    """Return the trace id of a request."""
    trace: str = scope.get("state", {}).get("trace", "")
    return trace


def route_of(scope: Scope) -> str:
    """Return the path of the route that answered, its values left open: one word a route."""
    path: str = getattr(scope.get("route"), "path", "unknown")
    api = scope["path"].startswith(API) and path != "unknown" and not path.startswith(API)
    return f"{API}{path}" if api else path


class Surroundings:
    """Wraps the application; the outermost layer but the server."""

    def __init__(
        self, app: ASGIApp, *, metrics: Metrics, body_bytes_max: Callable[[str], int]
    ) -> None:
        self.app = app
        self.metrics = metrics
        self.body_bytes_max = body_bytes_max

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, watched."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        body = _Body(scope, receive, self.body_bytes_max(scope["path"]))
        request = _Request(scope, send, body)
        structlog.contextvars.bind_contextvars(trace=request.trace)
        try:
            await self.app(scope, body.receive, request.send)
        finally:
            request.report(self.metrics)
            structlog.contextvars.unbind_contextvars("trace")


class _Request:
    """One request as it passes: what it was, and how it ended."""

    def __init__(self, scope: Scope, send: Send, body: "_Body") -> None:
        self.scope = scope
        self._body = body
        self.began = time.perf_counter()
        self.status = 500
        given = Headers(scope=scope).get(TRACE_HEADER, "")
        self.trace = given if TRACE.fullmatch(given) else secrets.token_hex(8)
        scope.setdefault("state", {})["trace"] = self.trace
        self._send = send

    async def send(self, message: Message) -> None:
        """Pass a part of the answer on, with our headers on its first part."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers[TRACE_HEADER] = self.trace
            if self._body.is_abandoned:
                headers["Connection"] = "close"
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await self._send(message)

    def report(self, metrics: Metrics) -> None:
        """Count the request and write its line; probes are counted only."""
        seconds = time.perf_counter() - self.began
        metrics.observe(self.scope["method"], route_of(self.scope), self.status, seconds=seconds)
        if self.scope["path"] in QUIET:
            return
        log.info(
            "request",
            method=self.scope["method"],
            path=self.scope["path"],
            status=self.status,
            milliseconds=round(seconds * 1000, 3),
            actor=self.scope["state"].get("actor"),
        )


class _Body:
    """The body of one request: how much of it came, and whether that was all."""

    def __init__(self, scope: Scope, receive: Receive, bytes_max: int) -> None:
        headers = Headers(scope=scope)
        announced = headers.get("content-length", "")
        plain = announced.isascii() and announced.isdigit()
        self._announced = int(announced[:DIGITS_MAX]) if plain else 0
        self._open_ended = "transfer-encoding" in headers
        self._bytes_max = bytes_max
        self._receive = receive
        self._taken = 0
        self._ended = False
        self._unread = scope["method"] in BODILESS

    @property
    def is_abandoned(self) -> bool:
        """Return whether so much is still to come that it is not worth taking it in."""
        if self._ended:
            return False
        return self._open_ended or self._announced - self._taken > TAKEN_IN_BYTES_MAX

    async def receive(self) -> Message:
        """
        Return the next part; what comes with a method that has no body is nobody's, and not kept.

        Raises:
            HTTPException: The body is larger than its bound, announced or not.
        """
        if self._unread:
            message = await self._receive()
            return {**message, "body": b""} if "body" in message else message
        message = {}
        if self._announced <= self._bytes_max:
            message = await self._receive()
            self._taken += len(message.get("body", b""))
        if max(self._taken, self._announced) > self._bytes_max:
            raise HTTPException(413, f"a body has at most {self._bytes_max} bytes")
        self._ended = not message.get("more_body", False)
        return message
