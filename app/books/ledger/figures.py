"""An account's figures: whole numbers in a fixed order, and what may still be used of them."""

import datetime as dt
from typing import NamedTuple

OPEN, FROZEN, CLOSED = 0, 1, 2
STATES = ("open", "frozen", "closed")
LAYERS = ("bank", "group", "firm", "core", "chain", "relation", "product", "programme")
DOCUMENTS = ("receivable", "voucher")  # Accounts of the layer `document` by their kind.


class Figures(NamedTuple):
    """
    The figures of an account, in fen but for the last three.

    `ceiling` is the larger of total and what was used when the total was last set; `valid_to` is
    the last day as yyyymmdd, 0 without one; `source` is the number of the event that last set it.
    """

    total: int = 0
    outside: int = 0
    posted: int = 0
    pending: int = 0
    frozen: int = 0
    ceiling: int = 0
    state: int = OPEN
    valid_to: int = 0
    source: int = 0

    @property
    def used(self) -> int:
        """Return what is taken of the total, by whatever."""
        return self.outside + self.posted + self.pending + self.frozen


def available(figures: Figures, day: str) -> int:
    """
    Return what a use may take on a business day: 0 where over, frozen whole, closed or past.

    Example:
        >>> available(Figures(total=100, posted=30, pending=20), "2026-06-30")
        50
        >>> available(Figures(total=100, valid_to=20260629), "2026-06-30")
        0
    """
    total, outside, posted, pending, frozen, _, state, valid_to, _ = figures
    if state != OPEN or (valid_to and valid_to < day_number(day)):
        return 0
    return max(0, total - outside - posted - pending - frozen)


def with_added(figures: Figures, *, pending: int = 0, posted: int = 0) -> Figures:
    """
    Return figures with more (or, below nothing, less) pending and posted.

    Example:
        >>> with_added(Figures(total=100, pending=30), pending=-30, posted=20)[:4]
        (100, 0, 20, 0)
    """
    total, outside, was_posted, was_pending, *rest = figures
    return Figures(total, outside, was_posted + posted, was_pending + pending, *rest)


def excess(figures: Figures) -> int:
    """Return by how much more is used than the total allows."""
    return max(0, figures.used - figures.total)


def day_number(day: str) -> int:
    """Return a day's text as yyyymmdd; 0 for none."""
    return int(day.replace("-", "")) if day else 0


def day_text(number: int) -> str | None:
    """
    Return the day of yyyymmdd as text; None for 0.

    Example:
        >>> day_text(20260630), day_text(0)
        ('2026-06-30', None)
    """
    if not number:
        return None
    return dt.date(number // 10000, number // 100 % 100, number % 100).isoformat()
