"""
Expected and tail losses split over the firms that bear them.

A loss is the sum of its firms' losses, L = sum_i L_i, in every draw. EL, VaR and ES scale with L,
so by Euler's theorem they are the sums of their derivatives in the direction of each firm [1]:

    EL     E[L_i]
    ES     E[L_i | the worst share 1 - q], with the same part of the draws at its edge as ES has;
           draws of equal loss there count alike
    VaR    E[L_i | L = VaR], read as the mean over the order statistics m - h to m + h around VaR
           (and their equals), h = rint(sqrt(N q (1 - q))): the standard error of VaR's rank;
           scaled to VaR

The draws that matter are drawn and run again, so that nothing of draws x firms is ever held; sums
are exact, and parts are rounded to fen by largest remainder.

[1] D. Tasche, Capital allocation to business units and sub-portfolios: the Euler principle, in
    Pillar II in the New Basel Accord (2008).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Literal, NamedTuple, get_args

import numpy as np

from graph.arrays.dtypes import IntArray
from graph.errors import InvalidInput
from graph.network.firms import Frame, firm_frame
from graph.spread.production.economy import Production
from graph.spread.shocks import Scenarios
from graph.stress.attribution.rounding import apportion
from graph.stress.scenarios.groups import ALL, Groups, by_label
from graph.stress.scenarios.measures import (
    HALF,
    LEVEL,
    Loss,
    check_level,
    exact_sum,
    losses_of,
    tail,
)
from graph.stress.scenarios.monte_carlo import Simulation, sets
from graph.stress.scenarios.stakes import Stakes, count

Measure = Literal["el", "var", "es"]
MEASURES: tuple[Measure, ...] = get_args(Measure)
LOWER = (1 << HALF) - 1


@dataclass(frozen=True, slots=True)
class Part:
    """
    Which figure is split.

    Args:
        measure: Expected loss, value at risk or expected shortfall.
        level: The q of VaR and ES.
        loss: Lost production or lost loans.
        group: Of the simulation's groups; its tail, split over its firms.
    """

    measure: Measure = "es"
    level: float = LEVEL
    loss: Loss = "production"
    group: str = ALL

    def __post_init__(self) -> None:
        if self.measure not in MEASURES:
            raise InvalidInput(f"measure {self.measure!r} is none of {', '.join(MEASURES)}")


class Weights(NamedTuple):
    """What each draw counts: `whole` times the figure is the sum of counts x losses."""

    draws: IntArray  # That are run, ascending.
    times: IntArray  # How many draws have these failures.
    kind: IntArray  # 0 or 1: an index into `counts`.
    counts: tuple[int, int]
    whole: int


@dataclass(frozen=True, slots=True, eq=False)
class Attribution:
    """
    A figure and its parts in fen, which sum to it.

    Attributes:
        total_fen: The figure.
        firm_fen: What each firm adds to it, by row of the economy.
        draws: How many draws its parts are read from.
        part: Which figure it is.
        simulation: What it was read from.
        ids: What the firms are called, by row; None where rows are all there is.
    """

    total_fen: int
    firm_fen: IntArray
    draws: int
    part: Part
    simulation: Simulation
    ids: Sequence[str] | None = field(default=None, repr=False)

    def to_pandas(self) -> Frame:
        """Return a row a firm: firm, firm_fen."""
        return firm_frame(self.ids, firm_fen=self.firm_fen)

    def by(self, labels: Sequence[Any]) -> dict[str, int]:
        """
        Return the parts of sectors, chains or any labels that part the firms; None is "".

        Raises:
            InvalidInput: There is not a label for every firm.
        """
        if len(labels) != len(self.firm_fen):
            raise InvalidInput(f"{len(labels)} labels for {len(self.firm_fen)} firms")
        groups = by_label(["" if each is None else str(each) for each in labels])
        return {name: int(self.firm_fen[rows].sum()) for name, rows in groups.items()}


def attribute(
    production: Production,
    stakes: Stakes,
    simulation: Simulation,
    part: Part | None = None,
    *,
    threads: int = 1,
) -> Attribution:
    """
    Return a simulated figure split over firms, in fen that sum to it.

    Args:
        production: The economy that was simulated.
        stakes: What could be lost.
        simulation: The draws.
        part: Which figure; the expected shortfall of lost production by default.
        threads: How many draws run at a time; the parts have the same bits on any number.

    Raises:
        InvalidInput: A figure cannot be read from these draws, or the economy or the stakes are
            others than those that were simulated.
        NotConverged: A cascade still moved at the bound on rounds.

    Example:
        Firm 0 always fails and takes 1 along, 2 trades with nobody:

        >>> from graph.contagion import Economy, prepare
        >>> from graph.scenarios import Failures, MonteCarlo, simulate
        >>> production = prepare(Economy(3, suppliers=[0], buyers=[1], amounts=[4.0]))
        >>> stakes = Stakes.build([400, 900, 50])
        >>> model = MonteCarlo(Failures.build([1.0, 0.0, 0.0]), draws=100, seed=1)
        >>> found = attribute(production, stakes, simulate(production, stakes, model))
        >>> found.total_fen, found.firm_fen.tolist(), found.by(["x", "x", "y"])
        (1300, [400, 900, 0], {'x': 1300, 'y': 0})
    """
    part = part or Part()
    weights, figure = weigh(simulation, part)
    members = _members(stakes.groups, simulation, part.group)
    upper, lower = (np.zeros((2, len(stakes.firms)), np.int64) for _ in range(2))
    for numbers, shocks in shocks_of(simulation, weights.draws, threads):
        at = 0
        rules = simulation.model.rules
        for counted in count(
            production, shocks, stakes, rules=rules, fails_at=0.0, threads=threads
        ):
            size = len(counted.first)
            chosen = np.searchsorted(weights.draws, numbers[at : at + size])
            losses = counted.production_fen
            if part.loss == "credit" and counted.credit_fen is not None:
                losses = counted.credit_fen
            for kind in range(2):
                times = weights.times[chosen] * (weights.kind[chosen] == kind)
                upper[kind] += times @ (losses >> HALF)
                lower[kind] += times @ (losses & LOWER)
            at += size
    sums = [
        sum(
            count * ((int(high) << HALF) + int(low))
            for count, high, low in zip(weights.counts, upper[:, i], lower[:, i], strict=True)
        )
        * int(members[i])
        for i in range(len(stakes.firms))
    ]
    if Fraction(sum(sums), weights.whole) != figure:
        raise InvalidInput("the firms' losses are not those that were simulated: other stakes")
    firm_fen = np.zeros(len(production), np.int64)
    firm_fen[stakes.firms] = apportion(sums, weights.whole)
    ids = stakes.called(production)
    draws = int(weights.times.sum())
    return Attribution(int(firm_fen.sum()), firm_fen, draws, part, simulation, ids)


def shocks_of(
    simulation: Simulation, draws: IntArray, threads: int
) -> Iterator[tuple[IntArray, Scenarios]]:
    """Yield the first failures of some draws, many at a time, with the draws' numbers."""
    for numbers, drawn in sets(simulation.model, draws, threads=threads):
        yield numbers, simulation.model.scenarios(drawn)


