"""The ledger of a process: orders are asked of it, and the plain operations have a method each."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from app.books.ledger import operations
from app.books.ledger.figures import STATES, Figures
from app.books.ledger.known import Row
from app.books.ledger.moving import Moving
from app.books.ledger.operations import AccountTotal, UseOrder
from app.books.ledger.orders import MACHINE, Key, Order, Reads, Reply
from app.books.ledger.paths import path_of, taken_of
from app.books.ledger.rounds import Rounds
from app.books.ledger.tables import uses
from app.platform.clock import Clock
from app.platform.deps import Resources
from app.platform.records import Records

CREATED, DONE = 201, 200


class Plain(NamedTuple):
    """An order of one function."""

    needs: Reads
    work: Callable[[Moving], Reply]
    key: Key | None = None
    actor: str = MACHINE

    def decide(self, moving: Moving) -> Reply:
        """Return the answer of the function."""
        return self.work(moving)


class AccountLedger:
    """
    The ledger over one records database: limits that hold under any race, kill or retry.

    Each method is one operation: it happens on every account of its path or is refused, and is kept
    for good when it returns. `key` makes it count once; `actor` is the person who asks.

    Raises (all methods):
        BookRefusal: It is refused (`app.books.errors`); under a key also when it is told again.
        Busy: Others were in the way for too long; nothing of it happened.
        Unready: The database cannot be written to; nothing of it happened.
    """

    def __init__(self, records: Records, now: Clock) -> None:
        self.records = records
        self._rounds = Rounds(records, now)

    def ask(self, order: Order) -> Reply:
        """Return the answer to an order, once it is kept for good."""
        return self._rounds.ask(order)

    def close(self) -> None:
        """Give back what it holds."""
        self._rounds.close()

    def reserve(
        self, asked: UseOrder, *, key: Key | None = None, actor: str = MACHINE, reason: str = ""
    ) -> Reply:
        """Return the reservation of an amount on every account of a path."""
        needs = Reads([each.account for each in asked.path], {uses: [asked.use]})

        def work(moving: Moving) -> Reply:
            """Return the reservation."""
            row = operations.reserve(moving, asked, reason=reason)
            return Reply.of(CREATED, shown(row, moving.available))

        return self.ask(Plain(needs, work, key, actor))

    def post(self, use: str, amount: int, *, key: Key | None = None, actor: str = MACHINE) -> Reply:
        """Return a reservation of which an amount is used now and the rest is void."""
        return self._moved(use, lambda moving: operations.post(moving, use, amount), key, actor)

    def void(self, use: str, *, key: Key | None = None, actor: str = MACHINE) -> Reply:
        """Return a reservation that was given back."""
        return self._moved(use, lambda moving: operations.void(moving, use), key, actor)

    def expire(self, use: str) -> Reply:
        """Return a reservation given back because its time has passed."""
        return self._moved(use, lambda moving: operations.expire(moving, use), None, MACHINE)

    def release(
        self,
        use: str,
        amount: int,
        *,
        document: str | None = None,
        key: Key | None = None,
        actor: str = MACHINE,
    ) -> Reply:
        """Return a use of which an amount was repaid, what a document carried first."""

        def work(moving: Moving) -> Row:
            """Return the row of the use."""
            return operations.release(moving, use, amount, document=document)

        return self._moved(use, work, key, actor)

    def transfer(self, use: str, accounts: Mapping[str, str], *, actor: str = MACHINE) -> Reply:
        """Return a use that occupies other accounts now."""
        return self._moved(
            use, lambda moving: operations.transfer(moving, use, accounts), None, actor
        )

    def freeze(
        self,
        account: str,
        amount: int | None,
        *,
        reason: str,
        key: Key | None = None,
        actor: str = MACHINE,
    ) -> Reply:
        """Return an account of which an amount, or (None) all, is frozen."""

        def work(moving: Moving) -> Reply:
            """Return the account."""
            after = operations.freeze(moving, account, amount, reason=reason)
            return Reply.of(DONE, figures_shown(account, after))

        return self.ask(Plain(Reads([account]), work, key, actor))

    def unfreeze(
        self,
        account: str,
        amount: int | None,
        *,
        reason: str,
        key: Key | None = None,
        actor: str = MACHINE,
    ) -> Reply:
        """Return an account of which an amount, or (None) all, is no longer frozen."""

        def work(moving: Moving) -> Reply:
            """Return the account."""
            after = operations.unfreeze(moving, account, amount, reason=reason)
            return Reply.of(DONE, figures_shown(account, after))

        return self.ask(Plain(Reads([account]), work, key, actor))

    def set_totals(
        self, totals: Sequence[AccountTotal], source: Mapping[str, Any], *, actor: str = MACHINE
    ) -> int:
        """
        Set totals, `TOTALS_MAX` accounts in an event; return how many were held back.

        Others' orders come between its parts.
        """
        count = 0
        for start in range(0, len(totals), operations.TOTALS_MAX):
            part = totals[start : start + operations.TOTALS_MAX]

            def work(moving: Moving, part: Sequence[AccountTotal] = part) -> Reply:
                """Return how many accounts were held back."""
                return Reply.of(DONE, operations.set_totals(moving, part, source))

            needs = Reads([each.account for each in part])
            count += int(self.ask(Plain(needs, work, None, actor)).document)
        return count

    def _moved(self, use: str, work: Callable[[Moving], Row], key: Key | None, actor: str) -> Reply:
        def answered(moving: Moving) -> Reply:
            """Return the use as it is shown."""
            return Reply.of(DONE, shown(work(moving), moving.available))

        return self.ask(Plain(Reads(rows={uses: [use]}), answered, key, actor))


def ledger_of(resources: Resources) -> AccountLedger:
    """Return the ledger of this process."""
    found: AccountLedger = resources.once(
        "ledger", lambda: AccountLedger(resources.records, resources.now)
    )
    return found


def shown(row: Row, available: Callable[[str], int]) -> dict[str, Any]:
    """Return a use as routes show it; `available` tells what is left of an account."""
    return {
        "id": row["use"],
        "state": row["state"],
        "core": row["core"],
        "firm": row["firm"],
        "product": row["product"],
        "amount_fen": row["asked_fen"],
        "left_fen": row["left_fen"],
        "path": [
            {"account": account, "occupied_fen": taken, "available_fen": available(account)}
            for account, taken in taken_of(path_of(row["path"]), row["left_fen"])
        ],
        "expires_at": row["expires_at"] or None,
    }


def figures_shown(account: str, figures: Figures) -> dict[str, Any]:
    """Return an account's figures as an operation on it answers them."""
    return {
        "id": account,
        "state": STATES[figures.state],
        "frozen_fen": figures.frozen,
    }
