"""What a process still knows of accounts and rows when its next round begins."""

import sqlalchemy as sa

from app.books.ledger.moving import LedgerRound, Row, StandingAccount
from app.platform.events import Head

KNOWN_MAX = 20_000  # Of each kind; more are read again.
SINCE_MAX = 10_000  # Events of others that are looked at; after more, all is read again.
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

    def recall(self, round_: LedgerRound) -> None:
        """Give a round what is known; from here on it is the round's alone until it is kept."""
        if self._holds(round_):
            round_.accounts, round_.rows = self._accounts, self._rows
        self.forget()

    def keep(self, round_: LedgerRound) -> None:
        """Keep what a round that was committed knows."""
        if len(round_.accounts) <= KNOWN_MAX and len(round_.rows) <= KNOWN_MAX:
            self._accounts, self._rows = round_.accounts, round_.rows
            self._head = round_.head

    def forget(self) -> None:
        """Forget all of it."""
        self._head, self._accounts, self._rows = NOWHERE, {}, {}

    def _holds(self, round_: LedgerRound) -> bool:
        stood, now = self._head, round_.head
        if stood.number == now.number:
            return stood.hash == now.hash
        if not 0 <= now.number - stood.number <= SINCE_MAX or stood is NOWHERE:
            return False
        say, cursor = round_.statements, round_.cursor
        if not say.tells_of_requests_alone(cursor, stood.number):
            return False
        # Else the database was put back to what it was before.
        return say.hash_of(cursor, stood.number) == stood.hash
