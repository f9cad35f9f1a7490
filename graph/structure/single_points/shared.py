"""Common suppliers of different first-tier suppliers, which the core may not know of."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy import sparse

from graph.arrays.dtypes import IntArray, RowArray
from graph.errors import InvalidInput
from graph.network.firms import Frame, firm_frame
from graph.structure.single_points.kernels import shared as kernel
from graph.structure.single_points.supply import Region

TOP = 100
ROUNDING = 1e-12
DIFFERENT = 2  # First-tier suppliers that draw on a firm, for it to be shared.


@dataclass(frozen=True, slots=True, eq=False)
class Shared:
    """
    Common suppliers of a core's first tier, as equally long columns, the costliest first.

    Attributes:
        core_row: The core.
        tiers_max: Trades up to which chains to the core were followed.
        purchases_fen: What the core buys of all suppliers.
        found: How many common suppliers there are; the first of them are listed.
        firm_rows: The common suppliers listed, in tier 2 or above.
        tier: Their tiers.
        hidden: Whether they do not trade with the core at all: they do not buy of it either.
        drawing: First-tier suppliers that draw on them, directly or through others.
        drawing_fen: What the core buys of these: all that could depend on the firm.
        traced_fen: What of the core's purchases traces back to the firm when every firm passes
            what it receives on to its suppliers in proportion to what it buys of them, followed
            for `tiers_max` trades; rounded down. Where goods go in a circle they may be counted
            at each passage, up to all of `drawing_fen`.
        sales_fen: What the firm sells inside the region.
    """

    core_row: int
    tiers_max: int
    purchases_fen: int
    found: int
    firm_rows: RowArray
    tier: npt.NDArray[np.int8]
    hidden: npt.NDArray[np.bool_]
    drawing: IntArray
    drawing_fen: IntArray
    traced_fen: IntArray
    sales_fen: IntArray
    _offsets: IntArray
    _rows: RowArray
    ids: Sequence[str] | None = field(default=None, repr=False)

    def to_pandas(self) -> Frame:
        """Return a row a common supplier, the costliest first: its firm and the columns."""
        names = ("tier", "hidden", "drawing", "drawing_fen", "traced_fen", "sales_fen")
        columns = {name: getattr(self, name) for name in names}
        return firm_frame(self.ids, self.firm_rows, **columns)

    def __len__(self) -> int:
        return len(self.firm_rows)

    @property
    def drawing_share(self) -> npt.NDArray[np.float64]:
        """Return the share of the core's purchases behind which each firm stands."""
        return self.drawing_fen / max(1, self.purchases_fen)

    def drawing_rows(self, place: int) -> RowArray:
        """Return the first-tier suppliers that draw on the firm at that place, ascending."""
        return self._rows[self._offsets[place] : self._offsets[place + 1]]


def shared(found: Region, *, top: int = TOP) -> Shared:
    """
    Return the firms of tier 2 and above on which two or more first-tier suppliers draw.

    A first-tier supplier draws on a firm when a chain of trades leads from the firm to it, so
    short that the whole chain to the core has `tiers_max` trades at most, and not through the
    core. Ranked by what of the core's purchases traces back to the firm, then by what the core
    buys of those that draw, then by row.

    Args:
        found: The core's supply region.
        top: How many to list.

    Raises:
        InvalidInput: `top` is below 1.

    Example:
        Two mills sell to the core, 0, and both buy ore of 3.

        >>> from graph.single_points import Supply, region
        >>> supply = Supply.build(
        ...     4, suppliers=[1, 2, 3, 3], buyers=[0, 0, 1, 2], amount_fen=[50, 40, 9, 8]
        ... )
        >>> both = shared(region(supply, 0))
        >>> both.firm_rows.tolist(), both.drawing_fen.tolist(), both.drawing_rows(0).tolist()
        ([3], [90], [1, 2])
        >>> both.traced_fen.tolist()
        [90]
    """
    if top < 1:
        raise InvalidInput(f"top {top} is not at least 1")
    counts, amounts = _drawn(found)
    places = np.flatnonzero((found.tier > 1) & (counts >= DIFFERENT))
    rows, sales_fen = found.firm_rows, found.sales_fen
    traced_fen = np.minimum(_traced(found), amounts)
    order = (rows[places], -amounts[places], -traced_fen[places])
    listed = places[np.lexsort(order)][:top]
    offsets, drawing = _drawing(found, listed)
    return Shared(
        found.core_row,
        found.tiers_max,
        found.purchases_fen,
        len(places),
        rows[listed],
        found.tier[listed],
        ~np.isin(rows[listed], found.sells_to_rows),
        counts[listed],
        amounts[listed],
        traced_fen[listed],
        sales_fen[listed],
        offsets,
        drawing,
        found.ids,
    )


