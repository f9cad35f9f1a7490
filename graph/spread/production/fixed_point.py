"""The index of production losses at its fixed point, between a bound from below and from above."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from graph.arrays.dtypes import FloatArray, IntArray
from graph.arrays.shocks import ShockArrays, some_shocks
from graph.errors import InvalidInput
from graph.executors import Executor, executor_of
from graph.executors.work import Progress
from graph.network.firms import Frame, scenario_frame
from graph.spread.production import cascade, stored
from graph.spread.production.economy import Denominators, Production, Rules
from graph.spread.production.kernels import bounds, frontier, upper_bounds
from graph.spread.production.kernels import bracket as kernel
from graph.spread.production.kernels.bounds import Aims
from graph.spread.production.kernels.bracket import Effort, ShadowPrices
from graph.spread.production.kernels.frontier import State
from graph.spread.production.runs import Precision
from graph.spread.production.shadow_prices import shadow_prices
from graph.spread.shocks import Scenarios

THRESHOLDS = (1e-4, 1e-5, 1e-7)  # What a loss may cost and yet wait: at first, and refined.
UPPER_ROUNDS_MAX = 200
UPPER_GROWTH, UPPER_GROWTH_OF_WIDTH = 1e-4, 0.01  # How much further a bound goes than a round.
EDGES_MAX = 4  # Trades a refined scenario may push along, as a multiple of all.
DTYPES: dict[Precision, npt.DTypeLike] = {"single": np.float32, "double": np.float64}
CHUNK = 1 << 16  # A tenth of a second: no less pays for a trip to another machine.
COLUMN_ROUNDS_MAX = 200
COLUMN_WIDTH = 1e-2  # What is asked of columns where nothing is asked.
ALONE_MAX = 12  # So many uncertified scenarios are as fast alone as in columns (ADR 0014).
AIMS = (0.15, 0.15, 0.05)  # Of the width: what rounds leave, how much further bounds go, at least.
FINER = 4  # Where that was not enough, these are divided by it,
SINGLE_WIDTH_MIN = 5e-4  # and where less is asked single precision has too few digits,
DOUBLE_WIDTH_MIN = 1e-8  # or a bracket is no faster than rounds to the end.
EXACT = Rules(tolerance=1e-14)
EXACT_ERROR = 1e-9  # Relative: what rounds that move less than that may still add up to.


@dataclass(frozen=True, slots=True)
class Bracket:
    """
    The index of many scenarios at the fixed point, never outside `lower` and `upper`.

    `exact` marks scenarios whose losses were iterated until they stood still; their bracket is
    the value and a billionth of it.
    """

    total: FloatArray  # Best guess, within the bracket.
    lower: FloatArray
    upper: FloatArray
    down: FloatArray  # Downstream and upstream alone: bounds from above.
    up: FloatArray
    rounds: IntArray
    exact: npt.NDArray[np.bool_]
    denominators: Denominators
    scenarios: Any = field(default=None, repr=False)  # What each is called.

    def to_pandas(self) -> Frame:
        """Return a row a scenario: scenario, esri, lower, upper, down, up, rounds, exact."""
        names = ("lower", "upper", "down", "up", "rounds", "exact")
        rest = {name: getattr(self, name) for name in names}
        return scenario_frame(self.scenarios, esri=self.total, **rest)

    @property
    def width(self) -> FloatArray:
        """Return how wide each bracket is, as a share of its upper end."""
        return (self.upper - self.lower) / np.where(self.upper > 0, self.upper, 1.0)


def bracket(
    production: Production,
    scenarios: Scenarios,
    *,
    width: float = 1.0,
    top: float = 1.0,
    threads: int | Executor = 1,
    progress: Progress | None = None,
) -> Bracket:
    """
    Return the index of every scenario at the fixed point of its losses, bracketed.

    Losses settle where d = max(shock, min(1, inputs missed)) and u likewise for orders, without
    a stopping rule: `esri` with tolerance 0 comes there from below. Two linear solves say for all
    firms what a unit of loss costs at most; each scenario is then pushed only where it matters,
    and completed by them. Losses of scenarios that no certificate covers are bounded from above by
    losses that no round raises (docs/decisions/0008-bracket.md).

    Args:
        production: The prepared economy; revenue above sales inside, or a leakage.
        scenarios: The shocks; `Scenarios.alone(range(n))` closes every firm once.
        width: Brackets wider than this share of their upper end are refined: pushed further, then
            bounded in columns from below and above, at last iterated until they stand still.
        top: Share of the scenarios, those with the largest upper ends, that are refined.
        threads: How many scenarios run at a time here; or where they run.
        progress: Told how many more scenarios are done.

    Raises:
        InvalidInput: A scenario names a firm outside the economy, a share is not in (0, 1], or
            the spectral radius of the upstream shares is not below 1.
        NotConverged: A scenario iterated to its end still moved after its bound on rounds.

    Example:
        Firm 0 sells half of what it makes to 1, and 1 half of what it makes to 2:

        >>> from graph.contagion import Economy, prepare
        >>> economy = Economy(3, [0, 1], [1, 2], [4.0, 6.0], revenue=[8.0, 12.0, 0.0])
        >>> found = bracket(prepare(economy), Scenarios.alone([1, 2]))
        >>> found.total.round(3).tolist(), (found.upper - found.lower).max() < 1e-9
        ([0.8, 0.4], np.True_)
    """
    for name, share in (("width", width), ("top", top)):
        if not 0.0 < share <= 1.0:
            raise InvalidInput(f"{name} {share} is not in (0, 1]")
    executor = executor_of(threads)
    shocks = scenarios.shocks(production)
    shocks = shocks._replace(rows=production.places[shocks.rows])
    prices = shadow_prices(production, threads=executor.workers)
    pusher = _Pusher(production, prices, THRESHOLDS[0])
    found = _pushed(pusher, shocks, executor, progress)
    for threshold in THRESHOLDS[1:]:
        again = _too_wide(found, width, top)
        finer = replace(pusher, threshold=threshold)
        found[again] = _pushed(finer, some_shocks(shocks, again), executor)
    finest = replace(pusher, threshold=THRESHOLDS[-1])
    _bound_uncertified(finest, shocks, found, executor, width)
    for columns in column_bounds(production, width):
        again = _too_wide(found, width, top)
        _narrow(found, again, _pushed(columns, some_shocks(shocks, again), executor))
    exact = found[:, kernel.LEVEL] < 0
    exact[_too_wide(found, width, top)] = True
    _iterate(production, scenarios, found, np.flatnonzero(exact), executor)
    return Bracket(
        total=np.maximum(found[:, kernel.GUESS], found[:, kernel.LOWER]),
        lower=found[:, kernel.LOWER],
        upper=found[:, kernel.UPPER],
        down=found[:, kernel.DOWN_UPPER],
        up=found[:, kernel.UP_UPPER],
        rounds=found[:, kernel.ROUNDS].astype(np.int64),
        exact=exact,
        denominators=production.denominators,
        scenarios=scenarios.names(production),
    )


def _too_wide(found: FloatArray, width: float, top: float) -> IntArray:
    """Return the certified scenarios, of the largest, whose bracket is wider than asked."""
    upper, lower = found[:, kernel.UPPER], found[:, kernel.LOWER]
    wide = (upper - lower > width * upper) & (found[:, kernel.LEVEL] >= 0)
    if top < 1.0 and len(found):
        count = max(1, int(top * len(upper)))
        wide &= upper >= np.partition(upper, -count)[-count]
    return np.flatnonzero(wide)


@dataclass(frozen=True, slots=True)
class _Pusher:
    """
    A network, what a unit of loss costs on it, and what may wait.

    With a `growth` losses are bounded from above without a certificate.
    """

    production: Production
    prices: ShadowPrices
    threshold: float
    growth: float | None = None

    def worker(self) -> Callable[[ShockArrays], FloatArray]:
        """Return what pushes scenarios in a workspace of its own and gives the kernel's rows."""
        structure = self.production.structure
        state = frontier.workspace(structure)
        budget = EDGES_MAX * len(structure.out_buyers)
        effort = Effort(self.threshold, EXACT.rounds_max, budget)

        def run(shocks: ShockArrays) -> FloatArray:
            """Return the rows of some scenarios, pushed and certified."""
            found = np.zeros((len(shocks.offsets) - 1, kernel.LEVEL + 1))
            kernel.run(structure, state, shocks, self.prices, effort, found)
            return found

        return run if self.growth is None else self._bounding(state, effort, self.growth)

    def _bounding(
        self, state: State, effort: Effort, growth: float
    ) -> Callable[[ShockArrays], FloatArray]:
        structure, prices = self.production.structure, self.prices
        space, limits = upper_bounds.workspace(structure), (growth, UPPER_ROUNDS_MAX)

        def run(shocks: ShockArrays) -> FloatArray:
            """Return the rows of some scenarios, pushed and bounded from above."""
            found = np.zeros((len(shocks.offsets) - 1, kernel.LEVEL + 1))
            for k, row in enumerate(found):
                rounds = kernel.push(structure, state, shocks, k, prices, effort)
                more = upper_bounds.bound(structure, state, space, prices, limits, row)
                row[kernel.ROUNDS] = rounds + more
                row[kernel.LEVEL] = row[kernel.LEVEL] if more else -1.0
                frontier.put_back(structure, state)
            return found

        return run

    def __reduce__(self) -> tuple[Any, ...]:
        return stored.on_opened(_pusher, self.production, self.threshold, self.growth)


