"""
One trade or exposure changed in one compiled call: noted, settled, told, and let stand.

What is kept of an economy and of claims (`residual.py`, `shares.py`) stands in arrays
that outlive the call. A change writes down what was before it; one that would take more pushes than
solving again is left open, to be solved or undone (`undo_trade`, `undo_exposure`).
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from graph.arrays.compiler import lean
from graph.arrays.dtypes import FloatArray, RowArray
from graph.stress.live.kernels import residual, shares, sweeps
from graph.stress.live.kernels.pools import NONE, crowded, put, remove, total
from graph.stress.live.kernels.residual import COUNT, DRIFT, WALK, System
from graph.stress.live.kernels.shares import NOTED, SILENT, UNKNOWN, Markets, Sellers, ToldIndex

SECOND_ORDER = 1.02  # A bound of at most 0.01 may itself be off by so much.
BOUND_MAX = 0.01
# In place of the pushes: a row is full; solving is cheaper; who has no equity is owed.
CROWDED, BROAD, POOR = -1, -2, -3

LIMITS = np.dtype(
    [
        ("threshold", np.float64),
        ("floor", np.float64),
        ("pushes_max", np.int64),
        ("lag_max", np.float64),  # Of gains.
        ("late_max", np.float64),  # Of the gains of walks.
        ("length", np.float64),
        ("rounding", np.float64),
        ("longer", np.float64),  # Of the open change: L of the firms it touched.
        ("rounded", np.float64),
    ]
)
FACTS = np.dtype([("above", np.float64), ("by_amounts", np.bool_)])
WAS = np.dtype(
    [
        ("amount", np.float64),
        ("kind", np.int64),  # `NONE` where the pair was not there.
        ("weight", np.float64),
        ("whole", np.float64),
        ("sales", np.float64),
        ("purchases", np.float64),
        ("market", np.float64),
        ("used", np.float64),
        ("walked", np.float64),
        ("caught_up", np.bool_),
    ]
)


class Channel(NamedTuple):
    """A solution that is kept, how exact it is, and the sum of all its weights."""

    system: System
    limits: npt.NDArray[Any]
    weight: FloatArray


class TradeChannels(NamedTuple):
    """Both channels of production losses, and what they are reckoned from."""

    orders: Channel
    inputs: Channel
    markets: Markets
    sellers: Sellers
    revenue: FloatArray  # As stated, 0 where nothing is.
    revenue_least: FloatArray  # What of its sales counts as a firm's revenue at least.
    facts: npt.NDArray[Any]  # 1 and the slack of a market; whether firms weigh what they sell.
    was: npt.NDArray[Any]
    fresh: FloatArray


class Loans(NamedTuple):
    """The channel of equity losses, and what it is reckoned from."""

    losses: Channel
    equity: FloatArray
    facts: npt.NDArray[Any]
    was: npt.NDArray[Any]
    fresh: FloatArray


class ToldIndices(NamedTuple):
    """Both indices as they were told, and the rows that the open change is about."""

    production: ToldIndex
    equity: ToldIndex
    rows: RowArray


@lean
def settle(channel: Channel) -> int:
    """Push what a change left; return the pushes, or `BROAD`."""
    system, limits = channel.system, channel.limits[0]
    if system.figures.lengths[COUNT] == 0 and system.walks.lengths[COUNT] == 0:
        return 0
    pushes, longer, rounded = residual.settle(
        system, limits["threshold"], limits["floor"], limits["pushes_max"]
    )
    limits["longer"], limits["rounded"] = longer, rounded
    return pushes if pushes >= 0 else BROAD


@lean
def keep(channel: Channel) -> None:
    """Let the open change stand."""
    limits = channel.limits[0]
    limits["length"] = max(limits["length"], limits["longer"])
    limits["rounding"] += limits["rounded"]
    limits["longer"] = limits["rounded"] = 0.0
    residual.keep(channel.system.figures)
    residual.keep(channel.system.walks)


@lean
def put_back(channel: Channel) -> None:
    """Undo the open change of the figures."""
    channel.limits[0]["longer"] = channel.limits[0]["rounded"] = 0.0
    residual.put_back(channel.system.figures)
    residual.put_back(channel.system.walks)


@lean
def slack(channel: Channel, late: float) -> float:
    """Return S where gains of walks are so late."""
    found: float = (1.0 + late) * (1.0 - WALK) - late * DRIFT * channel.limits[0]["length"]
    return found


@lean
def bound(channel: Channel, lag: float, late: float) -> float:
    """Return the bound on the error, as a share of each figure (or of the floor)."""
    limits = channel.limits[0]
    left = limits["threshold"] + lag * (DRIFT + limits["threshold"]) * SECOND_ORDER
    spare = slack(channel, late)
    found = left * limits["length"] / spare if spare > 0.0 else np.inf
    return found + limits["rounding"] if found <= BOUND_MAX else np.inf


@lean
def error(trades: TradeChannels, loans: Loans) -> float:
    """Return the bound on the error of every index."""
    found = 0.0
    if len(trades.fresh) > 0:
        lag, late = shares.lags(trades.markets)
        found = max(bound(trades.orders, 0.0, 0.0), bound(trades.inputs, lag, late))
    if len(loans.fresh) > 0:
        found = max(found, bound(loans.losses, 0.0, 0.0))
    return found


@lean
def supply(channel: Channel, i: int, of: float, weight: float, fresh: FloatArray, was: Any) -> None:
    """Give firm i the shares of a total and a weight."""
    before = shares.supply(channel.system, i, of, weight, fresh, NOTED)
    was["weight"], was["whole"] = before, channel.weight[0]
    if weight != before:
        channel.weight[0] += weight - before


@lean
def revenue_of(trades: TradeChannels, i: int) -> float:
    """Return what counts as a firm's revenue."""
    found: float = max(trades.revenue[i], trades.sellers.sales[i] * trades.revenue_least[i])
    return found


