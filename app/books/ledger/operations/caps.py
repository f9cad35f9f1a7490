"""Operations on single accounts: their totals, what is frozen of them, promises made here."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from app.books.errors import LimitExceeded, WrongState
from app.books.ledger.figures import CLOSED, FROZEN, OPEN, STATES, Figures, available
from app.books.ledger.moving import Identity, Move, Moving
from app.books.ledger.operations.checks import (
    check_amount,
    check_room,
    figures_of,
    lack,
    moves_of,
)

TOTALS_MAX = 5_000  # Accounts set by one event, so that others come between.


class AccountTotal(NamedTuple):
    """What a run or a decision sets of an account."""

    account: str
    identity: Identity
    total: int
    outside: int = 0
    valid_to: int = 0


def freeze(moving: Moving, account: str, amount: int | None, *, reason: str) -> Figures:
    """
    Freeze an amount of an account, or (None) all of it; return its figures.

    Raises:
        Absent: There is no such account.
        LimitExceeded: More is to be frozen than is available.
        WrongState: It is frozen whole, or closed.
    """
    now = figures_of(moving, account)
    if now.state != OPEN:
        raise WrongState(f"account {account}", STATES[now.state], ["open"])
    if amount is None:
        after = now._replace(state=FROZEN)
    else:
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
    check_room(moving, [(account, amount)])
    (move,) = moves_of(moving, [(account, amount)], posted=1)
    return move


def given_back(moving: Moving, account: str, amount: int) -> Move:
    """Return the move by which a promise made here leaves an account."""
    (move,) = moves_of(moving, [(account, amount)], posted=-1)
    return move


def set_totals(
    moving: Moving, totals: Sequence[AccountTotal], source: Mapping[str, Any]
) -> int | None:
    """
    Set totals of accounts, opening those that are new; return the event's number.

    An account that stands as it is set already is left out; None comes back where all do. A closed
    account stays closed.

    Args:
        moving: What is recorded.
        totals: At most `TOTALS_MAX`.
        source: The run or the decision that they come from.
    """
    if len(totals) > TOTALS_MAX:
        raise ValueError(f"{len(totals)} totals in one event; at most {TOTALS_MAX}")
    number = moving.number + 1
    moves = []
    standing = moving.accounts([each.account for each in totals])
    for each in totals:
        known = standing[each.account]
        now = Figures() if known is None else known.figures
        wanted = (each.total, each.outside, each.valid_to)
        if known is not None and wanted == (now.total, now.outside, now.valid_to):
            continue
        after = now._replace(
            total=each.total, outside=each.outside, valid_to=each.valid_to, source=number
        )
        after = after._replace(ceiling=max(after.total, after.used))
        moves.append(Move(each.account, after, None if known else each.identity))
    if not moves:
        return None
    return moving.record("set", "totals", moves=moves, detail={"source": dict(source)})


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
