"""Losses of equity of many scenarios, between a bound from below and from above."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from graph.arrays.dtypes import FloatArray, IntArray
from graph.arrays.shocks import ShockArrays, some_shocks
from graph.errors import InvalidInput
from graph.executors.work import Progress
from graph.network.firms import Frame, scenario_frame
from graph.spread.equity.debtrank import Exposures, spread_equity
from graph.spread.equity.kernels import bracket as kernel
from graph.spread.equity.kernels.bracket import PushLimits
from graph.spread.shocks import Scenarios

ACCURACY = 1e-4  # Of what a unit costs: a narrower one saves less than its sweep costs.
SWEEPS_MAX = 400
# What a loss may cost and yet wait, as a share of all weight: first losses only, then less.
THRESHOLDS = (1.0, 1e-6, 1e-8, 1e-10, 1e-12)
PUSHES_A_FIRM = 4  # Pushes a scenario may take, as a multiple of all firms.
CHUNK = 4096
STILL = 1e-14  # Largest change of a round that ends an iteration to the end.
EXACT_ERROR = 1e-9


@dataclass(frozen=True, slots=True)
class EquityBracket:
    """
    What many scenarios cost, first losses included, never outside `lower` and `upper`.

    `exact` marks scenarios that were iterated until nothing moved; their bracket is the value and
    a billionth of it.
    """

    lower: FloatArray
    upper: FloatArray
    first: FloatArray  # First losses alone.
    exact: npt.NDArray[np.bool_]
    scenarios: Any = field(default=None, repr=False)  # What each is called.

    def to_pandas(self) -> Frame:
        """Return a row a scenario: scenario, total, debtrank, lower, upper, exact."""
        columns = {"total": self.total, "debtrank": self.debtrank}
        ends = {"lower": self.lower, "upper": self.upper, "exact": self.exact}
        return scenario_frame(self.scenarios, **columns, **ends)

    @property
    def total(self) -> FloatArray:
        """Return the estimate: the upper end, which is the value where nobody loses all twice."""
        return self.upper

    @property
    def debtrank(self) -> FloatArray:
        """Return the estimate without the first losses."""
        return self.upper - self.first

    @property
    def width(self) -> FloatArray:
        """Return how wide each bracket is, as a share of its upper end."""
        return (self.upper - self.lower) / np.where(self.upper > 0, self.upper, 1.0)


def bracket_equity(
    exposures: Exposures,
    scenarios: Scenarios,
    *,
    width: float = 1.0,
    threads: int = 1,
    progress: Progress | None = None,
) -> EquityBracket:
    """
    Return what every scenario costs in equity by linear DebtRank, bracketed.

    One linear solve says for all firms what a unit of loss costs all others at most. Each scenario
    is pushed from debtors to creditors where that matters, and completed by it (equations and
    proof in `kernels/bracket.py`). The wider the bracket may be, the less is pushed.

    Args:
        exposures: Who is owed what share of its equity by whom.
        scenarios: First losses: `down`, as shares of equity.
        width: Brackets wider than this share of their upper end are refined, in the end by
            iterating the scenario until nothing moves.
        threads: How many scenarios run at a time.
        progress: Told how many more scenarios are done.

    Raises:
        InvalidInput: A scenario names a firm outside, or `width` is not in (0, 1].
        NotConverged: A scenario iterated to its end still moved at the bound on rounds.

    Example:
        Firm 0 owes firm 1 forty, 1 has equity of 100 and owes nobody.

        >>> exposures = Exposures.build([50, 100], creditors=[1], debtors=[0], amounts=[40])
        >>> found = bracket_equity(exposures, Scenarios.alone([0, 1]))
        >>> found.lower.round(12).tolist(), found.upper.round(9).tolist()
        ([0.6, 0.666666666667], [0.6, 0.666666667])
    """
    if not 0.0 < width <= 1.0:
        raise InvalidInput(f"width {width} is not in (0, 1]")
    if threads < 1:
        raise InvalidInput(f"threads {threads} is not at least 1")
    shocks = scenarios.shocks(exposures)
    y, _ = kernel.shadow_prices(exposures.owing, exposures.weights, ACCURACY, SWEEPS_MAX)
    found = _pushed(exposures, shocks, y, THRESHOLDS[0], threads=threads, progress=progress)
    for threshold in THRESHOLDS[1:]:
        again = _too_wide(found, width)
        part = some_shocks(shocks, again)
        found[again] = _pushed(exposures, part, y, threshold, threads=threads)
    wide = _too_wide(found, width)
    exact = np.zeros(len(scenarios), np.bool_)
    exact[wide] = True
    _iterate(exposures, scenarios, found, wide, threads)
    return EquityBracket(
        found[:, kernel.LOWER],
        found[:, kernel.UPPER],
        found[:, kernel.FIRST],
        exact,
        scenarios.names(exposures),
    )


def _too_wide(found: FloatArray, width: float) -> IntArray:
    lower, upper = found[:, kernel.LOWER], found[:, kernel.UPPER]
    return np.flatnonzero(upper - lower > width * upper)


def _pushed(
    exposures: Exposures,
    shocks: ShockArrays,
    y: FloatArray,
    threshold: float,
    *,
    threads: int,
    progress: Progress | None = None,
) -> FloatArray:
    """Return the kernel's row for every scenario."""
    count = len(shocks.offsets) - 1
    found = np.zeros((count, kernel.PUSHES + 1))
    if not count:
        return found
    effort = PushLimits(threshold, PUSHES_A_FIRM * len(exposures))
    size = min(CHUNK, max(1, -(-count // threads)))
    values = np.stack((exposures.weights, y), axis=1)

    def work(place: int) -> None:
        """Push the chunks of one thread."""
        space = kernel.state(len(exposures))
        for first in range(place * size, count, threads * size):
            chosen = np.arange(first, min(first + size, count))
            part = some_shocks(shocks, chosen)
            kernel.run(exposures.owing, space, part, values, effort, found[first:])
            if progress is not None:
                progress(len(chosen))

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, range(threads)))
    return found


def _iterate(
    exposures: Exposures, scenarios: Scenarios, found: FloatArray, chosen: IntArray, threads: int
) -> None:
    """Replace the rows of chosen scenarios by what they come to when nothing moves."""
    if not len(chosen):
        return

    def settled(number: int) -> float:
        """Return what one scenario costs once nothing moves."""
        one = scenarios.some(np.array([number]))
        return spread_equity(exposures, one, tolerance=STILL).total

    with ThreadPoolExecutor(threads) as pool:
        totals = np.array(list(pool.map(settled, chosen.tolist())), np.float64)
    found[chosen, kernel.LOWER] = totals
    found[chosen, kernel.UPPER] = np.minimum(1.0, totals * (1.0 + EXACT_ERROR))
