"""
Orders made of what stands outside the book: read before its lock is taken, and again if it moved.

An order touches nothing but the book while it is decided. What it needs of files or other tables
(policy, rules, the groups of a run) is read before, and the order says what of the book it was
read with: the business day, a row. Where that is another by the time it is decided, the order
raises `BookMovedOn`, and is made anew outside the lock.
"""

import datetime as dt
from collections.abc import Callable

from app.books.ledger.moving import Moving
from app.books.ledger.orders import Order, Reply
from app.platform.errors import Busy

TRIES_MAX = 5


class BookMovedOn(Busy):
    """What an order was made with is of a book that has moved on; nothing of it happened."""


def check_day(moving: Moving, day: dt.date) -> None:
    """
    Raise where the business day is not the one that an order was made with.

    Raises:
        BookMovedOn: It is another.
        Conflict: The books are not open.
    """
    if moving.day != day:
        raise BookMovedOn(f"the business day is {moving.day} by now", again_seconds=1)


def ask_prepared(ask: Callable[[Order], Reply], prepare: Callable[[], Order]) -> Reply:
    """
    Return the answer to an order, which is made anew where the book moved on meanwhile.

    Args:
        ask: What asks it of the book.
        prepare: Makes it, outside the lock.

    Raises:
        BookMovedOn: It did so each time.
        AppError: The order is refused, or cannot be made.
    """
    for _ in range(TRIES_MAX - 1):
        try:
            return ask(prepare())
        except BookMovedOn:
            continue
    return ask(prepare())
