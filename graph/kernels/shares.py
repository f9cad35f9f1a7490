"""
Shares of one firm's row, as `graph/kernels/residual.py` takes them, and the index they lead to.

Orders:  of supplier i, amount_ij / revenue_i for every buyer j.
Equity:  of creditor i, amount_ij / equity_i for every debtor j.
Inputs:  of buyer j, by supplier i, as in `graph/kernels/production.py`: amount_ij / cost_j where
the product is not essential; where it is, amount_ij / (all that j buys of i's sector) times what
purchases are of cost; 0 where it is not needed.

The gain of a firm downstream is sbar = min(1, (1 + slack) sales / sales of its market), 1 if nobody
can replace it. The index of firm i adds to its own weight what its closure costs others at most:

    w_i + y_i + sigma_i z_i,     sigma_i = min(1, sales_i / (market sales - sales_i)).
"""

from typing import Any, NamedTuple

import numpy.typing as npt

from graph.kernels.growing import Rows
from graph.kernels.layout import ESSENTIAL, NOT_NEEDED, FloatArray, IntArray, RowArray
from graph.kernels.lean import lean
from graph.kernels.residual import System, Vector, regain

Nodes = npt.NDArray[Any]
UNKNOWN = -1


class Markets(NamedTuple):
    """Who sells beside whom; a firm of market -1 cannot be replaced."""

    market: IntArray
    members: Rows
    sales: FloatArray  # By market, as they are.
    used: FloatArray  # By market, as the gains have them.
    told: FloatArray  # By market, when its firms were last compared with what was told.


class Moved(NamedTuple):
    """Room for the firms whose index moved, and what it was and is."""

    rows: RowArray
    before: FloatArray
    after: FloatArray


@lean
def ratios(rows: Rows, p: int, total: float, fresh: FloatArray) -> None:
    """Write a row's amounts as shares of a total."""
    start = rows.spans[p]["start"]
    for k in range(rows.spans[p]["count"]):
        fresh[k] = rows.entries[start + k]["amount"] / total if total > 0.0 else 0.0


@lean
def needs(
    rows: Rows,
    p: int,
    sector: IntArray,
    sums: FloatArray,
    purchases: float,
    cost: float,
    fresh: FloatArray,
) -> None:
    """Write what each supplier covers of a buyer's needs; `sums` are 0, one for every sector."""
    start, count = rows.spans[p]["start"], rows.spans[p]["count"]
    inside = purchases / cost if cost > 0.0 else 0.0
    for e in range(start, start + count):
        own = sector[rows.entries[e]["end"]]
        if rows.entries[e]["kind"] == ESSENTIAL and own != UNKNOWN:
            sums[own] += rows.entries[e]["amount"]
    for k in range(count):
        entry = rows.entries[start + k]
        own = sector[entry["end"]]
        if entry["kind"] == NOT_NEEDED or not entry["amount"] > 0.0:
            fresh[k] = 0.0
        elif entry["kind"] != ESSENTIAL:
            fresh[k] = entry["amount"] / cost
        elif own == UNKNOWN:
            fresh[k] = inside
        else:
            fresh[k] = entry["amount"] / sums[own] * inside
    for e in range(start, start + count):
        if sector[rows.entries[e]["end"]] != UNKNOWN:
            sums[sector[rows.entries[e]["end"]]] = 0.0


@lean
def write(rows: Rows, p: int, fresh: FloatArray) -> None:
    """Put shares into a row."""
    start = rows.spans[p]["start"]
    for k in range(rows.spans[p]["count"]):
        rows.entries[start + k]["share"] = fresh[k]


@lean
def all_ratios(rows: Rows, totals: FloatArray, fresh: FloatArray) -> None:
    """Put the shares of all rows in place, of orders or of equity."""
    for p in range(len(totals)):
        ratios(rows, p, totals[p], fresh)
        write(rows, p, fresh)


@lean
def all_needs(
    rows: Rows,
    sector: IntArray,
    sums: FloatArray,
    purchases: FloatArray,
    cost: FloatArray,
    fresh: FloatArray,
) -> None:
    """Put the shares of all rows in place, of inputs."""
    for p in range(len(cost)):
        needs(rows, p, sector, sums, purchases[p], cost[p], fresh)
        write(rows, p, fresh)


@lean
def gain(markets: Markets, above: float, i: int, sales: float) -> float:
    """Return how little of a firm can be replaced, by what its market was last taken to sell."""
    market = markets.market[i]
    if market == UNKNOWN:
        return 1.0
    used = markets.used[market]
    return min(1.0, above * (sales / used)) if used > 0.0 and sales > 0.0 else 0.0


