"""
What was drawn of an application, as whoever ends its offer meets it.

Loans lie above this domain; what stands for them is put in when the process is wired (`app.main`,
the closing of days). Without it an application stays where its offer ended.
"""

from typing import Protocol

from app.books.ledger import Moving
from app.lending.applications.moves import Row
from app.platform.deps import Resources

NAME = "drawn"


class DrawnLoans(Protocol):
    """The loans of applications."""

    def follow(self, moving: Moving, row: Row) -> Row:
        """Return the row of an application, led where its loans are."""
        ...


class NoLoans:
    """None: the application stays where it is."""

    def follow(self, moving: Moving, row: Row) -> Row:
        """Return the row as it is."""
        del moving
        return row


def drawn_of(resources: Resources) -> DrawnLoans:
    """Return what stands for loans in this process."""
    found: DrawnLoans = resources.once(NAME, NoLoans)
    return found
