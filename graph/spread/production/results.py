"""Results of cascades: what scenarios cost, and who loses; each gives a table of itself."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from graph.arrays.dtypes import FloatArray, IntArray
from graph.network.firms import Frame, firm_frame, scenario_frame
from graph.spread.production.economy import Denominators, Rules
from graph.spread.production.runs import Precision

E12 = 10**12
ERROR_MAX = {"double": 1e-12, "single": 2e-6}  # Of an index, relative, against the equations.


@dataclass(frozen=True, slots=True)
class Contagion:
    """What one scenario costs every firm, as shares of its production."""

    down: FloatArray  # For want of inputs.
    up: FloatArray  # For want of orders.
    rounds: int
    esri: float
    esri_down: float
    esri_up: float
    rules: Rules
    ids: Sequence[str] | None = field(default=None, repr=False)

    @property
    def loss(self) -> FloatArray:
        """Return the larger of both losses, firm by firm."""
        return np.maximum(self.down, self.up)

    def to_pandas(self) -> Frame:
        """Return a row a firm: firm, loss, down, up."""
        return firm_frame(self.ids, loss=self.loss, down=self.down, up=self.up)


@dataclass(frozen=True, slots=True)
class Esri:
    """The index of many scenarios: the weighted share of production that each costs."""

    total: FloatArray
    down: FloatArray
    up: FloatArray
    rounds: IntArray
    rules: Rules
    precision: Precision
    denominators: Denominators
    scenarios: Any = field(default=None, repr=False)  # What each is called: its firm, or a number.

    def to_pandas(self) -> Frame:
        """Return a row a scenario: scenario, esri, down, up, rounds."""
        columns = {"esri": self.total, "esri_down": self.down, "esri_up": self.up}
        return scenario_frame(self.scenarios, **columns, rounds=self.rounds)

    @property
    def relative_error_max(self) -> float:
        """Return how far an index may be from its equations, as a share of it."""
        return ERROR_MAX[self.precision]


@dataclass(frozen=True, slots=True)
class Losses:
    """Who loses in one scenario: rows in ascending order, shares down and up, never both 0."""

    rows: IntArray
    down: FloatArray
    up: FloatArray
    rounds: int
    ids: Sequence[str] | None = field(default=None, repr=False)

    @property
    def loss(self) -> FloatArray:
        """Return the larger of both losses, in the order of `rows`."""
        return np.maximum(self.down, self.up)

    def to_pandas(self) -> Frame:
        """Return a row a firm that loses: firm, loss, down, up."""
        return firm_frame(self.ids, self.rows, loss=self.loss, down=self.down, up=self.up)


@dataclass(frozen=True, slots=True)
class Observed:
    """The index of many scenarios, and what chosen firms lose in each."""

    esri: Esri
    loss: FloatArray  # 1 - min(hd, hu) of every observer, in the order they were given.


@dataclass(frozen=True, slots=True)
class Block:
    """What chosen firms (columns) lose in some scenarios (rows), one after another."""

    down: FloatArray
    up: FloatArray
    rounds: IntArray


def in_fen(shares: FloatArray, amounts_fen: IntArray) -> IntArray:
    """
    Return what shares of amounts come to, to the nearest fen.

    Example:
        >>> in_fen(np.array([0.5, 1.0]), np.array([101, 7])).tolist()
        [50, 7]
    """
    return np.rint(shares * amounts_fen).astype(np.int64)


def cut_e12(shares: FloatArray) -> IntArray:
    """
    Return shares in units of 1e-12: rounded to 14 places first, which mends a last wrong bit.

    Example:
        >>> cut_e12(np.array([1 / 3, 0.7 - 0.4, 1.0])).tolist()
        [333333333333, 300000000000, 1000000000000]
    """
    return np.rint(shares * (E12 * 100)).astype(np.int64) // 100
