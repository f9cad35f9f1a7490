"""
Who has lent on documents, as whoever settles one meets them: the lender is paid first.

Loans lie above this district; what stands for them is put in when the process is wired (`app.main`,
commands). Without it nothing that is financed is settled.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol, Self

from app.books.errors import WrongState
from app.books.ledger import Moving
from app.platform.deps import Resources


class DocumentPaid(NamedTuple):
    """A document that its debtor pays: its account, who holds it, how much."""

    account: str
    holder: str
    amount_fen: int


class Lender(Protocol):
    """Who has lent on documents."""

    def ready(self) -> Self:
        """Return it with what it goes by, read before the book is locked."""
        ...

    def leave(self, moving: Moving, accounts: Sequence[str]) -> None:
        """
        End what is asked for on documents that are `financing`, before they are settled.

        Raises:
            WrongState: Money is being paid out on one: it is settled once that has an answer.
        """
        ...

    def take(self, moving: Moving, paid: Sequence[DocumentPaid]) -> None:
        """
        Take what is owed out of what debtors pay of financed documents; the rest is the holders'.

        Args:
            moving: The order that settles them.
            paid: What is paid, in the order in which loans are served.
        """
        ...


class NoLender:
    """Nobody: what is financed is not settled here."""

    def ready(self) -> Self:
        """Return it as it is."""
        return self

    def leave(self, moving: Moving, accounts: Sequence[str]) -> None:
        """Pass: nobody pays anything out."""

    def take(self, moving: Moving, paid: Sequence[DocumentPaid]) -> None:
        """
        Refuse.

        Raises:
            WrongState: Always.
        """
        del moving
        raise WrongState(paid[0].account.replace(":", " ", 1), "financed", [])


NO_LENDER: Lender = NoLender()


def lender_of(resources: Resources) -> Lender:
    """Return who has lent on documents, as this process was wired."""
    found: Lender = resources.once("lender", NoLender)
    return found
