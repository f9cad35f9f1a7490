"""
Shares of one firm's row, as `residual.py` takes them, and the index they lead to.

Orders:  of supplier i, amount_ij / revenue_i for every buyer j. Equity:  of creditor i, amount_ij /
equity_i for every debtor j. Inputs:  of buyer j, by supplier i, as in
`spread/production/kernels/structures.py`: amount_ij / cost_j where the product is not essential;
where it is, amount_ij / (all that j buys of i's sector) times what purchases are of cost; 0 where
it is not needed.

The gain of a firm downstream is sbar = min(1, (1 + slack) sales / sales of its market), 1 if nobody
can replace it. The index of firm i adds to its own weight what its closure costs others at most:

    w_i + y_i + sigma_i z_i,     sigma_i = min(1, sales_i / (market sales - sales_i)).
"""

from typing import Any, NamedTuple

import numpy.typing as npt

from graph.arrays.compiler import lean
from graph.arrays.dtypes import FloatArray, IntArray, RowArray
from graph.spread.production.kernels.layout import ESSENTIAL, NOT_NEEDED
from graph.stress.live.kernels.pools import PooledRows
from graph.stress.live.kernels.residual import System, Vector, regain, regain_walk, replace, stands

Nodes = npt.NDArray[Any]
UNKNOWN = -1
NOTED, SILENT = True, False  # Whether residuals are to follow, or are added up afresh later.
# Of an index: who moved by more is told; what counts as much; who sells in a market that moved so
# much is compared.
SHARE, FLOOR, MARKET = range(3)


class Markets(NamedTuple):
    """Who sells beside whom; a firm of market -1 cannot be replaced."""

    market: IntArray
    members: PooledRows
    sales: FloatArray  # By market, as they are.
    used: FloatArray  # By market, as the gains have them.
    walked: FloatArray  # By market, as the gains of the walks have them.
    told: FloatArray  # By market, when its firms were last compared with what was told.


class ToldIndex(NamedTuple):
    """One index as it was told; arrays for the firms that moved, and what it was and is."""

    values: FloatArray
    rows: IntArray
    before: FloatArray
    after: FloatArray
    limits: FloatArray  # `SHARE`, `FLOOR`, `MARKET`.


class Sellers(NamedTuple):
    """What the gains, and the shares of inputs, are reckoned from."""

    sales: FloatArray
    purchases: FloatArray
    cost: FloatArray  # As stated.
    cost_least: FloatArray  # What of its purchases counts as a firm's cost at least.
    sector: IntArray
    sums: FloatArray  # One place for every sector, at rest 0.


@lean
def write(rows: PooledRows, p: int, fresh: FloatArray) -> None:
    """Put shares into a row."""
    start = rows.spans[p]["start"]
    for k in range(rows.spans[p]["count"]):
        rows.entries[start + k]["share"] = fresh[k]


@lean
def supply(
    system: System, i: int, total: float, weight: float, fresh: FloatArray, track: bool
) -> float:
    """Give firm i the shares of a total and a weight; return what the weight was."""
    start = system.rows.spans[i]["start"]
    for k in range(system.rows.spans[i]["count"]):
        fresh[k] = system.rows.entries[start + k]["amount"] / total if total > 0.0 else 0.0
    before: float = system.weights[i]
    if track:
        replace(system, i, fresh, weight, 1.0, 1.0)
    else:
        write(system.rows, i, fresh)
        system.weights[i] = weight
    return before


@lean
def need(
    system: System,
    j: int,
    markets: Markets,
    sellers: Sellers,
    above: float,
    weight: float,
    fresh: FloatArray,
    track: bool,
) -> None:
    """Give firm j the shares of its needs, its gains and a weight."""
    cost = max(sellers.cost[j], sellers.purchases[j] * sellers.cost_least[j])
    needs(system.rows, j, sellers.sector, sellers.sums, sellers.purchases[j], cost, fresh)
    own = gain(markets.used, markets.market[j], above, sellers.sales[j])
    walk = gain(markets.walked, markets.market[j], above, sellers.sales[j])
    if track:
        replace(system, j, fresh, weight, own, walk)
    else:
        write(system.rows, j, fresh)
        system.weights[j], system.gains[j], system.walk_gains[j] = weight, own, walk


