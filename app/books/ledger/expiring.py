"""Reservations whose time has passed are given back before a round decides anything."""

import sqlalchemy as sa

from app.books.ledger import operations
from app.books.ledger.moving import LedgerRound, Moving
from app.books.ledger.orders import MACHINE, Key, Reads, Reply
from app.books.ledger.statements import NEVER
from app.books.ledger.tables import uses
from app.platform.events import moment_text

AT_ONCE_MAX = 256


class Expiries:
    """Knows when the next reservation passes its time, while nobody else writes the book."""

    def __init__(self) -> None:
        self._stands_at = -1
        self._next = ""

    def stands_at(self, round_: LedgerRound) -> None:
        """Hold that what is known is as of the end of a round."""
        ends = [
            row["expires_at"]
            for place in round_.touched  # What it has only read was counted before.
            if place[0] is uses and (row := round_.rows[place]) and row["expires_at"]
        ]
        self._next = min((self._next, *ends))
        self._stands_at = round_.head.number

    def forget(self) -> None:
        """Forget what was known: the round failed."""
        self._stands_at = -1

    def sweep(self, round_: LedgerRound, first_end: str | None) -> bool:
        """
        Give back what has passed its time; return whether that was all, so much at once.

        `first_end` is when the next passes its time, where that was asked already.
        """
        now = moment_text(round_.now)
        if self._stands_at == round_.head.number and now < self._next:
            return True
        self._next = first_end or round_.statements.first_end(round_.cursor)
        if self._next > now:
            return True
        due = (uses.c.state == "reserved") & (uses.c.expires_at > "")
        query = sa.select(uses.c.use, uses.c.expires_at).where(due).order_by(uses.c.expires_at)
        found = round_.connection.execute(query.limit(AT_ONCE_MAX + 1)).all()
        passed = [_TimeIsUp(use) for use, ends in found if ends <= now][:AT_ONCE_MAX]
        round_.load(passed)
        for order in passed:
            answer = round_.decide(order)
            if not isinstance(answer, Reply):
                raise answer
        rest = [ends for _, ends in found[len(passed) :]]
        self._next = rest[0] if rest else NEVER
        return self._next > now


class _TimeIsUp:
    """The order by which the machine ends a reservation."""

    key: Key | None = None
    actor = MACHINE

    def __init__(self, use: str) -> None:
        self.needs = Reads(rows={uses: [use]})
        self._use = use

    def decide(self, moving: Moving) -> Reply:
        """Return the answer: the use, expired."""
        operations.expire(moving, self._use)
        return Reply.of(200, {"id": self._use, "state": "expired"})
