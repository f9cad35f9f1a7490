"""Who supplies a core: the trades it is read from, the firms upstream, and their raw inputs."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy import sparse

from graph.arrays import csr
from graph.arrays.dtypes import BoolArray, IntArray, RowArray
from graph.errors import InvalidInput
from graph.network import Network
from graph.network import columns as check
from graph.network.firms import FirmRows, checked_ids
from graph.structure.chains.arguments import check_steps
from graph.structure.chains.search import TIERS_MAX
from graph.structure.single_points.kernels import regions
from graph.structure.single_points.kernels.regions import RegionRows, RegionTrades


@dataclass(frozen=True, slots=True, eq=False)
class Supply:
    """Every buyer's suppliers and what it buys of each, net, in fen."""

    bought: RegionRows
    ids: Sequence[str] | None = field(default=None, repr=False)

    def __len__(self) -> int:
        return len(self.bought.indptr) - 1

    @classmethod
    def of(cls, network: Network) -> Self:
        """Return the trades of a network; nothing is copied."""
        return cls(
            RegionRows(network.in_indptr, network.in_indices, network.in_amount_fen), network.ids
        )

    @classmethod
    def build(
        cls,
        firms: int,
        *,
        suppliers: npt.ArrayLike,
        buyers: npt.ArrayLike,
        amount_fen: npt.ArrayLike,
        ids: Sequence[str] | None = None,
    ) -> Self:
        """
        Return the supply of a list of trades; equal pairs are added up.

        A pair that nets to nothing or less supplies nothing.

        Args:
            firms: How many firms there are; their rows are 0 to firms - 1.
            suppliers: Row of the supplier, by trade.
            buyers: Row of the buyer.
            amount_fen: Whole fen, of either sign.
            ids: What the firms are called, in row order.

        Raises:
            InvalidInput: The columns differ in length, name no firm, an amount is not a whole
                number, or the amounts sum past 64 bits.

        Example:
            >>> supply = Supply.build(2, suppliers=[1, 1], buyers=[0, 0], amount_fen=[3, 4])
            >>> supply.bought.amount_fen.tolist()
            [7]
        """
        selling = check.row_numbers(check.untyped(suppliers), firms, "suppliers")
        buying = check.row_numbers(check.untyped(buyers), firms, "buyers")
        amount = check.amounts(check.untyped(amount_fen))
        if not len(selling) == len(buying) == len(amount):
            raise InvalidInput("suppliers, buyers and amount_fen differ in length")
        pairs = csr.sum_pairs(buying, selling, amount, firms)
        return cls(RegionRows(*csr.keep(*pairs, pairs[2] > 0)), checked_ids(ids, firms))


@dataclass(frozen=True, slots=True, eq=False)
class Region:
    """
    The firms upstream of a core and the trades among them.

    Attributes:
        core_row: The core.
        tiers_max: Trades up to which a chain was followed.
        firm_rows: The core, then all firms upstream, tier after tier.
        tier: Trades on the shortest chain to the core; 0 for the core.
        raw: Raw inputs: firms that buy from nobody in the region. Where firms buy only from each
            other, in a circle, all of them are raw inputs: nothing else feeds the circle.
        trades: Trades among them, in places of `firm_rows`. What the core sells to its suppliers,
            and a firm to itself, is no supply of the core and is left out.
        sells_to_rows: Whom the core itself sells to; rows, ascending.
    """

    core_row: int
    tiers_max: int
    firm_rows: RowArray
    tier: npt.NDArray[np.int8]
    raw: BoolArray
    trades: RegionTrades
    sells_to_rows: RowArray
    ids: Sequence[str] | None = field(default=None, repr=False)

    def __len__(self) -> int:
        return len(self.firm_rows)

    @property
    def first(self) -> IntArray:
        """Return the places of the first-tier suppliers."""
        return np.arange(1, int(np.searchsorted(self.tier, 1, side="right")))

    @property
    def first_fen(self) -> IntArray:
        """Return what the core buys of each first-tier supplier."""
        bought = self.trades.bought
        amount = np.zeros(len(self.first), np.int64)
        own = slice(bought.indptr[0], bought.indptr[1])
        amount[bought.others[own] - 1] = bought.amount_fen[own]
        return amount

    @property
    def purchases_fen(self) -> int:
        """Return what the core buys of all suppliers."""
        return int(self.first_fen.sum())

    @property
    def sales_fen(self) -> IntArray:
        """Return what each firm sells inside the region."""
        ends = np.concatenate(([0], np.cumsum(self.trades.sold.amount_fen)))
        found: IntArray = np.diff(ends[self.trades.sold.indptr])
        return found


def region(supply: Supply, core: int | str, *, tiers_max: int = TIERS_MAX) -> Region:
    """
    Return the supply region of a core: all firms upstream within some tiers.

    Args:
        supply: Who supplies whom.
        core: The core, by row or id.
        tiers_max: Trades up to which a chain is followed, 1 to 100.

    Raises:
        NotFound: No firm has that id.
        InvalidInput: The core is no firm, or `tiers_max` is out of its range.

    Example:
        Ore goes to a mill and the mill's steel to the core.

        >>> supply = Supply.build(3, suppliers=[2, 1], buyers=[1, 0], amount_fen=[60, 90])
        >>> found = region(supply, 0)
        >>> found.firm_rows.tolist(), found.tier.tolist(), found.raw.tolist()
        ([0, 1, 2], [0, 1, 2], [False, False, True])
    """
    core_row = core if type(core) is int else FirmRows(len(supply), supply.ids).row("core", core)
    if not 0 <= core_row < len(supply):
        raise InvalidInput(f"core row {core_row} is not in a network of {len(supply)} firms")
    check_steps(tiers_max, "tiers_max")
    rows, tier, number = regions.walk(supply.bought, core_row, tiers_max)
    trades = regions.among(supply.bought, rows, number)
    return Region(
        core_row,
        tiers_max,
        rows,
        tier,
        _raw(trades),
        trades,
        _buying(supply.bought, core_row, rows),
        supply.ids,
    )


def _buying(bought: RegionRows, core_row: int, rows: RowArray) -> RowArray:
    """Return those of the rows that buy of the core."""
    sold = np.flatnonzero(bought.others == core_row)
    buyers = np.searchsorted(bought.indptr, sold, side="right") - 1
    found: RowArray = np.intersect1d(rows[1:], buyers).astype(np.int32)
    return found


def _raw(trades: RegionTrades) -> BoolArray:
    """Return the raw inputs; of what they do not feed, all circles that nothing else feeds."""
    raw: BoolArray = np.diff(trades.bought.indptr) == 0
    raw[0] = False
    left = np.flatnonzero(~regions.reached(trades.sold, raw))
    left = left[left > 0]
    if len(left):
        bought = trades.bought
        ones = np.ones(len(bought.others), np.int8)
        whole = sparse.csr_array((ones, bought.others, bought.indptr), shape=(len(raw), len(raw)))
        part = whole[left][:, left].tocoo()
        count, circle = sparse.csgraph.connected_components(part, connection="strong")
        fed = np.zeros(count, np.bool_)
        fed[circle[part.row[circle[part.row] != circle[part.col]]]] = True
        raw[left[~fed[circle]]] = True
    return raw