@lean
def needs(
    rows: PooledRows,
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
def all_supplies(system: System, totals: FloatArray, fresh: FloatArray) -> None:
    """Put the shares of all rows in place, of orders or of equity."""
    for p in range(len(totals)):
        supply(system, p, totals[p], system.weights[p], fresh, SILENT)


@lean
def all_needs(
    system: System, markets: Markets, sellers: Sellers, above: float, fresh: FloatArray
) -> None:
    """Put the shares and gains of all rows in place, of inputs."""
    for p in range(len(fresh)):
        need(system, p, markets, sellers, above, system.weights[p], fresh, SILENT)


@lean
def gain(market_sales: FloatArray, market: int, above: float, sales: float) -> float:
    """Return how little of a firm can be replaced."""
    if market == UNKNOWN:
        return 1.0
    total = market_sales[market]
    return min(1.0, above * (sales / total)) if total > 0.0 and sales > 0.0 else 0.0


@lean
def sum_market(markets: Markets, sales: FloatArray, market: int) -> float:
    """Return what a market sells, added up afresh."""
    found = 0.0
    start = markets.members.spans[market]["start"]
    for e in range(start, start + markets.members.spans[market]["count"]):
        i = markets.members.entries[e]["end"]
        if markets.market[i] == market:  # Else it is about to leave.
            found += sales[i]
    return found


@lean
def catch_up(
    system: System,
    markets: Markets,
    market: int,
    sales: FloatArray,
    above: float,
    limits: tuple[float, float, float],
) -> bool:
    """
    Fold a market that has moved too far into the gains of its firms; return whether it has.

    `limits` are how far gains may lag, of x and of u, and the threshold of x.
    """
    lag, late, threshold = limits
    now = markets.sales[market]
    if abs(markets.used[market] - now) <= lag * now and abs(markets.walked[market] - now) <= (
        late * now
    ):
        return False
    now = markets.sales[market] = sum_market(markets, sales, market)
    walks = abs(markets.walked[market] - now) > late * now
    markets.used[market] = now
    if walks:
        markets.walked[market] = now
    start = markets.members.spans[market]["start"]
    for e in range(start, start + markets.members.spans[market]["count"]):
        i = markets.members.entries[e]["end"]
        if markets.market[i] == market:
            regain(system, i, gain(markets.used, market, above, sales[i]), threshold)
            if walks:
                regain_walk(system, i, gain(markets.walked, market, above, sales[i]))
    return True


@lean
def gains_of(
    system: System, markets: Markets, market: int, sales: FloatArray, above: float
) -> None:
    """Put the gains of a market's firms in place, and note nothing."""
    start = markets.members.spans[market]["start"]
    for e in range(start, start + markets.members.spans[market]["count"]):
        i = markets.members.entries[e]["end"]
        if markets.market[i] == market:
            system.gains[i] = gain(markets.used, market, above, sales[i])
            system.walk_gains[i] = gain(markets.walked, market, above, sales[i])


@lean
def lags(markets: Markets) -> tuple[float, float]:
    """Return how far the gains of x and of u lag behind, as shares of themselves."""
    lag = late = 0.0
    for market in range(len(markets.sales)):
        now = markets.sales[market]
        if now > 0.0:
            lag = max(lag, abs(markets.used[market] / now - 1.0))
            late = max(late, abs(markets.walked[market] / now - 1.0))
    return lag, late


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
    markets: Markets,
    weights: FloatArray,
    sales: FloatArray,
    told: ToldIndex,
) -> int:
    """
    Note who moved of the touched firms, of chosen rows, and of markets that moved by a share.

    Returns how many did; they are noted by row.
    """
    y, z = touched[0].nodes, touched[1].nodes
    count = 0
    for vector in touched:
        for k in range(vector.lengths[0]):
            if stands(vector, k):
                continue
            i = vector.touched[k]
            count = tell(i, production(markets, weights, sales, y, z, i), told, count)
    for i in rows:
        count = tell(i, production(markets, weights, sales, y, z, i), told, count)
    for market in range(len(markets.sales)):
        before = markets.told[market]
        if abs(markets.sales[market] - before) <= told.limits[MARKET] * before:
            continue
        start = markets.members.spans[market]["start"]
        for e in range(start, start + markets.members.spans[market]["count"]):
            i = markets.members.entries[e]["end"]
            count = tell(i, production(markets, weights, sales, y, z, i), told, count)
        markets.told[market] = markets.sales[market]
    by_row(told, count)
    return count


@lean
def tell_equity(touched: Vector, rows: RowArray, weights: FloatArray, told: ToldIndex) -> int:
    """Note by row who moved of the touched firms and of chosen rows; return how many."""
    count = 0
    for k in range(touched.lengths[0]):
        if stands(touched, k):
            continue
        i = touched.touched[k]
        count = tell(i, weights[i] + max(0.0, touched.nodes[i]["value"]), told, count)
    for i in rows:
        count = tell(i, weights[i] + max(0.0, touched.nodes[i]["value"]), told, count)
    by_row(told, count)
    return count


@lean
def tell(i: int, now: float, told: ToldIndex, count: int) -> int:
    """Note a firm if it has moved by more than a share of what was told; a floor counts as much."""
    before = told.values[i]
    if abs(now - before) > told.limits[SHARE] * max(before, told.limits[FLOOR]):
        told.rows[count], told.before[count], told.after[count] = i, before, now
        told.values[i] = now
        return count + 1
    return count


@lean
def by_row(told: ToldIndex, count: int) -> None:
    """Sort what was noted by row, in place: by insertion over ever smaller gaps."""
    gap = 1
    while gap < count // 3:
        gap = 3 * gap + 1
    while gap > 0:
        for k in range(gap, count):
            row, before, after = told.rows[k], told.before[k], told.after[k]
            at = k
            while at >= gap and told.rows[at - gap] > row:
                told.rows[at] = told.rows[at - gap]
                told.before[at] = told.before[at - gap]
                told.after[at] = told.after[at - gap]
                at -= gap
            told.rows[at], told.before[at], told.after[at] = row, before, after
        gap //= 3
