"""What goes into live indices beside an economy, and what a change of them gives."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from graph.errors import InvalidInput
from graph.kernels.layout import FloatArray, IntArray

How = Literal["pushed", "solved"]


@dataclass(frozen=True, slots=True)
class Claims:
    """
    Who owes whom how much, in any one unit of money, and what firms can lose.

    Args:
        equity: Of every firm; above 0 for a firm that is owed something.
        creditors: Row of the firm that is owed, by claim; equal pairs are added up.
        debtors: Row of the firm that owes, another one.
        amounts: What it owes, not negative.
        weights: What a firm counts in the index; by default its equity.
    """

    equity: npt.ArrayLike
    creditors: npt.ArrayLike
    debtors: npt.ArrayLike
    amounts: npt.ArrayLike
    weights: npt.ArrayLike | None = None


@dataclass(frozen=True, slots=True)
class Moved:
    """
    The firms whose index moved, in the unit of the weights, and the sum of all weights.

    `before` is what was last told of a firm: by the change that it last moved in, or at the start.
    """

    rows: IntArray
    before: FloatArray
    after: FloatArray
    weight: float

    @property
    def shares(self) -> FloatArray:
        """Return `after` as a share of all weight: the index."""
        return self.after / self.weight if self.weight > 0.0 else np.zeros(len(self.after))


@dataclass(frozen=True, slots=True)
class Refresh:
    """
    What a change moved, and how exact all figures are after it.

    Args:
        production: Firms whose index of production losses moved; None without an economy.
        equity: Firms whose index of equity losses moved; None without claims.
        error: Bound on the error of every index, as a share of itself (see `Live`).
        tolerance: What the bound is to stay below.
        pushes: Firms pushed, those of the error's own solution among them.
        how: `pushed`, or `solved` where all was solved again.
    """

    production: Moved | None
    equity: Moved | None
    error: float
    tolerance: float
    pushes: int
    how: How

    @property
    def due(self) -> bool:
        """Return whether the bound has passed the tolerance: `Live.resolve` brings it down."""
        return not self.error <= self.tolerance


def row(name: str, given: int, firms: int) -> int:
    """Return a row, or raise `InvalidInput`."""
    if not 0 <= given < firms:
        raise InvalidInput(f"{name} {given} is no row of a firm")
    return int(given)


def amount(name: str, given: float) -> float:
    """Return an amount of money, or raise `InvalidInput`."""
    if not (np.isfinite(given) and given >= 0.0):
        raise InvalidInput(f"{name} {given} is negative or missing")
    return float(given)