@lean
def sum_market(markets: Markets, sales: FloatArray, market: int) -> float:
    """Return what a market sells, added up afresh."""
    found = 0.0
    start = markets.members.spans[market]["start"]
    for e in range(start, start + markets.members.spans[market]["count"]):
        i = markets.members.entries[e]["end"]
        if markets.market[i] == market:
            found += sales[i]
    return found


@lean
def fold(system: System, markets: Markets, market: int, sales: FloatArray, above: float) -> None:
    """Give all firms of a market the gain by `used`, and note what that leaves wrong."""
    start = markets.members.spans[market]["start"]
    for e in range(start, start + markets.members.spans[market]["count"]):
        i = markets.members.entries[e]["end"]
        if markets.market[i] == market:  # Else it is about to leave.
            regain(system, i, gain(markets, above, i, sales[i]))


@lean
def all_gains(gains: FloatArray, markets: Markets, sales: FloatArray, above: float) -> None:
    """Put the gains of all firms in place."""
    for i in range(len(gains)):
        gains[i] = gain(markets, above, i, sales[i])


@lean
def sigma(markets: Markets, i: int, sales: float) -> float:
    """Return what of a closed firm nobody replaces at first."""
    market = markets.market[i]
    if market == UNKNOWN:
        return 1.0
    if not sales > 0.0:
        return 0.0
    others = markets.sales[market] - sales
    return min(1.0, sales / others) if others > 0.0 else 1.0


@lean
def production(
    markets: Markets, weights: FloatArray, sales: FloatArray, y: Nodes, z: Nodes, i: int
) -> float:
    """Return a firm's index of production losses, in the unit of the weights."""
    up, down = max(0.0, y[i]["value"]), max(0.0, z[i]["value"])
    found: float = weights[i] + up + sigma(markets, i, sales[i]) * down
    return found


@lean
def all_production(
    markets: Markets, weights: FloatArray, sales: FloatArray, y: Nodes, z: Nodes, found: FloatArray
) -> None:
    """Write the index of all firms."""
    for i in range(len(found)):
        found[i] = production(markets, weights, sales, y, z, i)


@lean
def tell_production(
    touched: tuple[Vector, Vector],
    rows: RowArray,
    moving: IntArray,
    markets: Markets,
    weights: FloatArray,
    sales: FloatArray,
    figures: tuple[Nodes, Nodes],
    limits: tuple[float, float],
    told: FloatArray,
    moved: Moved,
) -> int:
    """Note who moved of the touched firms, of chosen rows and of markets; return how many."""
    y, z = figures
    count = 0
    for vector in touched:
        for k in range(vector.lengths[0]):
            i = vector.touched[k]
            now = production(markets, weights, sales, y, z, i)
            count = tell(i, now, limits, told, moved, count)
    for i in rows:
        now = production(markets, weights, sales, y, z, i)
        count = tell(i, now, limits, told, moved, count)
    for market in moving:
        start = markets.members.spans[market]["start"]
        for e in range(start, start + markets.members.spans[market]["count"]):
            i = markets.members.entries[e]["end"]
            now = production(markets, weights, sales, y, z, i)
            count = tell(i, now, limits, told, moved, count)
        markets.told[market] = markets.sales[market]
    return count


@lean
def tell_equity(
    touched: Vector,
    rows: RowArray,
    weights: FloatArray,
    limits: tuple[float, float],
    told: FloatArray,
    moved: Moved,
) -> int:
    """Note who moved of the touched firms and of chosen rows; return how many."""
    count = 0
    for k in range(touched.lengths[0]):
        i = touched.touched[k]
        now = weights[i] + max(0.0, touched.nodes[i]["value"])
        count = tell(i, now, limits, told, moved, count)
    for i in rows:
        now = weights[i] + max(0.0, touched.nodes[i]["value"])
        count = tell(i, now, limits, told, moved, count)
    return count


@lean
def tell(
    i: int,
    now: float,
    limits: tuple[float, float],
    told: FloatArray,
    moved: Moved,
    count: int,
) -> int:
    """Note a firm if it has moved by more than a share of what was told; a floor counts as much."""
    share, floor = limits
    before = told[i]
    if abs(now - before) > share * max(before, floor):
        moved.rows[count], moved.before[count], moved.after[count] = i, before, now
        told[i] = now
        return count + 1
    return count
