"""
Freezing whole accounts, and what stops with one: what was drawn by a firm stands above this domain.

What stands for it is put in when the process is wired (`app.main`). Without it nothing else stops.
"""

from typing import Protocol

from app.books.ledger import Moving, Plain, Reads, Reply, ledger_of, operations
from app.books.ledger.answering import Asker
from app.books.ledger.service import figures_shown
from app.platform.deps import Resources

NAME = "stopping"
DONE = 200


class AccountStops(Protocol):
    """What stops while an account is frozen whole, and goes on once it is not."""

    def stop(self, moving: Moving, account: str, reason: str) -> None:
        """Stop what an account that is frozen whole stops, in the order that freezes it."""
        ...

    def resume(self, moving: Moving, account: str, reason: str) -> None:
        """Let it go on, in the order that releases the account."""
        ...


class NothingStops:
    """Nothing: accounts alone are frozen."""

    def stop(self, moving: Moving, account: str, reason: str) -> None:
        """Pass."""

    def resume(self, moving: Moving, account: str, reason: str) -> None:
        """Pass."""


def stopping_of(resources: Resources) -> AccountStops:
    """Return what stops with accounts in this process."""
    found: AccountStops = resources.once(NAME, NothingStops)
    return found


def freeze(
    resources: Resources, asker: Asker, account: str, amount: int | None, reason: str
) -> Reply:
    """
    Return an account of which an amount, or (None) all, is frozen; what stops with all of it stops.

    Args:
        resources: What the process has open.
        asker: Who asks, and their key.
        account: Its id.
        amount: The fen, or None.
        reason: Why, in a person's words.

    Raises:
        Absent: There is no such account.
        BookRefusal: So much is not available, or it is frozen whole or closed already.
    """
    stops = stopping_of(resources)

    def work(moving: Moving) -> Reply:
        """Return the account."""
        after = operations.freeze(moving, account, amount, reason=reason)
        if amount is None:
            stops.stop(moving, account, reason)
        return Reply.of(DONE, figures_shown(account, after))

    needs = Plain(Reads([account]), work, asker.key, asker.actor)
    return ledger_of(resources).ask(needs)
