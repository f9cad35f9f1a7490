"""
The layer that keeps the audit: it sees every answer, so no route can forget to write its row.

A row is written for every request that may change something and for every refusal (401, 403),
before the answer's first byte goes out.
"""

from collections.abc import Callable

from anyio import to_thread
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.audit.repository import Entry, Outcome, write
from app.kit.clock import Clock
from app.kit.tracing import route_of, trace_of
from app.records import Records

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
REFUSED = frozenset({401, 403})
ERRORS_FROM = 400
CRASHED = 500


class Audited:
    """Writes a row for every write and every refusal."""

    def __init__(self, app: ASGIApp, *, records: Callable[[], Records], now: Clock) -> None:
        self.app = app
        self.records = records
        self.now = now

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and note how it ended."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        answered = False

        async def noted(message: Message) -> None:
            nonlocal answered
            if message["type"] == "http.response.start":
                answered = True
                await self._note(scope, message["status"])
            await send(message)

        try:
            await self.app(scope, receive, noted)
        finally:
            if not answered:  # It crashed; the answer is made further out.
                await self._note(scope, CRASHED)

    async def _note(self, scope: Scope, status: int) -> None:
        if status in REFUSED or scope["method"] not in SAFE:
            await to_thread.run_sync(self._write, _entry(scope, status))

    def _write(self, entry: Entry) -> None:
        write(self.records(), entry, at=self.now())


def _entry(scope: Scope, status: int) -> Entry:
    who = scope["state"].get("principal")
    return Entry(
        actor=who.name if who else scope["state"].get("actor") or "nobody",
        role=who.role if who else None,
        action=f"{scope['method']} {route_of(scope) if 'route' in scope else scope['path']}",
        target=scope["path"],
        outcome=_outcome(status),
        trace=trace_of(scope),
        status=status,
    )


def _outcome(status: int) -> Outcome:
    if status in REFUSED:
        return "refused"
    return "failed" if status >= ERRORS_FROM else "done"
