"""Operations on single accounts: their totals, what is frozen of them, promises made here."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from app.books.errors import LimitExceeded, WrongState
from app.books.ledger.figures import CLOSED, FROZEN, OPEN, STATES, Figures, available
from app.books.ledger.known import Identity
from app.books.ledger.moving import WHOLE_MAX, Move, Moving
from app.books.ledger.operations.checks import (
    check_amount,
    figures_of,
    lack,
    moves_of,
    with_room,
)

TOTALS_MAX = 5_000  # Accounts set by one event, so that others come between.


class Seen(NamedTuple):
    """How an account stood when a run read the book."""

    total: int
    frozen: int
    state: int
    outside: int

    def is_held_back(self, now: Figures) -> bool:
        """Return whether something lowered, froze or closed the account since, or moved outside."""
        return (
            now.total < self.total
            or now.frozen > self.frozen
            or now.outside != self.outside
            or now.state not in (OPEN, self.state)
        )


class AccountTotal(NamedTuple):
    """
    What a run or a decision sets of an account.

    `seen` is how the account stood when the run read the book, None where it did not stand or a
    decision sets it. What `closes` has left; any other is open where it was closed. What is
    frozen whole stays so until people release it: what left has nothing then.
    """

    account: str
    identity: Identity
    total: int
    outside: int = 0
    valid_to: int = 0
    seen: Seen | None = None
    closes: bool = False

    def after(self, now: Figures, event: int) -> Figures:
        """Return the figures that this makes of those that stand, as an event sets them."""
        state = CLOSED if self.closes else OPEN if now.state == CLOSED else now.state
        stopped = self.closes and now.state == FROZEN
        state = FROZEN if stopped else state
        set_anew = now._replace(
            total=0 if stopped else self.total,
            outside=self.outside,
            valid_to=self.valid_to,
            state=state,
        )
        if set_anew == now:
            return now
        return set_anew._replace(ceiling=max(set_anew.total, set_anew.used), source=event)


def freeze(moving: Moving, account: str, amount: int | None, *, reason: str) -> Figures:
    """
    Freeze an amount of an account, or (None) all of it; return its figures.

    Raises:
        Absent: There is no such account.
        LimitExceeded: More is to be frozen than is available.
        RuleBroken: The amount is none.
        WrongState: It is frozen whole, or closed.
    """
    now = figures_of(moving, account)
    if now.state != OPEN:
        raise WrongState(f"account {account}", STATES[now.state], ["open"])
    if amount is None:
        after = now._replace(state=FROZEN)
    else:
        check_amount(amount, WHOLE_MAX)
        left = available(now, moving.day_text)
        if amount > left:
            raise LimitExceeded([lack(account, left, amount)])
        after = now._replace(frozen=now.frozen + amount)
    return _account_event(moving, "freeze", account, after, amount, reason)


def unfreeze(moving: Moving, account: str, amount: int | None, *, reason: str) -> Figures:
    """
    Take back a freezing of an amount, or (None) of the whole account; return its figures.

    Raises:
        Absent: There is no such account.
        WrongState: It is not frozen whole.
        RuleBroken: Less than this amount is frozen.
    """
    now = figures_of(moving, account)
    if amount is None:
        if now.state != FROZEN:
            raise WrongState(f"account {account}", STATES[now.state], ["frozen"])
        after = now._replace(state=OPEN)
    else:
        check_amount(amount, now.frozen)
        after = now._replace(frozen=now.frozen - amount)
    return _account_event(moving, "unfreeze", account, after, amount, reason)


def close(moving: Moving, account: str, *, reason: str = "") -> Figures:
    """
    Close the account of what has left; return its figures.

    Raises:
        Absent: There is no such account.
    """
    after = figures_of(moving, account)._replace(state=CLOSED)
    return _account_event(moving, "close", account, after, None, reason)


def lower(moving: Moving, account: str, total: int, *, reason: str = "") -> Figures:
    """
    Lower the total of an account at once, before a run sets it; return its figures.

    Raises:
        Absent: There is no such account.
    """
    now = figures_of(moving, account)
    return _account_event(
        moving, "lower", account, now._replace(total=min(now.total, total)), total, reason
    )


def taken(moving: Moving, account: str, amount: int) -> Move:
    """
    Return the move by which a promise made here (a confirmation, an issue) occupies an account.

    Raises:
        LimitExceeded: The account lacks.
    """
    with_room(moving, [(account, amount)])
    (move,) = moves_of(moving, [(account, amount)], posted=1)
    return move


def given_back(moving: Moving, account: str, amount: int) -> Move:
    """Return the move by which a promise made here leaves an account."""
    (move,) = moves_of(moving, [(account, amount)], posted=-1)
    return move


def set_totals(moving: Moving, totals: Sequence[AccountTotal], source: Mapping[str, Any]) -> int:
    """
    Set totals of accounts, opening those that are new; return how many were held back.

    What stands as it is set already is left out, and what something lowered, froze or closed since
    it was seen. No event is recorded where nothing is set.

    Args:
        moving: What is recorded.
        totals: At most `TOTALS_MAX`.
        source: The run or the decision that they come from.
    """
    if len(totals) > TOTALS_MAX:
        raise ValueError(f"{len(totals)} totals in one event; at most {TOTALS_MAX}")
    number = moving.number + 1
    moves, held_back = [], 0
    standing = moving.accounts([each.account for each in totals])
    for each in totals:
        known = standing[each.account]
        now = Figures() if known is None else known.figures
        if known is not None and each.seen is not None and each.seen.is_held_back(now):
            held_back += 1
            continue
        after = each.after(now, number)
        if known is None or after != now:
            moves.append(Move(each.account, after, None if known else each.identity))
    if moves:
        moving.record("set", "totals", moves=moves, detail={"source": dict(source)})
    return held_back


def _account_event(
    moving: Moving,
    operation: str,
    account: str,
    after: Figures,
    amount: int | None,
    reason: str,
) -> Figures:
    moving.record(
        operation,
        f"account:{account}",
        moves=[Move(account, after)],
        detail={"amount_fen": amount, "state": STATES[after.state]},
        told=(reason, ""),
    )
    return after
