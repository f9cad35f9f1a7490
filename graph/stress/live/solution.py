"""One kept solution, the log that undoes a change, and the bound on its error."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from graph.arrays.dtypes import FloatArray
from graph.errors import GraphError, InvalidInput
from graph.stress.live.kernels import changes, pools, shares, sweeps
from graph.stress.live.kernels import residual as kernel
from graph.stress.live.kernels.changes import LIMITS, SECOND_ORDER, Channel
from graph.stress.live.kernels.pools import PooledRows
from graph.stress.live.kernels.residual import DRIFT, WALK, System

SOLVED = 1e-10  # Of a figure: residual that a full solve leaves.
WALKED = WALK / 4.0
SWEEPS_MAX = 1000
RADIUS_STEPS = 200
PUSHES_A_FIRM, PUSHES_LEAST = 4, 200  # More of them cost more than to solve again.
AIMED = 0.75  # Of the tolerance: the bound after a full solve; the rest is for walks that grow.
LAGGED = 0.5  # Of the tolerance: what markets that lag behind may take of the bound.
FLOOR = 1e-9  # Of the mean weight: figures below it are exact to a share of it, not of themselves.
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
    channel: Channel
    tolerance: float

    @classmethod
    def of(cls, name: str, rows: PooledRows, weights: FloatArray, tolerance: float) -> "Solution":
        """Return a solution yet to be solved."""
        firms = len(weights)
        gains, walk_gains = np.ones(firms), np.ones(firms)
        mean = float(np.mean(weights)) if firms else 0.0
        system = System(
            rows, weights, gains, walk_gains, kernel.vector(firms), kernel.vector(firms)
        )
        limits = np.zeros(1, LIMITS)
        limits["floor"], limits["length"] = FLOOR * (mean or 1.0), 1.0
        limits["pushes_max"] = PUSHES_A_FIRM * firms + PUSHES_LEAST
        return cls(name, Channel(system, limits, np.array([weights.sum()])), tolerance)

    def copied(self, rows: PooledRows) -> "Solution":
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
        channel = Channel(own, self.channel.limits.copy(), self.weight.copy())
        return Solution(self.name, channel, self.tolerance)

    @property
    def system(self) -> System:
        """Return the matrix and its solution."""
        return self.channel.system

    @property
    def weight(self) -> FloatArray:
        """Return one figure: the sum of all weights."""
        return self.channel.weight

    @property
    def floor(self) -> float:
        """Return the figure below which errors are a share of it."""
        return float(self.channel.limits["floor"][0])

    @property
    def solved(self) -> list[npt.NDArray[Any]]:
        """Return the arrays that a full solve writes to."""
        system, limits = self.system, self.channel.limits
        return [system.figures.nodes, system.walks.nodes, system.gains, system.walk_gains, limits]

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
        limits = self.channel.limits[0]
        length = limits["length"] = max(1.0, sweeps.longest(self.system, self.floor))
        lag, inner = LAGGED * self.tolerance if lags else 0.0, DRIFT * length
        late = limits["late_max"] = min(LATE, LATE_WALK / inner) if lags else 0.0
        slack = changes.slack(self.channel, late)
        limits["lag_max"] = lag * slack / (inner * SECOND_ORDER)
        limits["threshold"] = max((AIMED * self.tolerance - lag) * slack / length, 2.0 * SOLVED)
        limits["rounding"] = 0.0

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
        pushes = changes.settle(self.channel)
        if pushes < 0:
            raise TooBroad(f"{self.name}: more than {self.channel.limits['pushes_max'][0]} pushes")
        return int(pushes)

    def keep(self) -> None:
        """Let the open change stand."""
        changes.keep(self.channel)

    def put_back(self) -> None:
        """Undo the open change of the figures."""
        changes.put_back(self.channel)

    def bound(self, lag: float = 0.0, late: float = 0.0) -> float:
        """Return the bound on the error, as a share of each figure (or of the floor)."""
        return float(changes.bound(self.channel, lag, late))

    def reserve(self, p: int) -> None:
        """Make sure that row p can grow: nothing that is logged moves when it does."""
        lacking = int(pools.crowded(self.system.rows, p))
        if lacking:
            rows = pools.enlarged(self.system.rows, lacking)
            self.channel = self.channel._replace(system=self.system._replace(rows=rows))

    def supply(self, i: int, total: float, weight: float, fresh: FloatArray, log: Log) -> None:
        """Give firm i the shares of a total and a weight."""
        before = float(shares.supply(self.system, i, total, weight, fresh, shares.NOTED))
        if weight != before:
            log.put(self.weight, 0, float(self.weight[0]) + (weight - before))
        log.rows.append(i)
