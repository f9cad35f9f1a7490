"""What the operations check, and the moves of amounts onto a figure or off it."""

from collections.abc import Sequence
from typing import Any

from app.books.errors import LimitExceeded, RuleBroken
from app.books.ledger.figures import OPEN, Figures, available
from app.books.ledger.moving import Move, Moving
from app.platform.errors import Absent

SOURCE = "contract of the ledger"


def figures_of(moving: Moving, account: str) -> Figures:
    """
    Return the figures of an account.

    Raises:
        Absent: There is no such account.
    """
    found = moving.account(account)
    if found is None:
        raise Absent(f"no account {account!r}")
    return found.figures


def check_room(moving: Moving, taken: Sequence[tuple[str, int]]) -> None:
    """
    Raise where an account lacks what is to be taken of it, or is not open.

    Raises:
        LimitExceeded: Accounts lack: all of them are named.
    """
    lacks = []
    for account, amount in taken:
        found = moving.account(account)
        left = 0 if found is None else available(found.figures, moving.day_text)
        shut = found is None or found.figures.state != OPEN
        if left < amount or shut:
            lacks.append(lack(account, left, amount))
    if lacks:
        raise LimitExceeded(lacks)


def check_open(moving: Moving, taken: Sequence[tuple[str, int]]) -> None:
    """
    Raise where an account is not open.

    Raises:
        LimitExceeded: Accounts are frozen or closed: all of them are named.
    """
    shut = [
        lack(account, 0, amount)
        for account, amount in taken
        if figures_of(moving, account).state != OPEN
    ]
    if shut:
        raise LimitExceeded(shut)


def check_amount(amount: int, most: int) -> None:
    """
    Raise where an amount is not from 1 to the most that there is.

    Raises:
        RuleBroken: It is not.
    """
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


def moves_of(moving: Moving, taken: Sequence[tuple[str, int]], **signs: int) -> list[Move]:
    """Return the moves of amounts onto a figure (1) or off it (-1), those of nothing left out."""
    ((figure, sign),) = signs.items()
    found = []
    for account, amount in taken:
        if amount:
            now = figures_of(moving, account)
            found.append(
                Move(account, now._replace(**{figure: getattr(now, figure) + sign * amount}))
            )
    return found