@lean
def need(trades: TradeChannels, j: int, track: bool) -> None:
    """Share a buyer's needs out to its suppliers; its weight is that of the orders."""
    weight, above = trades.orders.system.weights[j], trades.facts[0]["above"]
    system, fresh = trades.inputs.system, trades.fresh
    shares.need(system, j, trades.markets, trades.sellers, above, weight, fresh, track)


@lean
def catch_up(trades: TradeChannels, market: int) -> bool:
    """Fold a market that has moved too far into the gains of its firms; return whether it has."""
    limits = trades.inputs.limits[0]
    return shares.catch_up(
        trades.inputs.system,
        trades.markets,
        market,
        trades.sellers.sales,
        trades.facts[0]["above"],
        (limits["lag_max"], limits["late_max"], limits["threshold"]),
    )


@lean
def note_trade(trades: TradeChannels, i: int, j: int, amount: float, kind: int) -> None:
    """Set what i sells to j, note what that leaves wrong, and write down what was."""
    was, orders, sellers, markets = (
        trades.was[0],
        trades.orders.system,
        trades.sellers,
        trades.markets,
    )
    amount_before, kind_before = put(orders.rows, i, j, amount, kind)
    put(trades.inputs.system.rows, j, i, amount, kind)
    was["amount"], was["kind"] = amount_before, kind_before
    was["purchases"], was["sales"] = sellers.purchases[j], sellers.sales[i]
    sellers.purchases[j] = total(trades.inputs.system.rows, j)
    sellers.sales[i] = total(orders.rows, i)
    market = markets.market[i]
    if market != UNKNOWN:
        was["market"], was["used"] = markets.sales[market], markets.used[market]
        was["walked"] = markets.walked[market]
        markets.sales[market] += sellers.sales[i] - was["sales"]
    weight = sellers.sales[i] if trades.facts[0]["by_amounts"] else orders.weights[i]
    supply(trades.orders, i, revenue_of(trades, i), weight, trades.fresh, was)
    if i != j:
        need(trades, j, NOTED)
    need(trades, i, NOTED)
    was["caught_up"] = market != UNKNOWN and catch_up(trades, market)


@lean
def undo_trade(trades: TradeChannels, i: int, j: int, was: npt.NDArray[Any]) -> None:
    """Take a noted trade back once the figures are put back."""
    before, orders, inputs = was[0], trades.orders.system, trades.inputs.system
    if before["kind"] == NONE:
        remove(orders.rows, i, j)
        remove(inputs.rows, j, i)
    else:
        put(orders.rows, i, j, before["amount"], before["kind"])
        put(inputs.rows, j, i, before["amount"], before["kind"])
    sellers, markets = trades.sellers, trades.markets
    sellers.purchases[j], sellers.sales[i] = before["purchases"], before["sales"]
    trades.orders.weight[0] = before["whole"]
    market = markets.market[i]
    if market != UNKNOWN:
        markets.sales[market], markets.used[market] = before["market"], before["used"]
        markets.walked[market] = before["walked"]
    shares.supply(orders, i, revenue_of(trades, i), before["weight"], trades.fresh, SILENT)
    need(trades, j, SILENT)
    need(trades, i, SILENT)
    if before["caught_up"]:
        shares.gains_of(inputs, markets, market, sellers.sales, trades.facts[0]["above"])
        sweeps.begin(inputs, SILENT)


