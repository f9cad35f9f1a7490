"""One kept solution, the log that undoes a change, and the bound on its error."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from graph.errors import GraphError, InvalidInput
from graph.kernels import growing, shares, sweeps
from graph.kernels import residual as kernel
from graph.kernels.growing import Rows
from graph.kernels.layout import FloatArray
from graph.kernels.residual import DRIFT, WALK, System

SOLVED = 1e-10  # Of a figure: residual that a full solve leaves.
WALKED = WALK / 4.0
SWEEPS_MAX = 1000
RADIUS_STEPS = 200
PUSHES_A_FIRM, PUSHES_LEAST = 4, 200  # More of them cost more than to solve again.
AIMED = 0.75  # Of the tolerance: the bound after a full solve; the rest is for walks that grow.
LAGGED = 0.5  # Of the tolerance: what markets that lag behind may take of the bound.
FLOOR = 1e-9  # Of the mean weight: figures below it are exact to a share of it, not of themselves.
SECOND_ORDER = 1.02  # A bound of at most 0.01 may itself be off by so much.
BOUND_MAX = 0.01
LATE, LATE_WALK = 0.01, 0.05  # Gains of walks may be so late, and cost so much of the bound.


class TooBroad(GraphError):
    """A change moves so much that pushing would cost more than solving again."""


@dataclass(slots=True)
class Log:
    """What a change did, so that it can be undone; what waits until it stands."""

    undo: list[Callable[[], object]] = field(default_factory=list)
    again: list[Callable[[], object]] = field(default_factory=list)  # After all is undone.
    after: list[Callable[[], object]] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)  # Firms whose own row, weight or gain it changed.

    def put(self, array: npt.NDArray[Any], place: int, value: float) -> None:
        """Set a value, and remember what it was."""
        self.undo.append(partial(array.__setitem__, place, array[place]))
        array[place] = value

    def revert(self) -> None:
        """Undo everything, the last step first; then reckon again what hangs on it."""
        for step in [*reversed(self.undo), *self.again]:
            step()

    def close(self) -> None:
        """Do what waited."""
        for step in self.after:
            step()


@dataclass(slots=True)
class Solution:
    """The solution of one linear index of all firms, and how exact it is."""

    name: str
    system: System
    floor: float
    tolerance: float
    weight: FloatArray  # One figure: the sum of all weights.
    lag_max: float = 0.0  # Of gains.
    late_max: float = 0.0  # Of the gains of walks.
    threshold: float = 0.0
    length: float = 1.0
    rounding: float = 0.0
    _longer: float = 0.0  # Of the open change: L of the firms it touched.
    _rounded: float = 0.0

    @classmethod
    def of(cls, name: str, rows: Rows, weights: FloatArray, tolerance: float) -> "Solution":
        """Return a solution yet to be solved."""
        firms = len(weights)
        gains, walk_gains = np.ones(firms), np.ones(firms)
        mean = float(np.mean(weights)) if firms else 0.0
        system = System(
            rows, weights, gains, walk_gains, kernel.vector(firms), kernel.vector(firms)
        )
        return cls(name, system, FLOOR * (mean or 1.0), tolerance, np.array([weights.sum()]))

    def copied(self, rows: Rows) -> "Solution":
        """Return the same solution over other rows, nothing shared."""
        system = self.system
        own = System(
            rows,
            system.weights.copy(),
            system.gains.copy(),
            system.walk_gains.copy(),
            kernel.copied(system.figures),
            kernel.copied(system.walks),
        )
        return replace(self, system=own, weight=self.weight.copy())

    @property
    def solved(self) -> list[npt.NDArray[Any]]:
        """Return the arrays that a full solve writes to."""
        system = self.system
        return [system.figures.nodes, system.walks.nodes, system.gains, system.walk_gains]

    def take(self, other: "Solution") -> None:
        """Take over the limits, and the length and rounding so far, of another."""
        self.lag_max, self.late_max = other.lag_max, other.late_max
        self.threshold, self.length = other.threshold, other.length
        self.rounding = other.rounding

    def values(self) -> FloatArray:
        """Return the figures by row, not below 0."""
        found: FloatArray = np.maximum(self.system.figures.nodes["value"], 0.0)
        return found

    def solve(self, *, lags: bool) -> None:
        """
        Solve from where the figures stand, and set how much may be left by a change.

        Raises:
            InvalidInput: There is no solution: the spectral radius is not below 1, or close to it.
        """
        self._solved(walks=False, accuracy=SOLVED)
        sweeps.rebase(self.system, self.floor)
        self._solved(walks=True, accuracy=WALKED)
        self.length = max(1.0, sweeps.longest(self.system, self.floor))
        lag, inner = LAGGED * self.tolerance if lags else 0.0, DRIFT * self.length
        self.late_max = min(LATE, LATE_WALK / inner) if lags else 0.0
        slack = self._slack(self.late_max)
        self.lag_max = lag * slack / (inner * SECOND_ORDER)
        self.threshold = max((AIMED * self.tolerance - lag) * slack / self.length, 2.0 * SOLVED)
        self.rounding = 0.0

    def _solved(self, *, walks: bool, accuracy: float) -> None:
        used, left = sweeps.solve(self.system, walks, accuracy, self.floor, SWEEPS_MAX)
        if not left <= accuracy:
            now = np.full(len(self.system.gains), 1.0 / len(self.system.gains))
            radius = sweeps.radius(self.system, RADIUS_STEPS, now, np.zeros(len(now)))
            raise InvalidInput(
                f"{self.name}: no solution, the spectral radius is about {radius:.6g} and must be "
                f"well below 1 (residual {left:.2e} after {used} sweeps)"
            )

    def settle(self) -> int:
        """
        Push what a change left, and return the pushes.

        Raises:
            TooBroad: It takes more than solving again would.
        """
        pushes_max = PUSHES_A_FIRM * len(self.system.gains) + PUSHES_LEAST
        lengths = (each.lengths[kernel.COUNT] for each in (self.system.figures, self.system.walks))
        if not any(lengths):
            return 0
        pushes, self._longer, self._rounded = kernel.settle(
            self.system, self.threshold, self.floor, pushes_max
        )
        if pushes < 0:
            raise TooBroad(f"{self.name}: more than {pushes_max} pushes")
        return int(pushes)

    def keep(self) -> None:
        """Let the open change stand."""
        self.length = max(self.length, self._longer)
        self.rounding += self._rounded
        self._longer = self._rounded = 0.0
        kernel.keep(self.system.figures)
        kernel.keep(self.system.walks)

    def put_back(self) -> None:
        """Undo the open change of the figures."""
        self._longer = self._rounded = 0.0
        kernel.put_back(self.system.figures)
        kernel.put_back(self.system.walks)

    def bound(self, lag: float = 0.0, late: float = 0.0) -> float:
        """Return the bound on the error, as a share of each figure (or of the floor)."""
        left = self.threshold + lag * (DRIFT + self.threshold) * SECOND_ORDER
        slack = self._slack(late)
        found = left * self.length / slack if slack > 0.0 else np.inf
        return float(found + self.rounding) if found <= BOUND_MAX else np.inf

    def _slack(self, late: float) -> float:
        return (1.0 + late) * (1.0 - WALK) - late * DRIFT * self.length

    def reserve(self, p: int) -> None:
        """Make sure that row p can grow: nothing that is logged moves when it does."""
        lacking = int(growing.crowded(self.system.rows, p))
        if lacking:
            rows = growing.enlarged(self.system.rows, lacking)
            self.system = self.system._replace(rows=rows)

    def set_amount(self, p: int, end: int, amount: float, kind: int, log: Log) -> None:
        """Set what stands between a pair; what becomes 0 leaves the row once the change stands."""
        rows = self.system.rows
        before, was = growing.put(rows, p, end, amount, kind)
        if was == growing.NONE:
            log.undo.append(partial(growing.remove, rows, p, end))
        else:
            log.undo.append(partial(growing.put, rows, p, end, before, was))
        if amount == 0.0:
            log.after.append(partial(growing.remove, rows, p, end))

    def supply(self, i: int, total: float, weight: float, fresh: FloatArray, log: Log) -> None:
        """Give firm i the shares of a total and a weight."""
        before = float(shares.supply(self.system, i, total, weight, fresh, shares.NOTED))
        if weight != before:
            log.put(self.weight, 0, float(self.weight[0]) + (weight - before))
        log.rows.append(i)
