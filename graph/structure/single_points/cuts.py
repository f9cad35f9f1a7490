"""The least that parts a core from all its raw inputs: trades in money, or firms."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from graph.arrays.dtypes import IntArray, RowArray
from graph.errors import InvalidInput, NotConverged
from graph.network.firms import Frame, firm_column, frame
from graph.structure.single_points.kernels import cuts as kernel
from graph.structure.single_points.kernels.cuts import LARGEST, Arcs
from graph.structure.single_points.supply import Region

Weight = Literal["one", "sales"]
WEIGHTS = ("one", "sales")
STEPS_MAX = 2_000_000_000  # Arcs looked at; the largest of 100,000 firms took under a second.


@dataclass(frozen=True, slots=True, eq=False)
class CutTrades:
    """Trades whose loss parts the core from the raw inputs; their amounts sum to the value."""

    supplier_rows: RowArray
    buyer_rows: RowArray
    amount_fen: IntArray
    ids: Sequence[str] | None = field(default=None, repr=False)

    def to_pandas(self) -> Frame:
        """Return a row a trade: supplier, buyer, amount_fen."""
        ends = (firm_column(self.ids, rows) for rows in (self.supplier_rows, self.buyer_rows))
        named = dict(zip(("supplier", "buyer"), ends, strict=True))
        return frame({**named, "amount_fen": self.amount_fen})

    def __len__(self) -> int:
        return len(self.amount_fen)


@dataclass(frozen=True, slots=True, eq=False)
class TradeCut:
    """
    The least money on trades between the raw inputs and the core.

    Attributes:
        core_row: The core.
        tiers_max: Trades up to which chains were followed.
        value_fen: Money on any least cut, which is the most that can flow from the raw inputs to
            the core with no trade carrying more than its amount.
        core_side: The least cut nearest to the core.
        source_side: The least cut nearest to the raw inputs.
    """

    core_row: int
    tiers_max: int
    value_fen: int
    core_side: CutTrades
    source_side: CutTrades


@dataclass(frozen=True, slots=True, eq=False)
class FirmCut:
    """
    The fewest firms, or those of least sales, that all supply of the core passes.

    Attributes:
        core_row: The core.
        tiers_max: Trades up to which chains were followed.
        weight: `one`: every firm counts 1. `sales`: what it sells inside the region.
        value: Firms, or fen of sales, of any least cut.
        core_side: Rows of the least cut nearest to the core, ascending.
        source_side: Rows of the least cut nearest to the raw inputs, ascending.
    """

    core_row: int
    tiers_max: int
    weight: Weight
    value: int
    core_side: RowArray
    source_side: RowArray
    ids: Sequence[str] | None = field(default=None, repr=False)

    def to_pandas(self) -> Frame:
        """Return a row a firm of either least cut: side (core, source), firm."""
        rows = np.concatenate([self.core_side, self.source_side])
        sides = ["core"] * len(self.core_side) + ["source"] * len(self.source_side)
        return frame({"side": sides, "firm": firm_column(self.ids, rows)})


def cut_trades(found: Region, *, steps_max: int = STEPS_MAX) -> TradeCut:
    """
    Return the least cut in money between the raw inputs of a region and its core.

    Args:
        found: The core's supply region.
        steps_max: Trades that may be looked at before giving up.

    Raises:
        NotConverged: More could still flow after `steps_max` trades.

    Example:
        Ore for 60 goes to a mill, whose steel for 90 goes to the core.

        >>> from graph.single_points import Supply, region
        >>> supply = Supply.build(3, suppliers=[2, 1], buyers=[1, 0], amount_fen=[60, 90])
        >>> cut = cut_trades(region(supply, 0))
        >>> cut.value_fen, cut.core_side.supplier_rows.tolist()
        (60, [2])
    """
    sold, size = found.trades.sold, len(found)
    tails = np.repeat(np.arange(size, dtype=np.int32), np.diff(sold.indptr))
    raw = np.flatnonzero(found.raw).astype(np.int32)
    arcs = kernel.arcs(
        np.concatenate((tails, np.full(len(raw), size, np.int32))),
        np.concatenate((sold.others, raw)),
        np.concatenate((sold.amount_fen, np.full(len(raw), LARGEST))),
        size + 1,
    )
    value_fen = _saturate(arcs, size, steps_max, most=found.purchases_fen)
    rows, parts = found.firm_rows, []
    for near in _nearer(arcs, size):
        cut = np.flatnonzero(~near[tails] & near[sold.others])
        cut = cut[np.lexsort((rows[sold.others[cut]], rows[tails[cut]]))]
        ends = (rows[tails[cut]], rows[sold.others[cut]])
        parts.append(CutTrades(*ends, sold.amount_fen[cut], found.ids))
    return TradeCut(found.core_row, found.tiers_max, value_fen, *parts)


def cut_firms(found: Region, *, weight: Weight = "one", steps_max: int = STEPS_MAX) -> FirmCut:
    """
    Return the least set of firms between the raw inputs of a region and its core.

    Raw inputs may be among them, the core is not. With `one`, the value is also how many supply
    chains from raw inputs to the core share no firm.

    Args:
        found: The core's supply region.
        weight: What a firm counts: `one`, or its `sales` inside the region in fen.
        steps_max: Trades that may be looked at before giving up.

    Raises:
        InvalidInput: The weight is another word.
        NotConverged: More could still flow after `steps_max` trades.

    Example:
        Two mills sell to the core, 0, and both buy ore of 3.

        >>> from graph.single_points import Supply, region
        >>> supply = Supply.build(
        ...     4, suppliers=[1, 2, 3, 3], buyers=[0, 0, 1, 2], amount_fen=[50, 40, 9, 8]
        ... )
        >>> cut = cut_firms(region(supply, 0))
        >>> cut.value, cut.core_side.tolist()
        (1, [3])
    """
    if weight not in WEIGHTS:
        raise InvalidInput(f"weight {weight!r} is none of {', '.join(WEIGHTS)}")
    size, sold = len(found), found.trades.sold
    # A firm is an arc from where its purchases come in, 2i, to where its sales go out, 2i + 1.
    own = np.arange(1, size, dtype=np.int32)
    counts = np.ones(size, np.int64) if weight == "one" else found.sales_fen
    tails = np.repeat(np.arange(size, dtype=np.int32), np.diff(sold.indptr))
    raw = np.flatnonzero(found.raw).astype(np.int32)
    endless = np.full(len(tails) + len(raw), LARGEST)
    arcs = kernel.arcs(
        np.concatenate((2 * own, 2 * tails + 1, np.full(len(raw), 2 * size, np.int32))),
        np.concatenate((2 * own + 1, 2 * sold.others, 2 * raw)),
        np.concatenate((counts[1:], endless)),
        2 * size + 1,
    )
    most = int(counts[found.first].sum())
    value = _saturate(arcs, 2 * size, steps_max, most=most)
    core_side, source_side = (
        np.sort(found.firm_rows[own[~near[2 * own] & near[2 * own + 1]]])
        for near in _nearer(arcs, 2 * size)
    )
    sides = core_side, source_side
    return FirmCut(found.core_row, found.tiers_max, weight, value, *sides, found.ids)


def _saturate(arcs: Arcs, source: int, steps_max: int, *, most: int) -> int:
    """Return the largest flow from the source to the core, node 0."""
    flow, steps = kernel.saturate(arcs, source, 0, steps_max)
    if steps > steps_max:
        raise NotConverged(
            f"flow {flow} of at most {most} found: more could flow after {steps_max} steps"
        )
    return int(flow)


def _nearer(arcs: Arcs, source: int) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Return who stands on the core's side of the least cut nearest to the core, and farthest."""
    return kernel.side(arcs, 0, forward=False), ~kernel.side(arcs, source, forward=True)
