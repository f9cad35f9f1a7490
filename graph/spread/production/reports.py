"""
What each sector, or market, loses in many scenarios.

With w_i the weight of firm i (all sum to 1), x_i the share of its production that it loses and
x_i(0) what the shock itself takes, group g of firms

    loses       L_g = sum_{i in g} w_i x_i              the groups' sum is the scenario's index
    of the shock      sum_{i in g} w_i x_i(0)
    by the cascade    the difference (`sec_du` of published code, with x_i = 1 - min(hd_i, hu_i))

for missing inputs (down), missing orders (up), and the larger of both.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from graph.arrays.dtypes import FloatArray, IntArray
from graph.arrays.shocks import ShockArrays
from graph.errors import InvalidInput
from graph.executors import Executor
from graph.network.firms import Frame, refuse_size
from graph.network.firms import numbers as numbered
from graph.spread.production.cascade import losses_of
from graph.spread.production.economy import UNKNOWN, Production, Rules
from graph.spread.shocks import Scenarios

Side = Literal["loss", "down", "up"]
SIDES: tuple[Side, Side, Side] = ("loss", "down", "up")


@dataclass(frozen=True, slots=True)
class GroupLosses:
    """What groups of firms (columns) lose in scenarios (rows), as shares of all weight."""

    groups: IntArray  # Distinct numbers, ascending; -1 is of firms without one.
    weights: FloatArray  # Of each group.
    loss: FloatArray  # The larger of both directions, firm by firm.
    down: FloatArray
    up: FloatArray
    shock: FloatArray  # What the scenario itself takes, before anything spreads.
    shock_down: FloatArray
    shock_up: FloatArray
    rules: Rules

    def total(self, side: Side = "loss") -> FloatArray:
        """Return the index of every scenario: the sum over its groups."""
        return np.asarray(self._of(side).sum(axis=1), np.float64)

    def spread(self, side: Side = "loss") -> FloatArray:
        """Return what groups lose beyond the shock itself: by the cascade alone."""
        first = {"loss": self.shock, "down": self.shock_down, "up": self.shock_up}
        return np.maximum(0.0, self._of(side) - first[side])

    def share_of_group(self, side: Side = "loss") -> FloatArray:
        """Return losses as shares of what each group weighs; 0 where it weighs nothing."""
        return _divide(self._of(side), self.weights[None, :])

    def share_of_total(self, side: Side = "loss") -> FloatArray:
        """Return losses as shares of the scenario's; 0 where it costs nothing."""
        return _divide(self._of(side), self.total(side)[:, None])

    def table(self) -> pa.Table:
        """Return a row a scenario and group that loses anything, scenarios by number."""
        scenarios, places = np.nonzero((self.down > 0.0) | (self.up > 0.0))
        columns: dict[str, npt.NDArray[Any]] = {"scenario": scenarios, "group": self.groups[places]}
        for side in SIDES:
            columns[side] = self._of(side)[scenarios, places]
        columns["shock"] = self.shock[scenarios, places]
        columns["spread"] = self.spread()[scenarios, places]
        columns["share_of_group"] = self.share_of_group()[scenarios, places]
        columns["share_of_total"] = self.share_of_total()[scenarios, places]
        return pa.table(columns)

    def to_pandas(self) -> Frame:
        """Return the same table as a pandas frame."""
        made: Frame = self.table().to_pandas()
        return made

    def _of(self, side: Side) -> FloatArray:
        if side not in SIDES:
            raise InvalidInput(f"side {side!r} is none of {', '.join(SIDES)}")
        return {"loss": self.loss, "down": self.down, "up": self.up}[side]


