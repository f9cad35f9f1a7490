"""What goes into live indices beside an economy, and what a change of them gives."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from graph.arrays.dtypes import FloatArray, IntArray
from graph.errors import InvalidInput
from graph.network.firms import Frame, firm_frame
from graph.stress.live.kernels.shares import ToldIndex

How = Literal["pushed", "solved"]


@dataclass(frozen=True, slots=True)
class Claims:
    """
    Who owes whom how much, in any one unit of money, and what firms can lose.

    Args:
        equity: Of every firm; above 0 for a firm that is owed something.
        creditors: Row or id of the firm that is owed, by claim; equal pairs are added up.
        debtors: Row or id of the firm that owes, another one.
        amounts: What it owes, not negative.
        weights: What a firm counts in the index; by default its equity.
        ids: What the firms are called, in row order.
    """

    equity: npt.ArrayLike
    creditors: npt.ArrayLike
    debtors: npt.ArrayLike
    amounts: npt.ArrayLike
    weights: npt.ArrayLike | None = None
    ids: Sequence[str] | None = field(default=None, repr=False)


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
    ids: Sequence[str] | None = field(default=None, repr=False)

    def to_pandas(self) -> Frame:
        """Return a row a firm: firm, before, after, share."""
        columns = {"before": self.before, "after": self.after, "share": self.shares}
        return firm_frame(self.ids, self.rows, **columns)

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

    def to_pandas(self) -> Frame:
        """Return a row a firm and index that moved: index, firm, before, after, share."""
        told = {"production": self.production, "equity": self.equity}
        tables = [
            each.to_pandas().assign(index=name) for name, each in told.items() if each is not None
        ]
        import pandas as pd  # noqa: PLC0415  # Who asks for a table has it.

        columns = ["index", "firm", "before", "after", "share"]
        return pd.concat(tables, ignore_index=True)[columns]


def moved(told: ToldIndex, count: int, weight: float, ids: Sequence[str] | None) -> Moved:
    """Return the firms that a change has noted as moved."""
    rows, before, after = told.rows[:count], told.before[:count], told.after[:count]
    return Moved(rows.copy(), before.copy(), after.copy(), weight, ids)


def amount(name: str, given: float) -> float:
    """Return an amount of money, or raise `InvalidInput`."""
    found = given if type(given) is float else _number(name, given)
    if not 0.0 <= found < math.inf:
        raise InvalidInput(f"{name} {given} is negative or missing")
    return found


def _number(name: str, given: Any) -> float:
    if isinstance(given, str | bytes | bool | np.bool_):
        raise InvalidInput(f"{name} {given!r} is no number")
    try:
        return float(given)
    except OverflowError:
        return math.inf
    except (TypeError, ValueError) as error:
        raise InvalidInput(f"{name} {given!r} is no number") from error
