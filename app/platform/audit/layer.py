"""
The layer that keeps the audit: it sees every answer, so no route can forget to write its row.

A row is written for every request that may change something and for every refusal (401, 403),
before the answer's first byte goes out. What nobody in particular is refused in a flood is counted:
one row then says how many more there were, so that nobody can fill the records or hold them up.
Where its row cannot be kept, an answer gives way to 503 `unready`: what is not in the audit has not
been said.
"""

import datetime as dt
import inspect
from collections.abc import Callable
from dataclasses import replace

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.platform.audit.repository import AuditRecord, Outcome, write
from app.platform.clock import Clock
from app.platform.errors import AppError, Unready
from app.platform.http.tracing import route_of, trace_of
from app.platform.process.logs import logger
from app.platform.records import Records

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
REFUSED = frozenset({401, 403})
ERRORS_FROM = 400
CRASHED = 500
NOBODY = "nobody"
BURST = 100  # Rows of nobody at once, and
ROWS_A_SECOND = 10  # so many more each second; the rest is counted.
log = logger("deeptier.audit")
WRITING_MAX = 2  # Rows written at once; who waits takes no thread from those who read.


class Audited:
    """Writes a row for every write and every refusal."""

    def __init__(self, app: ASGIApp, *, records: Callable[[], Records], now: Clock) -> None:
        self.app = app
        self.records = records
        self.now = now
        self._nobody = Allowance(BURST, ROWS_A_SECOND)
        self._writing: CapacityLimiter | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and note how it ended."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        answered = replaced = False

        async def noted(message: Message) -> None:
            """Send a message once what it tells is on record; else send the fault instead."""
            nonlocal answered, replaced
            if replaced:
                return
            if message["type"] == "http.response.start":
                answered = True
                unkept = await self._unkept(scope, message["status"])
                if unkept is not None and message["status"] < CRASHED:
                    replaced = True
                    await (await _refused(Request(scope), unkept))(scope, receive, send)
                    return
            await send(message)

        try:
            await self.app(scope, receive, noted)
        finally:
            if not answered:  # It crashed; the answer is made further out.
                await self._unkept(scope, CRASHED)

    async def _unkept(self, scope: Scope, status: int) -> Unready | None:
        """Return why the row of an answer could not be kept; None where it was."""
        try:
            await self._note(scope, status)
        except Unready as error:
            log.warning("audit", detail=str(error), status=status, **_said(scope))
            return error
        return None

    async def _note(self, scope: Scope, status: int) -> None:
        if status not in REFUSED and scope["method"] in SAFE:
            return
        entry = _entry(scope, status)
        if entry.actor == NOBODY:
            left_out = self._nobody.take(self.now())
            if left_out is None:
                return
            if left_out:
                entry = replace(entry, target=f"after {left_out} more: {entry.target}")
        if self._writing is None:  # Made where the event loop runs.
            self._writing = CapacityLimiter(WRITING_MAX)
        await to_thread.run_sync(self._write, entry, limiter=self._writing)

    def _write(self, entry: AuditRecord) -> None:
        write(self.records(), entry, at=self.now())


async def _refused(request: Request, error: Unready) -> Response:
    """Return the answer in place of one whose row is not kept, as any other such refusal."""
    handler = request.app.exception_handlers[AppError]
    made = handler(request, error)
    answer: Response = await made if inspect.isawaitable(made) else made
    return answer


class Allowance:
    """So many at once, and so many more a second; what is past that is counted."""

    def __init__(self, burst: int, a_second: float) -> None:
        self._burst = burst
        self._a_second = a_second
        self._left = float(burst)
        self._at: dt.datetime | None = None
        self._left_out = 0

    def take(self, now: dt.datetime) -> int | None:
        """Return how many were left out since the last that was let through; None: this one too."""
        passed = (now - self._at).total_seconds() if self._at else 0.0
        self._left = min(self._burst, self._left + max(0.0, passed) * self._a_second)
        self._at = now
        if self._left < 1:
            self._left_out += 1
            return None
        self._left -= 1
        left_out, self._left_out = self._left_out, 0
        return left_out


def note(scope: Scope, said: str) -> None:
    """Tell in the row of a request what it changed, beside where."""
    scope["state"]["changed"] = said


def _said(scope: Scope) -> dict[str, str]:
    """Return who did what."""
    who = scope["state"].get("principal")
    return {
        "actor": who.name if who else scope["state"].get("actor") or NOBODY,
        "action": f"{scope['method']} {route_of(scope) if 'route' in scope else scope['path']}",
    }


def _entry(scope: Scope, status: int) -> AuditRecord:
    who = scope["state"].get("principal")
    return AuditRecord(
        **_said(scope),
        role=who.role if who else None,
        target=" ".join((scope["path"], *_changed(scope))),
        outcome=_outcome(status),
        trace=trace_of(scope),
        status=status,
    )


def _changed(scope: Scope) -> tuple[str, ...]:
    said = scope["state"].get("changed")
    return () if said is None else (said,)


def _outcome(status: int) -> Outcome:
    if status in REFUSED:
        return "refused"
    return "failed" if status >= ERRORS_FROM else "done"
