"""
An application follows its loans, one for each draw: what moves a loan moves it, in one order.

As long as anything of it is lent, it is where the worst of its loans is. What may still be drawn
keeps its state until it is drawn or its offer ends.
"""

from collections.abc import Iterable

import sqlalchemy as sa

from app.books.ledger import Moving
from app.lending.applications.moves import Row, move
from app.lending.applications.states import ARROWS, State
from app.lending.servicing.rows import standing
from app.lending.servicing.suspending import is_stopped, stopped_too
from app.lending.servicing.tables import loans

LIVE: tuple[State, ...] = ("defaulted", "overdue", "restructured", "active")  # The worst first.
RECOVERED = "recovered"  # Written off, and all that was lost has come back.


class FollowingLoans:
    """What leads an application where its loans are, once nothing more of it is drawn."""

    def follow(self, moving: Moving, row: Row) -> Row:
        """Return the row of an application, led where its loans are."""
        return follow(moving, row)


def follow(moving: Moving, row: Row, *, loan: Row | None = None) -> Row:
    """
    Return the row of an application, led where its loans are; while its firm is stopped, suspended.

    Args:
        moving: What is recorded.
        row: The application.
        loan: A loan of it that this order has touched.
    """
    if row["use"] is not None:
        return row
    known = {} if loan is None else {loan["loan"]: loan}
    if loan is None or loan["amount_fen"] < row["drawn_fen"]:
        own = loans.c
        query = sa.select(own.loan).where(
            own.firm == row["firm"], own.application == row["application"]
        )
        names = [name for name in moving.connection.scalars(query) if name not in known]
        known |= {name: each for name, each in moving.rows(loans, names).items() if each}
    return _led(moving, row, state_of(_kind(each) for each in known.values()))


def _led(moving: Moving, row: Row, to: State | None) -> Row:
    """Return the row of an application, led to a state; of a firm that is stopped suspended."""
    stays = (row["state"], to) == ("suspended", "active") and is_stopped(moving, row["firm"])
    if to is not None and to in ARROWS[row["state"]] and not stays:
        row = move(moving, row, to)
    return stopped_too(moving, row)


def state_of(states: Iterable[str]) -> State | None:
    """
    Return where an application is by the states of its loans; None where it has none.

    Example:
        >>> state_of(["repaid", "active", "overdue"]), state_of(["repaid", "written_off"])
        ('overdue', 'written_off')
        >>> state_of(["recovered", "repaid"]), state_of(["repaid"]), state_of([])
        ('closed', 'repaid', None)
    """
    found = set(states)
    for each in LIVE:
        if each in found:
            return each
    if "written_off" in found:
        return "written_off"
    if RECOVERED in found:
        return "closed"
    return "repaid" if found else None


def _kind(loan: Row) -> str:
    if loan["state"] != "written_off":
        return str(loan["state"])
    totals = standing(loan).totals
    return RECOVERED if totals.lost == totals.recovered else "written_off"