@lean
def drop_trade(trades: TradeChannels, i: int, j: int) -> None:
    """Take a trade of nothing out of its rows."""
    remove(trades.orders.system.rows, i, j)
    remove(trades.inputs.system.rows, j, i)


@lean
def note_exposure(loans: Loans, creditor: int, debtor: int, amount: float) -> None:
    """Set what a debtor owes, note what that leaves wrong, and write down what was."""
    was, system = loans.was[0], loans.losses.system
    amount_before, kind_before = put(system.rows, creditor, debtor, amount, NONE)
    was["amount"], was["kind"] = amount_before, kind_before
    equity = loans.equity[creditor]
    weight = equity if loans.facts[0]["by_amounts"] else system.weights[creditor]
    supply(loans.losses, creditor, equity, weight, loans.fresh, was)


@lean
def undo_exposure(loans: Loans, creditor: int, debtor: int, was: npt.NDArray[Any]) -> None:
    """Take a noted exposure back once the figures are put back."""
    before, system = was[0], loans.losses.system
    if before["kind"] == NONE:
        remove(system.rows, creditor, debtor)
    else:
        put(system.rows, creditor, debtor, before["amount"], before["kind"])
    loans.losses.weight[0] = before["whole"]
    equity = loans.equity[creditor]
    shares.supply(system, creditor, equity, before["weight"], loans.fresh, SILENT)


@lean
def tell(
    trades: TradeChannels, loans: Loans, telling: ToldIndices, rows: RowArray
) -> tuple[int, int]:
    """Note who moved in either index, by row; return how many did."""
    production = equity = 0
    if len(trades.fresh) > 0:
        orders, inputs = trades.orders.system, trades.inputs.system
        production = shares.tell_production(
            (orders.figures, inputs.figures),
            rows,
            trades.markets,
            orders.weights,
            trades.sellers.sales,
            telling.production,
        )
    if len(loans.fresh) > 0:
        system = loans.losses.system
        equity = shares.tell_equity(system.figures, rows, system.weights, telling.equity)
    return production, equity


@lean
def keep_all(trades: TradeChannels, loans: Loans) -> None:
    """Let the open change stand in every channel."""
    if len(trades.fresh) > 0:
        keep(trades.orders)
        keep(trades.inputs)
    if len(loans.fresh) > 0:
        keep(loans.losses)


@lean
def change_trade(
    trades: TradeChannels,
    loans: Loans,
    telling: ToldIndices,
    i: int,
    j: int,
    amount: float,
    kind: int,
) -> tuple[int, int, int, float]:
    """
    Set what i sells to j, for good; return pushes, who moved in either index, and the error.

    `CROWDED` in place of the pushes: nothing has changed. `BROAD`: the change is open.
    """
    if crowded(trades.orders.system.rows, i) > 0 or crowded(trades.inputs.system.rows, j) > 0:
        return CROWDED, 0, 0, 0.0
    note_trade(trades, i, j, amount, kind)
    first = settle(trades.orders)
    if first < 0:
        return BROAD, 0, 0, 0.0
    second = settle(trades.inputs)
    if second < 0:
        return BROAD, 0, 0, 0.0
    if amount == 0.0:
        drop_trade(trades, i, j)
    telling.rows[0], telling.rows[1] = i, j
    production, equity = tell(trades, loans, telling, telling.rows)
    keep_all(trades, loans)
    return first + second, production, equity, error(trades, loans)


@lean
def change_exposure(
    trades: TradeChannels,
    loans: Loans,
    telling: ToldIndices,
    creditor: int,
    debtor: int,
    amount: float,
) -> tuple[int, int, int, float]:
    """
    Set what a debtor owes, for good; return as `change_trade` does.

    `POOR` in place of the pushes: the creditor has no equity, and nothing has changed.
    """
    system = loans.losses.system
    if amount > 0.0 and loans.equity[creditor] == 0.0:
        return POOR, 0, 0, 0.0
    if crowded(system.rows, creditor) > 0:
        return CROWDED, 0, 0, 0.0
    note_exposure(loans, creditor, debtor, amount)
    pushes = settle(loans.losses)
    if pushes < 0:
        return BROAD, 0, 0, 0.0
    if amount == 0.0:
        remove(system.rows, creditor, debtor)
    telling.rows[0] = telling.rows[1] = creditor
    production, equity = tell(trades, loans, telling, telling.rows)
    keep_all(trades, loans)
    return pushes, production, equity, error(trades, loans)