def _pusher(production: Production, threshold: float, growth: float | None = None) -> _Pusher:
    return _Pusher(production, shadow_prices(production), threshold, growth)


@dataclass(frozen=True, slots=True)
class ColumnBounds:
    """A network whose losses are bounded in columns, and how closely."""

    production: Production
    precision: Precision
    aims: Aims

    def worker(self) -> Callable[[ShockArrays], FloatArray]:
        """Return what bounds scenarios in a workspace of its own and gives the kernel's rows."""
        structure = self.production.structure
        weights = self.production.weights[self.production.rows]
        columns = bounds.workspace(structure, weights, DTYPES[self.precision])

        def run(shocks: ShockArrays) -> FloatArray:
            """Return the rows of some scenarios, bounded in columns."""
            found = np.zeros((len(shocks.offsets) - 1, kernel.LEVEL + 1))
            bounds.run(structure, columns, shocks, self.aims, found)
            return found

        return run

    def __reduce__(self) -> tuple[Any, ...]:
        return stored.on_opened(ColumnBounds, self.production, self.precision, self.aims)


def column_bounds(production: Production, width: float) -> list[ColumnBounds]:
    """Return what finds brackets of that width: fast if it allows, then with more digits."""
    left, growth, floor = (share * width for share in AIMS)
    finer = Aims(left / FINER, growth / FINER, floor / FINER, COLUMN_ROUNDS_MAX)
    ways = [ColumnBounds(production, "single", Aims(left, growth, floor, COLUMN_ROUNDS_MAX))]
    ways = ways if width >= SINGLE_WIDTH_MIN else []
    return [*ways, ColumnBounds(production, "double", finer)] if width >= DOUBLE_WIDTH_MIN else []


