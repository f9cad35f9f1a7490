"""One kept solution, the log that undoes a change, and the bound on its error."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from graph.errors import GraphError, InvalidInput
from graph.kernels import growing
from graph.kernels import residual as kernel
from graph.kernels.growing import Rows
from graph.kernels.layout import FloatArray
from graph.kernels.residual import DRIFT, WALK, System

SOLVED = 1e-10  # Of a figure: residual that a full solve leaves.
WALKED = WALK / 4.0
SWEEPS_MAX = 1000
RADIUS_STEPS = 200
PUSHES_A_FIRM, PUSHES_LEAST = 4, 1000  # More of them cost more than to solve again.
AIMED = 0.75  # Of the tolerance: the bound after a full solve; the rest is for walks that grow.
LAGGED = 0.5  # Of the tolerance: what markets that lag behind may take of the bound.
FLOOR = 1e-9  # Of the mean weight: figures below it are exact to a share of it, not of themselves.
SECOND_ORDER = 1.02  # A bound of at most 0.01 may itself be off by so much.
BOUND_MAX = 0.01


class TooBroad(GraphError):
    """A change moves so much that pushing would cost more than solving again."""


@dataclass(slots=True)
class Log:
    """What a change did, so that it can be undone; what waits until it stands."""

    undo: list[Callable[[], object]] = field(default_factory=list)
    after: list[Callable[[], object]] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)  # Firms whose own row, weight or gain it changed.

    def keep(self, array: npt.NDArray[Any], place: Any) -> None:
        """Remember a value, or values at places."""
        before = array[place] if isinstance(place, int) else array[place].copy()
        self.undo.append(partial(array.__setitem__, place, before))

    def put(self, array: npt.NDArray[Any], place: int, value: float) -> None:
        """Set a value, and remember what it was."""
        self.keep(array, place)
        array[place] = value

    def revert(self) -> None:
        """Undo everything, the last step first."""
        for step in reversed(self.undo):
            step()
        self.undo.clear()
        self.after.clear()

    def close(self) -> None:
        """Do what waited, and forget."""
        for step in self.after:
            step()
        self.undo.clear()
        self.after.clear()


@dataclass(slots=True)
class Solution:
    """The solution of one linear index of all firms, and how exact it is."""

    name: str
    system: System
    floor: float
    tolerance: float
    weight: FloatArray  # One figure: the sum of all weights.
    lag_max: float = 0.0
    threshold: float = 0.0
    length: float = 1.0
    rounding: float = 0.0

    @classmethod
    def of(
        cls, name: str, rows: Rows, weights: FloatArray, gains: FloatArray, tolerance: float
    ) -> "Solution":
        """Return a solution yet to be solved."""
        firms = len(weights)
        mean = float(np.mean(weights)) if firms else 0.0
        system = System(rows, weights, gains, kernel.vector(firms), kernel.vector(firms))
        return cls(name, system, FLOOR * (mean or 1.0), tolerance, np.array([weights.sum()]))

    def copied(self, rows: Rows) -> "Solution":
        """Return the same solution over other rows, nothing shared."""
        system = self.system
        own = System(
            rows,
            system.weights.copy(),
            system.gains.copy(),
            kernel.copied(system.figures),
            kernel.copied(system.walks),
        )
        return replace(self, system=own, weight=self.weight.copy())

    def values(self) -> FloatArray:
        """Return the figures by row, not below 0."""
        found: FloatArray = np.maximum(self.system.figures.nodes["value"], 0.0)
        return found

    def solve(self, *, lags: bool) -> None:
        """
        Solve from where the figures stand, and set how much may be left by a change.

        Raises:
            InvalidInput: There is no solution: the spectral radius is not below 1.
        """
        self._solved(walks=False, accuracy=SOLVED)
        kernel.rebase(self.system, self.floor)
        self._solved(walks=True, accuracy=WALKED)
        self.length = max(1.0, kernel.longest(self.system, self.floor))
        lag = LAGGED * self.tolerance if lags else 0.0
        inner = DRIFT * self.length
        self.lag_max = lag * (1.0 - WALK) / (inner * (SECOND_ORDER + lag))
        slack = (1.0 + self.lag_max) * (1.0 - WALK) - self.lag_max * inner
        own = (AIMED * self.tolerance - lag) * slack / self.length
        self.threshold = max(own, 2.0 * SOLVED)
        self.rounding = 0.0

    def _solved(self, *, walks: bool, accuracy: float) -> None:
        used, left = kernel.solve(self.system, walks, accuracy, self.floor, SWEEPS_MAX)
        if not left <= accuracy:
            now = np.full(len(self.system.gains), 1.0 / len(self.system.gains))
            radius = kernel.radius(self.system, RADIUS_STEPS, now, np.zeros(len(now)))
            raise InvalidInput(
                f"{self.name}: the spectral radius is about {radius:.6g}, not below 1 (residual "
                f"{left:.2e} after {used} sweeps)"
            )

    def settle(self) -> int:
        """
        Push what a change left, and return the pushes.

        Raises:
            TooBroad: It takes more than solving again would.
        """
        pushes_max = PUSHES_A_FIRM * len(self.system.gains) + PUSHES_LEAST
        pushes = int(kernel.settle(self.system, self.threshold, self.floor, pushes_max))
        if pushes < 0:
            raise TooBroad(f"{self.name}: more than {pushes_max} pushes")
        return pushes

    def keep(self) -> None:
        """Let the open change stand."""
        length, rounding = kernel.measure(self.system, self.floor)
        self.length = max(self.length, length)
        self.rounding += rounding
        kernel.keep(self.system.figures)
        kernel.keep(self.system.walks)

    def put_back(self) -> None:
        """Undo the open change of the figures."""
        kernel.put_back(self.system.figures)
        kernel.put_back(self.system.walks)

    def bound(self, lag: float = 0.0) -> float:
        """Return the bound on the error, as a share of each figure (or of the floor)."""
        left = self.threshold + lag * (DRIFT + self.threshold) * SECOND_ORDER
        slack = (1.0 + lag) * (1.0 - WALK) - lag * DRIFT * self.length
        found = left * self.length / slack if slack > 0.0 else np.inf
        return float(found + self.rounding) if found <= BOUND_MAX else np.inf

    def reserve(self, p: int) -> None:
        """Make sure that row p can grow: nothing that is logged moves when it does."""
        rows = self.system.rows
        wanted = 2 * int(rows.spans[p]["count"]) + 1
        if int(rows.used[0]) + wanted > len(rows.entries):
            self.system = self.system._replace(rows=growing.enlarged(rows, wanted))

    def _place(self, p: int, end: int, kind: int | None, log: Log) -> int:
        """Return the place of a pair in row p, added if it is not there."""
        rows = self.system.rows
        place = int(growing.find(rows, p, end))
        if place == growing.NONE:
            place = int(growing.add(rows, p, end, 1 if kind is None else kind))
            log.undo.append(partial(growing.remove, rows, p, end))
        elif kind is not None:
            log.put(rows.entries["kind"], place, kind)
        return place

    def set_amount(self, p: int, end: int, amount: float, kind: int | None, log: Log) -> None:
        """Set what stands between a pair; what becomes 0 leaves the row once the change stands."""
        place = self._place(p, end, kind, log)
        log.put(self.system.rows.entries["amount"], place, amount)
        if amount == 0.0:
            log.after.append(partial(growing.remove, self.system.rows, p, end))

    def replace(self, p: int, fresh: FloatArray, weight: float, gain: float, log: Log) -> None:
        """Give row p new shares, weight and gain."""
        system = self.system
        start, count = (int(system.rows.spans[p][name]) for name in ("start", "count"))
        shares = system.rows.entries["share"][start : start + count]
        log.keep(shares, slice(None))
        log.keep(system.weights, p)
        log.keep(system.gains, p)
        log.put(self.weight, 0, float(self.weight[0]) + (weight - float(system.weights[p])))
        log.rows.append(p)
        kernel.replace(system, p, fresh, weight, gain)