def losses_by(
    production: Production,
    scenarios: Scenarios,
    groups: npt.ArrayLike,
    *,
    rules: Rules | None = None,
    threads: int | Executor = 1,
) -> GroupLosses:
    """
    Return what every group of firms loses in every scenario.

    Held at a time are the losses of few scenarios, and six figures a scenario and group.

    Args:
        production: The prepared economy.
        scenarios: What fails first.
        groups: Number of each firm's group, its sector for one; -1 where it has none.
            `markets_of(production)` gives markets.
        rules: When to stop; the published setting by default.
        threads: How many scenarios run at a time here; or where they run.

    Raises:
        InvalidInput: A scenario names a firm outside the economy, or `groups` does not fit it.
        NotConverged: A scenario still moved after `rounds_max` rounds.

    Example:
        Firm 0 sells to 1 and 1 to 2, who sells to nobody and so weighs nothing.

        >>> from graph.contagion import Economy, prepare
        >>> economy = Economy(3, suppliers=[0, 1], buyers=[1, 2], amounts=[4.0, 6.0])
        >>> found = losses_by(prepare(economy), Scenarios.alone([0]), [7, 8, 8])
        >>> found.groups.tolist(), found.loss.tolist(), found.spread().tolist()
        ([7, 8], [[0.4, 0.6]], [[0.0, 0.6]])
    """
    rules = rules or Rules()
    numbers = numbered(groups, "groups")
    refuse_size(numbers, len(production), "groups")
    if numbers.min(initial=UNKNOWN) < UNKNOWN:
        raise InvalidInput(f"groups: entry {int(np.argmin(numbers))} is below -1")
    distinct, places = np.unique(numbers, return_inverse=True)
    # The firms of a group side by side: its sum is one of neighbours, the same in any block.
    order = np.argsort(places, kind="stable")
    starts = np.searchsorted(places[order], np.arange(len(distinct)))
    weights = production.weights[order]
    sums: dict[Side, list[FloatArray]] = {side: [] for side in SIDES}
    for block in losses_of(production, scenarios, order, rules=rules, threads=threads):
        sums["loss"].append(_summed(np.maximum(block.down, block.up), weights, starts))
        sums["down"].append(_summed(block.down, weights, starts))
        sums["up"].append(_summed(block.up, weights, starts))
    nothing = np.zeros((0, len(distinct)))
    shocks = scenarios.shocks(production)
    first = _first(production.weights, shocks, places, len(distinct))
    return GroupLosses(
        groups=distinct,
        weights=_summed(np.ones((1, len(order))), weights, starts)[0],
        loss=np.concatenate([nothing, *sums["loss"]]),
        down=np.concatenate([nothing, *sums["down"]]),
        up=np.concatenate([nothing, *sums["up"]]),
        shock=first["loss"],
        shock_down=first["down"],
        shock_up=first["up"],
        rules=rules,
    )


def _summed(losses: FloatArray, weights: FloatArray, starts: IntArray) -> FloatArray:
    """Return the weighted sums of neighbouring columns, one scenario (row) after another."""
    if len(starts) == 0:
        return np.zeros((len(losses), 0))
    return np.array([np.add.reduceat(each * weights, starts) for each in losses], np.float64)


def _first(
    weights: FloatArray, shocks: ShockArrays, places: IntArray, count: int
) -> dict[Side, FloatArray]:
    """Return what the shocks themselves take of every group."""
    scenarios = len(shocks.offsets) - 1
    own = np.repeat(np.arange(scenarios), np.diff(shocks.offsets)) * count + places[shocks.rows]
    sides: dict[Side, FloatArray] = {
        "loss": np.maximum(shocks.down, shocks.up),
        "down": shocks.down,
        "up": shocks.up,
    }
    return {
        side: np.bincount(own, weights[shocks.rows] * shares, scenarios * count)
        .astype(np.float64)
        .reshape(scenarios, count)
        for side, shares in sides.items()
    }


def markets_of(production: Production) -> IntArray:
    """
    Return the number of every firm's market, by row; -1 where nobody can replace it.

    Example:
        >>> from graph.contagion import Economy, prepare
        >>> economy = Economy(3, [0, 1], [1, 2], [4.0, 6.0], sectors=[5, 5, 9])
        >>> markets_of(prepare(economy)).tolist()
        [0, 0, 1]
    """
    structure = production.structure
    market = structure.market[production.places].astype(np.int64)
    return np.where(market < len(structure.market_sales), market, UNKNOWN)


def _divide(losses: FloatArray, totals: FloatArray) -> FloatArray:
    totals = np.broadcast_to(totals, losses.shape)
    return np.divide(losses, totals, out=np.zeros(losses.shape), where=totals > 0.0)
