"""
The arrays that a production cascade runs on, laid out once for a network.

W_ij is what firm i sells to firm j in a year. From it come two matrices of shares [1]:

    down_ij = W_ij / sum_{l in sector(i)} W_lj   if i's product is essential for j (class 2)
            = W_ij / sum_l W_lj                  if it is not (class 1: all of j's inputs below)
            = 0                                  if j does not need it (class 0)
    up_ij   = W_ij / sales_i

The inputs that j misses are added up in slots: one slot for all that is not essential, one for
every sector whose product is; the worst slot limits what j can make. `down` is laid out by
supplier (a firm pushes its loss to its buyers), `up` by buyer (a firm pushes it to suppliers).

[1] C. Diem et al., Quantifying firm-level economic systemic risk from nation-wide supply
    networks, Scientific Reports 12, 7719 (2022).
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]
RowArray = npt.NDArray[np.int32]
FloatArray = npt.NDArray[np.float64]

NO_MARKET = -1  # A firm that nobody can replace.
ONLY_SLOT = -1  # The buyer has one slot: its fill is the firm's worst, no second array is read.
OTHERS = -1  # The group of all inputs that are not essential.


class Structure(NamedTuple):
    """What stays the same from one scenario to the next."""

    sales: FloatArray  # Sales inside the network: who can replace whom, and how far.
    market: RowArray  # Where a firm's product can be replaced; `NO_MARKET` where it cannot.
    market_sales: FloatArray
    market_indptr: IntArray  # Members of a market, to add up what is left of it afresh.
    market_firms: RowArray
    down_indptr: IntArray
    down_buyers: RowArray
    down_slots: RowArray
    down_shares: FloatArray
    slot_indptr: IntArray
    up_indptr: IntArray
    up_suppliers: RowArray
    up_shares: FloatArray


class Trades(NamedTuple):
    """Distinct pairs sorted by supplier, then buyer."""

    suppliers: IntArray
    buyers: IntArray
    amounts: FloatArray
    classes: IntArray


def sum_pairs(trades: Trades, firms: int) -> Trades:
    """Return the trades with equal pairs added up, sorted by supplier, then buyer."""
    keys = trades.suppliers * firms + trades.buyers
    if len(keys) < 2 or bool((keys[1:] > keys[:-1]).all()):  # noqa: PLR2004  # One is in order.
        return trades
    order = np.argsort(keys, kind="stable")
    first = np.flatnonzero(np.r_[True, keys[order][1:] != keys[order][:-1]])
    return Trades(
        trades.suppliers[order][first],
        trades.buyers[order][first],
        np.add.reduceat(trades.amounts[order], first),
        trades.classes[order][first],
    )


def layout(
    trades: Trades,
    sectors: IntArray,
    markets: IntArray,
    sales: FloatArray,
    revenue: FloatArray,
    cost_scale: FloatArray,
) -> Structure:
    """
    Return the arrays of a network.

    `trades` are distinct and sorted; `revenue` divides upstream shares; `cost_scale` multiplies
    what a buyer loses by a missing input; sectors and markets are numbered from 0, a firm
    without a market has `NO_MARKET`.
    """
    firms = len(sectors)
    members = int(markets.max(initial=NO_MARKET)) + 1
    here = markets >= 0
    order = np.argsort(np.where(here, markets, members), kind="stable")
    up_order = np.argsort(trades.buyers, kind="stable")
    return Structure(
        sales,
        markets.astype(np.int32),
        add_up(markets[here], sales[here], members),
        _indptr(markets[here], members),
        order[: int(here.sum())].astype(np.int32),
        *_downstream(trades, sectors, cost_scale),
        _indptr(trades.buyers, firms),
        trades.suppliers[up_order].astype(np.int32),
        _divide(trades.amounts, revenue[trades.suppliers])[up_order],
    )


def _downstream(
    trades: Trades, sectors: IntArray, cost_scale: FloatArray
) -> tuple[IntArray, RowArray, RowArray, FloatArray, IntArray]:
    firms = len(sectors)
    kept = trades.classes > 0
    buyers, amounts = trades.buyers[kept], trades.amounts[kept]
    essential = trades.classes[kept] == 2  # noqa: PLR2004  # The class of essential inputs.
    groups = np.where(essential, sectors[trades.suppliers[kept]], OTHERS)
    width = int(sectors.max(initial=0)) + 2
    keys, slots = np.unique(buyers * width + groups + 1, return_inverse=True)
    totals = np.where(
        essential,
        add_up(slots, amounts, len(keys))[slots],
        add_up(trades.buyers, trades.amounts, firms)[buyers],
    )
    slot_indptr = _indptr(keys // width, firms)
    alone = np.diff(slot_indptr)[buyers] == 1
    return (
        _indptr(trades.suppliers[kept], firms),
        buyers.astype(np.int32),
        np.where(alone, ONLY_SLOT, slots).astype(np.int32),
        _divide(amounts, totals) * cost_scale[buyers],
        slot_indptr,
    )


def add_up(rows: npt.NDArray[Any], amounts: FloatArray, count: int) -> FloatArray:
    """Return the sum of the amounts of every row."""
    return np.bincount(rows, amounts, count).astype(np.float64)


def _indptr(rows: IntArray, count: int) -> IntArray:
    return np.concatenate(([0], np.cumsum(np.bincount(rows, minlength=count)))).astype(np.int64)


def _divide(amounts: FloatArray, totals: FloatArray) -> FloatArray:
    return np.divide(amounts, totals, out=np.zeros(len(amounts)), where=totals > 0)
