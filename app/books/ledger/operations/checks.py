"""What the operations check, and the moves of amounts onto a figure or off it."""

from collections.abc import Sequence
from typing import Any

from app.books.errors import LimitExceeded, RuleBroken
from app.books.ledger.figures import OPEN, Figures, available, with_added
from app.books.ledger.known import StandingAccount
from app.books.ledger.moving import Move, Moving
from app.platform.errors import Absent

SOURCE = "contract of the ledger"


def figures_of(moving: Moving, account: str) -> Figures:
    """
    Return the figures of an account.

    Raises:
        Absent: There is no such account.
    """
    return standing(moving, account).figures


def standing(moving: Moving, account: str) -> StandingAccount:
    """
    Return an account as it stands.

    Raises:
        Absent: There is no such account.
    """
    found = moving.account(account)
    if found is None:
        raise Absent(f"no account {account!r}")
    return found


def with_room(moving: Moving, taken: Sequence[tuple[str, int]]) -> list[StandingAccount]:
    """
    Return the accounts, each of which has what is to be taken of it.

    Raises:
        LimitExceeded: Accounts lack, or are not open: all of them are named.
    """
    lacks, found_all = [], []
    day = moving.day_text
    for account, amount in taken:
        found = moving.account(account)
        left = 0 if found is None else available(found.figures, day)
        if found is None or left < amount or found.figures.state != OPEN:
            lacks.append(lack(account, left, amount))
        else:
            found_all.append(found)
    if lacks:
        raise LimitExceeded(lacks)
    return found_all


def all_open(moving: Moving, taken: Sequence[tuple[str, int]]) -> list[StandingAccount]:
    """
    Return the accounts, each of which is open.

    Raises:
        LimitExceeded: Accounts are frozen or closed: all of them are named.
        Absent: There is no such account.
    """
    found = [standing(moving, account) for account, _ in taken]
    shut = [
        lack(account, 0, amount)
        for (account, amount), each in zip(taken, found, strict=True)
        if each.figures.state != OPEN
    ]
    if shut:
        raise LimitExceeded(shut)
    return found


def check_amount(amount: int, most: int) -> None:
    """
    Raise where an amount is not from 1 to the most that there is.

    Raises:
        RuleBroken: It is not.
    """
    if most < 1:
        raise RuleBroken("ledger.amount", SOURCE, zh="已没有任何金额", en="there is no fen left")
    if not 1 <= amount <= most:
        raise RuleBroken(
            "ledger.amount",
            SOURCE,
            zh=f"金额须在 1 至 {most} 分之间",
            en=f"the amount must be 1 to {most} fen",
        )


def lack(account: str, left: int, asked: int) -> dict[str, Any]:
    """Return what is told of an account that lacks."""
    return {"account": account, "available_fen": left, "asked_fen": asked}


def moves_of(
    moving: Moving, taken: Sequence[tuple[str, int]], *, pending: int = 0, posted: int = 0
) -> list[Move]:
    """Return the moves of amounts onto a figure (1) or off it (-1), those of nothing left out."""
    return [
        moved(standing(moving, account), account, pending=pending * amount, posted=posted * amount)
        for account, amount in taken
        if amount
    ]


def moved(stands: StandingAccount, account: str, *, pending: int = 0, posted: int = 0) -> Move:
    """Return the move of amounts onto figures of an account."""
    added = with_added(stands.figures, pending=pending, posted=posted)
    return Move(account, added, None, stands)