def weigh(simulation: Simulation, part: Part) -> tuple[Weights, Fraction]:
    """
    Return what each draw counts in a figure, and the figure.

    Raises:
        InvalidInput: The simulation has no such group or loss, or too few draws for the level.
    """
    losses = losses_of(simulation, part.loss)[0]
    if part.group not in simulation.names:
        raise InvalidInput(f"no group {part.group!r} was simulated")
    column = losses[:, simulation.names.index(part.group)].copy()
    size = len(column)
    if part.measure == "el":
        kinds = np.zeros(size, np.int64)
        return _weights(simulation, kinds, (1, 0), size), Fraction(exact_sum(column), size)
    exact = check_level(part.level, size)
    worst = tail(column, exact)
    if part.measure == "es":
        kinds = np.where(column > worst.edge, 0, np.where(column == worst.edge, 1, -1))
        weights = _weights(simulation, kinds, (worst.above, worst.at), worst.whole)
        above = exact_sum(column[column > worst.edge]) * worst.above
        return weights, Fraction(
            above + worst.edge * int((column == worst.edge).sum()) * worst.at, worst.whole
        )
    near = _near(column, worst.edge, exact)
    whole = exact_sum(column[near])
    kinds = np.where(near, 0, -1)
    return _weights(simulation, kinds, (worst.edge, 0), max(1, whole)), Fraction(worst.edge)


def _near(column: IntArray, edge: int, level: Fraction) -> Any:
    """Return which draws lie by the value at risk: within a standard error of its rank."""
    size = len(column)
    half = round(float(size * level * (1 - level)) ** 0.5)
    place = -(-level.numerator * size // level.denominator) - 1
    ordered = np.sort(column)
    low, high = ordered[max(0, place - half)], ordered[min(size - 1, place + half)]
    return (column >= min(low, edge)) & (column <= high)


def _weights(
    simulation: Simulation, kinds: IntArray, counts: tuple[int, int], whole: int
) -> Weights:
    """Return the draws that are run for those of some kind, and how many each stands for."""
    counted = (kinds >= 0) & (simulation.source >= 0)
    draws, first, times = np.unique(
        simulation.source[counted], return_index=True, return_counts=True
    )
    return Weights(draws, times, kinds[counted][first], counts, whole)


def _members(groups: Groups, simulation: Simulation, group: str) -> IntArray:
    if groups.names != simulation.names:
        raise InvalidInput("the stakes have other groups than those that were simulated")
    place = groups.names.index(group)
    return np.asarray(groups.members[[place], :].toarray()[0], np.int64)