def _narrow(found: FloatArray, chosen: IntArray, again: FloatArray) -> None:
    """Put the narrower bounds of chosen scenarios into their rows, where any were found."""
    held = again[:, kernel.LEVEL] >= 0
    rows, again = chosen[held], again[held]
    for column in (kernel.LOWER, kernel.DOWN, kernel.UP):
        found[rows, column] = np.maximum(found[rows, column], again[:, column])
    for column in (kernel.UPPER, kernel.DOWN_UPPER, kernel.UP_UPPER):
        found[rows, column] = np.minimum(found[rows, column], again[:, column])
    found[rows, kernel.ROUNDS] = again[:, kernel.ROUNDS]
    found[rows, kernel.LEVEL] = again[:, kernel.LEVEL]
    found[rows, kernel.GUESS] = np.clip(
        again[:, kernel.GUESS], found[rows, kernel.LOWER], found[rows, kernel.UPPER]
    )


def _bound_uncertified(
    pusher: _Pusher, shocks: ShockArrays, found: FloatArray, executor: Executor, width: float
) -> None:
    """Bound the scenarios that no certificate covers: many in columns, few alone."""
    left = np.flatnonzero(found[:, kernel.LEVEL] < 0)
    if len(left) > ALONE_MAX:
        for columns in column_bounds(pusher.production, min(width, COLUMN_WIDTH))[:1]:
            _narrow(found, left, _pushed(columns, some_shocks(shocks, left), executor))
        left = np.flatnonzero(found[:, kernel.LEVEL] < 0)
    bounder = replace(pusher, growth=min(UPPER_GROWTH, UPPER_GROWTH_OF_WIDTH * width))
    found[left] = _pushed(bounder, some_shocks(shocks, left), executor)


def _pushed(
    pusher: _Pusher | ColumnBounds,
    shocks: ShockArrays,
    executor: Executor,
    progress: Progress | None = None,
) -> FloatArray:
    """Return the kernel's row for every scenario."""
    count = len(shocks.offsets) - 1
    found = np.zeros((count, kernel.LEVEL + 1))
    if not count:
        return found
    chunks_a_worker = (
        1 if isinstance(pusher, ColumnBounds) else 4
    )  # Columns at their end stand empty.
    size = min(CHUNK, max(1, -(-count // (chunks_a_worker * executor.workers))))

    def chunks() -> Iterator[ShockArrays]:
        """Yield the scenarios, some at a time."""
        for first in range(0, count, size):
            chosen = np.arange(first, min(first + size, count))
            yield some_shocks(shocks, chosen)

    for number, rows in enumerate(executor.map(pusher, chunks())):
        found[number * size : number * size + len(rows)] = rows
        if progress is not None:
            progress(len(rows))
    return found


def _iterate(
    production: Production,
    scenarios: Scenarios,
    found: FloatArray,
    chosen: IntArray,
    executor: Executor,
) -> None:
    """Replace the rows of chosen scenarios by what their losses come to when they stand still."""
    if not len(chosen):
        return
    settled = cascade.esri(production, scenarios.some(chosen), rules=EXACT, threads=executor)
    found[chosen, kernel.ROUNDS] = settled.rounds
    for column, upper, values in (
        (kernel.LOWER, kernel.UPPER, settled.total),
        (kernel.DOWN, kernel.DOWN_UPPER, settled.down),
        (kernel.UP, kernel.UP_UPPER, settled.up),
    ):
        found[chosen, column] = values
        found[chosen, upper] = np.minimum(1.0, values * (1.0 + EXACT_ERROR))
    found[chosen, kernel.GUESS] = settled.total
