"""
The arrays that a production cascade runs on, laid out once for a network.

W_ij is what firm i sells to firm j in a year. From it come two matrices of shares [1]:

    down_ij = W_ij / sum_{l in sector(i)} W_lj   if i's product is essential for j (class 2)
            = W_ij / sum_l W_lj                  if it is not (class 1: all of j's inputs below)
            = 0                                  if j does not need it (class 0)
    up_ij   = W_ij / sales_i

Where j's cost is more than it buys inside, down_ij shrinks by that ratio; where i's revenue is
more than it sells inside, up_ij is W_ij / revenue_i.

Firms are numbered by market and, within it, by how many trades they have: those whose figures
are read together lie together. (The batch of columns runs 1.2 to 1.7 times as fast as with firms
in any order, engine figures in docs/performance.md.)

The inputs that j misses are added up by sector where the product is essential and together where
it is not; the worst sum limits what j can make. Trades are laid out four times: by supplier and by
buyer, to push from the few who moved and to pull for everybody.

[1] C. Diem et al., Quantifying firm-level economic systemic risk from nation-wide supply
    networks, Scientific Reports 12, 7719 (2022).
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from graph.arrays import sorting, sums
from graph.arrays.dtypes import FloatArray, IntArray, RowArray
from graph.spread.production.kernels import layout as counted
from graph.spread.production.kernels.layout import InputRows, TradePairs

NO_MARKET = -1  # A firm that nobody can replace.
BLOCK_ROWS = 256  # Rows whose figures in single precision are added up before they go to a double.
DEGREE_MAX = 1 << 16  # More trades do not put a firm further to the front.


class CascadeStructure(NamedTuple):
    """What stays the same from one scenario to the next; firms by place, not by row."""

    market: RowArray  # The last one, `len(market_sales)`, is of firms that nobody can replace.
    market_sales: FloatArray
    market_indptr: IntArray  # Places of every market's firms, the irreplaceable last.
    market_share: FloatArray  # What a firm sells of all its market sells; 1 if irreplaceable.
    blocks: IntArray  # Where blocks of at most `BLOCK_ROWS` firms of one market begin.
    slot_indptr: IntArray
    sold_indptr: IntArray
    sold: npt.NDArray[Any]  # By supplier: who needs its product (downstream pushes).
    bought: npt.NDArray[Any]  # By buyer: all its suppliers (upstream pushes).
    in_indptr: IntArray  # By buyer (downstream pulls).
    in_essential: IntArray
    in_needed: IntArray
    in_suppliers: RowArray
    in_shares: FloatArray  # Negative where the trades of another slot begin.
    out_indptr: IntArray  # By supplier (upstream pulls).
    out_buyers: RowArray
    out_shares: FloatArray


def places(markets: IntArray, degrees: IntArray) -> IntArray:
    """Return the rows of firms by market, the irreplaceable last, then by falling degree."""
    count = int(markets.max(initial=NO_MARKET)) + 1
    behind = np.where(markets >= 0, markets, count)
    fewest_first = np.minimum(degrees, DEGREE_MAX - 1)
    order = sorting.sorted_by(DEGREE_MAX - 1 - fewest_first, np.arange(len(markets)), DEGREE_MAX)
    return sorting.sorted_by(behind, order, count + 1)


def layout(
    trades: TradePairs,
    sectors: RowArray,
    markets: IntArray,
    revenue: FloatArray,
    cost: FloatArray,
    space: counted.SortWorkspace,
) -> CascadeStructure:
    """
    Return the arrays of a network whose firms are numbered by place.

    `trades` are distinct and sorted; `revenue` divides upstream shares, `cost` is what a buyer's
    inputs come to; markets ascend from 0 and end with the firms that have none.
    """
    firms, count = len(markets), int(markets.max(initial=NO_MARKET)) + 1
    market = np.where(markets >= 0, markets, count).astype(np.int32)
    sales = sums.added(trades.suppliers, trades.amounts, firms)
    market_sales = sums.added(market, sales, count + 1)[:count]
    shares = _divide(sales, np.append(market_sales, 0.0)[market])
    shares[markets < 0] = 1.0
    market_indptr = sorting.offsets(market, count + 1)
    wanted = counted.inputs(trades, sectors, revenue, cost, space)
    sold_indptr, sold = _sold(trades, wanted, firms)
    return CascadeStructure(
        market,
        market_sales,
        market_indptr,
        shares,
        _blocks(market_indptr),
        wanted.slot_indptr,
        sold_indptr,
        sold,
        wanted.bought,
        wanted.indptr,
        wanted.essential,
        wanted.needed,
        wanted.suppliers,
        wanted.shares,
        sorting.offsets(trades.suppliers, firms),
        trades.buyers,
        _divide(trades.amounts, revenue[trades.suppliers]),
    )


def fixed(structure: CascadeStructure, kept: FloatArray) -> CascadeStructure:
    """
    Return the structure in which a loss of firm i counts `kept_i` of itself, whatever others lose.

    Nobody is replaced beyond that: all firms stand in the market of those that cannot be. With
    `kept` constant a round of losses is subadditive, which it is not while markets shrink.
    """
    firms = len(structure.market)
    indptr = np.array([0, firms])
    sold = structure.sold.copy()
    sold["share"] *= np.repeat(kept, np.diff(structure.sold_indptr))
    return structure._replace(
        market=np.zeros(firms, np.int32),
        market_sales=np.zeros(0),
        market_indptr=indptr,
        market_share=np.ones(firms),
        blocks=_blocks(indptr),
        sold=sold,
        in_shares=structure.in_shares * kept[structure.in_suppliers],
    )


def _sold(trades: TradePairs, wanted: InputRows, firms: int) -> tuple[IntArray, npt.NDArray[Any]]:
    needed = trades.classes != counted.NOT_NEEDED
    if needed.all():
        return sorting.offsets(trades.suppliers, firms), wanted.sold
    return sorting.offsets(trades.suppliers[needed], firms), wanted.sold[needed]


def _blocks(market_indptr: IntArray) -> IntArray:
    starts = [
        np.arange(first, last, BLOCK_ROWS)
        for first, last in zip(market_indptr[:-1].tolist(), market_indptr[1:].tolist(), strict=True)
    ]
    return np.concatenate([*starts, market_indptr[-1:]]).astype(np.int64)


def _divide(amounts: FloatArray, totals: FloatArray) -> FloatArray:
    return np.divide(amounts, totals, out=np.zeros(len(amounts)), where=totals > 0)
