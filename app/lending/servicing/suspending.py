"""
Applications that are suspended while their firm is stopped: nothing is drawn, all may be repaid.

A firm is stopped while its account `firm:F` is frozen whole: one officer does that, or a write-off,
and two release it. What is drawn of its applications is `suspended` in the same order, and
`active` again once it is released; a loan that is late leads its application on meanwhile.
"""

import sqlalchemy as sa

from app.books.ledger import Moving
from app.books.ledger.figures import FROZEN
from app.lending.applications.moves import Row, move
from app.lending.applications.states import State
from app.lending.applications.tables import applications

FIRM = "firm:"
# From these it may have come to be active by an order just before, committed together with this.
LIVE: tuple[State, ...] = (
    *("signed", "drawing", "draw_failed", "active", "suspended"),
    *("overdue", "defaulted", "restructured", "repaid"),
)


class SuspendingApplications:
    """What stops with the account of a firm (`accounts.stopping`): its applications."""

    def stop(self, moving: Moving, account: str, reason: str) -> None:
        """Suspend what a firm has drawn, where the account is a firm's."""
        _move_all(moving, account, "active", "suspended", reason)

    def resume(self, moving: Moving, account: str, reason: str) -> None:
        """Make what was suspended active again, where the account is a firm's."""
        _move_all(moving, account, "suspended", "active", reason)


def is_stopped(moving: Moving, firm: str) -> bool:
    """Return whether the account of a firm is frozen whole."""
    name = f"{FIRM}{firm}"
    stands = moving.own_accounts.get(name) or moving.account(name)
    return stands is not None and stands.figures.state == FROZEN


def stopped_too(moving: Moving, row: Row) -> Row:
    """Return the row of an application, suspended where it is active and its firm is stopped."""
    stops = row["state"] == "active" and is_stopped(moving, row["firm"])
    return move(moving, row, "suspended") if stops else row


def _move_all(moving: Moving, account: str, at: State, to: State, reason: str) -> None:
    if not account.startswith(FIRM):
        return
    for row in _rows(moving, account.removeprefix(FIRM), at):
        move(moving, row, to, reason=reason)


def _rows(moving: Moving, firm: str, state: State) -> list[Row]:
    """Return the applications of a firm in a state, as they stand for the order."""
    own = applications.c
    query = sa.select(own.application).where(own.firm == firm, own.state.in_(LIVE))
    names = list(moving.connection.scalars(query.order_by(own.application)))
    rows = moving.rows(applications, names).values()
    return [row for row in rows if row is not None and row["state"] == state]
