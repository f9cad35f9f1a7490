"""Firms that all supply of other firms, or all raw inputs of a first-tier supplier, pass."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np
import numpy.typing as npt

from graph.arrays.dtypes import IntArray, RowArray
from graph.network.firms import Frame, firm_frame
from graph.structure.single_points.kernels import dominators
from graph.structure.single_points.kernels.dominators import Tree
from graph.structure.single_points.supply import Region


@dataclass(frozen=True, slots=True, eq=False)
class Articulations:
    """
    The articulations of a core's supply, the costliest first, as equally long columns.

    Two things happen when a firm stops. Towards the core, firms are *cut off*: what they sell
    reached the core only through it. Towards the raw inputs, first-tier suppliers are *starved*:
    every chain of trades from a raw input to them passed it. The firm is none of those cut off;
    a first-tier supplier that stops itself is lost to the core and counts among the starved.

    Attributes:
        core_row: The core.
        tiers_max: Trades up to which chains were followed.
        purchases_fen: What the core buys of all suppliers.
        firm_rows: The articulations.
        tier: Their tiers.
        starved: First-tier suppliers lost to the core.
        starved_fen: What the core buys of these.
        cut_off: Firms that reach the core only through the articulation.
        cut_off_fen: What these sell inside the region, every trade counted at its amount: money
            on trades, not value added.
        raw_inputs: Raw inputs whose every chain to the core passes the firm, itself included.
        sole: Whether that is all raw inputs: no supply path goes around the firm.
    """

    core_row: int
    tiers_max: int
    purchases_fen: int
    firm_rows: RowArray
    tier: npt.NDArray[np.int8]
    starved: IntArray
    starved_fen: IntArray
    cut_off: IntArray
    cut_off_fen: IntArray
    raw_inputs: IntArray
    sole: npt.NDArray[np.bool_]
    _cut_off: "_Lists"
    _starved: "_Lists"
    ids: Sequence[str] | None = field(default=None, repr=False)

    def to_pandas(self) -> Frame:
        """Return a row an articulation, the costliest first: its firm and the columns."""
        names = ("tier", "starved", "starved_fen", "starved_share", "cut_off", "cut_off_fen")
        columns = {name: getattr(self, name) for name in (*names, "raw_inputs", "sole")}
        return firm_frame(self.ids, self.firm_rows, **columns)

    def __len__(self) -> int:
        return len(self.firm_rows)

    @property
    def starved_share(self) -> npt.NDArray[np.float64]:
        """Return the share of the core's purchases that each articulation starves."""
        return self.starved_fen / max(1, self.purchases_fen)

    def cut_off_rows(self, place: int) -> RowArray:
        """Return the firms that the articulation at that place cuts off, ascending."""
        return self._cut_off.of(place)

    def starved_rows(self, place: int) -> RowArray:
        """Return the first-tier suppliers that it starves, ascending."""
        return self._starved.of(place)


@dataclass(frozen=True, slots=True, eq=False)
class _Lists:
    """Ranges of one list of rows; subtrees nest, so each firm is kept once."""

    starts: IntArray
    ends: IntArray
    rows: RowArray

    def of(self, place: int) -> RowArray:
        """Return the rows of one range, ascending."""
        return np.sort(self.rows[self.starts[place] : self.ends[place]])


@dataclass(frozen=True, slots=True, eq=False)
class _Below:
    """For every place the range of chosen firms in its subtree, and what they come to."""

    starts: IntArray
    ends: IntArray
    listing: RowArray  # Places of the firms chosen, as the tree lists them.

    @classmethod
    def of(cls, tree: Tree, chosen: npt.NDArray[np.bool_], *, own: bool) -> Self:
        """Return the ranges; with `own` a chosen firm stands in its own."""
        kept = chosen[tree.listing]
        before = np.concatenate(([0], np.cumsum(kept)))
        place, skipped = tree.place.astype(np.int64), 0 if own else 1
        return cls(before[place + skipped], before[place + tree.size], tree.listing[kept])

    @property
    def counts(self) -> IntArray:
        """Return how many chosen firms each subtree has."""
        return self.ends - self.starts

    def sums(self, amounts: IntArray) -> IntArray:
        """Return what amounts of chosen firms each subtree comes to."""
        before = np.concatenate(([0], np.cumsum(amounts[self.listing])))
        found: IntArray = before[self.ends] - before[self.starts]
        return found

    def lists(self, places: IntArray, rows: RowArray) -> _Lists:
        """Return the ranges of some places, as rows of firms."""
        return _Lists(self.starts[places], self.ends[places], rows[self.listing])


def articulations(found: Region) -> Articulations:
    """
    Return the firms that some supply of the core cannot go around.

    An articulation cuts off at least one other firm, or starves at least one first-tier supplier
    besides itself. Both are read off dominator trees of the region: one from the core against the
    trades, one from the raw inputs along them (`kernels/dominators.py`). The costliest
    come first: by `starved_fen`, then `cut_off_fen`, then row.

    Args:
        found: The core's supply region.

    Example:
        Two mills sell to the core, 0, and both live on the ore of 3; the mine 4 sells to 3.

        >>> from graph.single_points import Supply, region
        >>> supply = Supply.build(
        ...     5, suppliers=[1, 2, 3, 3, 4], buyers=[0, 0, 1, 2, 3], amount_fen=[50, 40, 9, 8, 6]
        ... )
        >>> points = articulations(region(supply, 0))
        >>> points.firm_rows.tolist(), points.starved_fen.tolist(), points.cut_off_fen.tolist()
        ([3, 4], [90, 90], [6, 0])
        >>> points.cut_off_rows(0).tolist(), points.starved_rows(0).tolist()
        ([4], [1, 2])
    """
    size = len(found)
    core, first = np.zeros(size, np.bool_), found.tier == 1
    core[0] = True
    tree = dominators.tree(found.trades.bought, found.trades.sold, core)
    fed = dominators.tree(found.trades.sold, found.trades.bought, found.raw)
    below = _Below.of(tree, np.ones(size, np.bool_), own=False)
    raw = _Below.of(tree, found.raw, own=True)
    starved = _Below.of(fed, first, own=True)
    lost_fen = np.zeros(size, np.int64)
    lost_fen[found.first] = found.first_fen
    starved_fen, cut_off_fen = starved.sums(lost_fen), below.sums(found.sales_fen)
    listed = (below.counts > 0) | (starved.counts > first)
    listed[0] = False
    places = np.flatnonzero(listed)
    order = (found.firm_rows[places], -cut_off_fen[places], -starved_fen[places])
    places = places[np.lexsort(order)]
    return Articulations(
        found.core_row,
        found.tiers_max,
        found.purchases_fen,
        found.firm_rows[places],
        found.tier[places],
        starved.counts[places],
        starved_fen[places],
        below.counts[places],
        cut_off_fen[places],
        raw.counts[places],
        raw.counts[places] == np.count_nonzero(found.raw),
        below.lists(places, found.firm_rows),
        starved.lists(places, found.firm_rows),
        found.ids,
    )
