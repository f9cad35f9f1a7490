"""What a process still knows of accounts and rows when its next round begins."""

from collections.abc import Callable, Sequence

import sqlalchemy as sa

from app.books.ledger.known import KnownBook, Row, StandingAccount
from app.books.ledger.moving import LedgerRound
from app.books.ledger.orders import Order
from app.books.ledger.statements import Ids, LockedBook, Statements
from app.platform.events import Head

KNOWN_MAX = 20_000  # Of each kind; more are read again.
NOWHERE = Head(-1, "", "")


class RoundMemory:
    """
    Accounts and rows as the last round has left them.

    They hold while no event but of the audit has come since: whatever moves them is an event.
    """

    def __init__(self) -> None:
        self._head = NOWHERE
        self._accounts: dict[str, StandingAccount | None] = {}
        self._rows: dict[tuple[sa.Table, str], Row | None] = {}
        self._paths: dict[str, str] = {}
        self._is_shared = False  # Whether others moved the book since its last round.
        self._ahead: KnownBook | None = None

    @property
    def since(self) -> int:
        """Return the number of the event as of which it knows, below 0 where it knows nothing."""
        return self._head.number

    def expect(self, waiting: Callable[[], Sequence[Order]], statements: Statements) -> Ids:
        """
        Return what the orders that wait need, to be read in the turn that locks the book.

        Nothing where this process alone moved the book at its last round: it will know all of it;
        nor on SQLite, to which a turn costs nothing.
        """
        if statements.sqlite or not self._is_shared:
            return {}
        self._ahead = KnownBook(None, statements)
        self._ahead.paths = self._paths
        return self._ahead.unread(waiting())

    def recall(self, round_: LedgerRound, locked: LockedBook) -> None:
        """Give a round what is known; from here on it is the round's alone until it is kept."""
        self._is_shared = not locked.holds
        if self._ahead is not None and locked.found:
            self._ahead.hold(locked.found)
            round_.take_over(self._ahead)
        if locked.holds and self._is_of(round_):
            self._accounts.update(round_.accounts)
            self._rows.update(round_.rows)
            round_.accounts, round_.rows = self._accounts, self._rows
        round_.paths = self._paths
        self.forget()

    def keep(self, round_: LedgerRound) -> None:
        """Keep what a round that was committed knows."""
        if len(round_.accounts) <= KNOWN_MAX and len(round_.rows) <= KNOWN_MAX:
            self._accounts, self._rows = round_.accounts, round_.rows
            self._head = round_.head
        if len(round_.paths) > KNOWN_MAX:
            round_.paths.clear()

    def forget(self) -> None:
        """Forget all of it."""
        self._head, self._accounts, self._rows = NOWHERE, {}, {}

    def _is_of(self, round_: LedgerRound) -> bool:
        """Return whether the database was not put back to what it was before."""
        stood, now = self._head, round_.head
        if stood.number == now.number:
            return stood.hash == now.hash
        return round_.statements.hash_of(round_.cursor, stood.number) == stood.hash