def _drawn(found: Region) -> tuple[IntArray, IntArray]:
    """Return for every firm how many first-tier suppliers draw on it, and their amounts."""
    size, width = len(found), kernel.BLOCK // kernel.BYTE
    counts, sums = np.zeros(size, np.int64), np.zeros(size, np.int64)
    last = np.arange(2, found.tiers_max + 1)
    ends = np.searchsorted(found.tier, last, side="right").astype(np.int64)
    first, amounts = found.first, found.first_fen
    for start in range(0, len(first), kernel.BLOCK):
        own = first[start : start + kernel.BLOCK]
        bits = _spread(found, own, ends, upstream=True)
        tables = kernel.look_up_tables(amounts[start : start + kernel.BLOCK], width)
        kernel.tally(bits, tables, counts, sums)
    return counts, sums


def _traced(found: Region) -> IntArray:
    """Return what of the core's purchases passes each firm of tier 2 and above, in whole fen."""
    bought, size = found.trades.bought, len(found)
    buyers = np.repeat(np.arange(size), np.diff(bought.indptr))
    amount = bought.amount_fen.astype(np.float64)
    shares = amount / np.bincount(buyers, amount, size)[buyers]
    onward = sparse.csr_array((shares, bought.others, bought.indptr), shape=(size, size)).T
    passing, total = np.zeros(size), np.zeros(size)
    passing[found.first] = found.first_fen
    for _ in range(1, found.tiers_max):
        passing = onward @ passing
        total += passing
    # Shares are rounded: a sum that misses a whole fen by that is this fen.
    whole: IntArray = np.floor(total * (1.0 + ROUNDING)).astype(np.int64)
    return whole


def _drawing(found: Region, listed: IntArray) -> tuple[IntArray, RowArray]:
    """Return the first-tier suppliers that draw on each firm listed, as rows of a list."""
    ends = np.full(found.tiers_max - 1, len(found), np.int64)
    held = np.zeros((len(listed), len(found.first)), np.uint8)
    for start in range(0, len(listed), kernel.BLOCK):
        own = listed[start : start + kernel.BLOCK]
        bits = _spread(found, own, ends, upstream=False)[found.first]
        unpacked = np.unpackbits(bits, axis=1, bitorder="little")[:, : len(own)]
        held[start : start + kernel.BLOCK] = unpacked.T
    numbers, places = np.nonzero(held)
    rows = found.firm_rows[found.first]
    order = np.lexsort((rows[places], numbers))
    offsets = np.concatenate(([0], np.cumsum(np.bincount(numbers, minlength=len(listed)))))
    return offsets.astype(np.int64), rows[places[order]]


def _spread(
    found: Region, marked: IntArray, ends: IntArray, *, upstream: bool
) -> npt.NDArray[np.uint8]:
    """Return who holds whose bit after so many trades, a bit for each firm marked."""
    bits = np.zeros((len(found), kernel.WORDS), np.uint64)
    numbers = np.arange(len(marked))
    one = np.left_shift(np.uint8(1), (numbers % kernel.BYTE).astype(np.uint8))
    bits.view(np.uint8)[marked, numbers // kernel.BYTE] |= one
    ahead = found.trades.sold if upstream else found.trades.bought
    return kernel.spread(ahead, bits, np.zeros_like(bits), ends).view(np.uint8)
