"""
Work of which only so much may be done at once: who comes later waits for a turn, in fairness.

Turns go round those who wait, not down one line. Where too many wait already, room is made by
sending away the newest of whoever has the most waiting: one who floods takes nobody else's place.
"""

import asyncio
import contextlib
import math
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

from app.platform.errors import Busy

AGAIN_SECONDS_MAX = 60
FIRST_GUESS_SECONDS = 1.0
NEWEST = 0.2  # How much the last piece of work says about the next.


@dataclass(slots=True, eq=False)
class _Waiter:
    who: str
    turn: asyncio.Future[None] = field(default_factory=asyncio.Future)


class Turns:
    """Turns of one kind of work, in one event loop."""

    def __init__(
        self,
        what: str,
        *,
        at_once: int,
        waiting_max: int,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._what = what
        self._at_once = at_once
        self._waiting_max = waiting_max
        self._now = now
        self._running = 0
        self._waiting: list[_Waiter] = []
        self._last: dict[str, int] = {}  # Of who waits: when they had their last turn.
        self._turns = 0
        self._seconds = FIRST_GUESS_SECONDS
        self._closed = False

    @contextlib.asynccontextmanager
    async def turn(self, who: str) -> AsyncIterator[None]:
        """
        Wait for a turn, and hold it; who is cancelled meanwhile waits no longer.

        Raises:
            Busy: Too many wait already, or the service stops.
        """
        await self._wait(who)
        began = self._now()
        try:
            yield
        finally:
            self._seconds += NEWEST * (self._now() - began - self._seconds)
            self._running -= 1
            self._next()

    def close(self) -> None:
        """Send away who waits; what runs is left to end."""
        self._closed = True
        while self._waiting:
            self._send_away(self._waiting[-1], "the service stops")

    async def _wait(self, who: str) -> None:
        if self._closed:
            raise Busy("the service stops", again_seconds=self._again_seconds())
        if self._running < self._at_once and not self._waiting:
            self._begin(who)
            return
        self._make_room(who)
        waiter = _Waiter(who)
        self._waiting.append(waiter)
        try:
            await waiter.turn
        except asyncio.CancelledError:
            if waiter in self._waiting:
                self._waiting.remove(waiter)
            elif not waiter.turn.cancelled() and waiter.turn.exception() is None:
                self._running -= 1  # It was just given the turn that it no longer wants.
                self._next()
            raise

    def _make_room(self, who: str) -> None:
        if len(self._waiting) < self._waiting_max:
            return
        counts = Counter(each.who for each in self._waiting)
        most = max(counts, key=lambda each: counts[each], default=who)
        if counts[most] <= counts[who] + 1:
            raise Busy(self._full(), again_seconds=self._again_seconds())
        newest = next(each for each in reversed(self._waiting) if each.who == most)
        self._send_away(newest, self._full())

    def _full(self) -> str:
        return f"{self._waiting_max} {self._what} wait already"

    def _send_away(self, waiter: _Waiter, why: str) -> None:
        self._waiting.remove(waiter)
        if not waiter.turn.done():
            waiter.turn.set_exception(Busy(why, again_seconds=self._again_seconds()))

    def _again_seconds(self) -> int:
        ahead = (self._running + len(self._waiting)) / self._at_once
        return max(1, min(AGAIN_SECONDS_MAX, math.ceil(ahead * self._seconds)))

    def _begin(self, who: str) -> None:
        self._running += 1
        self._turns += 1
        waiting = {each.who for each in self._waiting}
        self._last = {name: at for name, at in self._last.items() if name in waiting}
        self._last[who] = self._turns

    def _next(self) -> None:
        while self._waiting and self._running < self._at_once:
            first = min(self._waiting, key=lambda each: self._last.get(each.who, 0))
            self._waiting.remove(first)
            if not first.turn.done():
                self._begin(first.who)
                first.turn.set_result(None)
