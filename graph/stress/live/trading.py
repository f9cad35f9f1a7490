"""Production losses of all firms, kept while trades and firms change."""

import copy
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from graph.arrays import sums
from graph.arrays.dtypes import Classes, FloatArray, IntArray, RowArray
from graph.errors import InvalidInput
from graph.network.firms import checked_ids
from graph.spread.production.economy import Economy, column_of, numbers_of, stated_of, trades_of
from graph.spread.production.kernels import layout
from graph.stress.live.kernels import changes, pools, sweeps
from graph.stress.live.kernels import shares as kernel
from graph.stress.live.kernels.changes import TradeChannels
from graph.stress.live.kernels.pools import PooledRows
from graph.stress.live.kernels.shares import UNKNOWN, Markets, Sellers
from graph.stress.live.solution import Log, Solution


@dataclass(slots=True)
class Accounts:
    """What firms trade, state and count."""

    sellers: Sellers
    revenue: FloatArray  # As stated, 0 where nothing is.
    revenue_least: FloatArray  # What of its sales counts as a firm's revenue at least.
    weighed_by_sales: bool
    numbers: dict[int, int]  # Of sectors, as given: places in arrays.

    def copied(self) -> "Accounts":
        """Return the same, nothing shared."""
        return Accounts(
            copy.deepcopy(self.sellers),
            self.revenue.copy(),
            self.revenue_least.copy(),
            self.weighed_by_sales,
            self.numbers.copy(),
        )

    def revenue_of(self, i: int) -> float:
        """Return what counts as a firm's revenue."""
        return max(float(self.revenue[i]), float(self.sellers.sales[i] * self.revenue_least[i]))


@dataclass(slots=True)
class Trading:
    """The two channels of production losses and the markets that join them."""

    books: Accounts
    markets: Markets
    markets_are_sectors: bool
    orders: Solution
    inputs: Solution
    above: float  # 1 and the slack of a market.
    fresh: FloatArray
    was: npt.NDArray[Any]

    @property
    def trades(self) -> TradeChannels:
        """Return the channels as kernels take them, until rows or markets need more capacity."""
        books, facts = self.books, np.zeros(1, changes.FACTS)
        facts["above"], facts["by_amounts"] = self.above, books.weighed_by_sales
        return TradeChannels(
            orders=self.orders.channel,
            inputs=self.inputs.channel,
            markets=self.markets,
            sellers=books.sellers,
            revenue=books.revenue,
            revenue_least=books.revenue_least,
            facts=facts,
            was=self.was,
            fresh=self.fresh,
        )

    @classmethod
    def of(
        cls, economy: Economy, *, tolerance: float, slack: float, replaceability: bool
    ) -> "Trading":
        """Return the channels of an economy, yet to be solved."""
        books, trades = _books(economy)
        suppliers, buyers, amounts, classes = trades
        given = books.sellers.sector if economy.markets is None else numbers_of(economy, "markets")
        market = _compact(given)[0] if replaceability else np.full(economy.firms, UNKNOWN)
        weights = column_of(economy, "weights", books.sellers.sales)
        firms = economy.firms
        sold = pools.lay_out(suppliers, buyers, amounts, classes, firms)
        bought = pools.lay_out(buyers, suppliers, amounts, classes, firms)
        made = cls(
            books,
            _markets(market, books.sellers.sales),
            replaceability and economy.markets is None,
            Solution.of("orders", sold, weights.copy(), tolerance),
            Solution.of("inputs", bought, weights.copy(), tolerance),
            1.0 + slack,
            np.empty(firms),
            np.zeros(1, changes.WAS),
        )
        revenue = np.maximum(books.revenue, books.sellers.sales * books.revenue_least)
        kernel.all_supplies(made.orders.system, revenue, made.fresh)
        kernel.all_needs(made.inputs.system, made.markets, books.sellers, made.above, made.fresh)
        return made

    def copied(self) -> "Trading":
        """Return the same channels, nothing shared."""
        rows = (pools.copied(each.system.rows) for each in (self.orders, self.inputs))
        sold, bought = rows
        markets = self.markets
        return Trading(
            self.books.copied(),
            Markets(
                markets.market.copy(),
                pools.copied(markets.members),
                markets.sales.copy(),
                markets.used.copy(),
                markets.walked.copy(),
                markets.told.copy(),
            ),
            self.markets_are_sectors,
            self.orders.copied(sold),
            self.inputs.copied(bought),
            self.above,
            self.fresh.copy(),
            self.was.copy(),
        )

    def solve(self, threads: int) -> None:
        """Take the markets as they are and solve both channels."""
        markets, sales = self.markets, self.books.sellers.sales
        for market in range(len(markets.sales)):
            total = kernel.sum_market(markets, sales, market)
            markets.sales[market] = markets.used[market] = markets.walked[market] = total
            kernel.gains_of(self.inputs.system, markets, market, sales, self.above)
        with ThreadPoolExecutor(min(2, threads)) as pool:
            for done in [
                pool.submit(self.orders.solve, lags=False),
                pool.submit(self.inputs.solve, lags=True),
            ]:
                done.result()

    @property
    def taken(self) -> list[FloatArray]:
        """Return the arrays of the markets that a full solve writes to."""
        return [self.markets.sales, self.markets.used, self.markets.walked]

    def error(self) -> float:
        """Return the bound on the error of every index, as a share of it."""
        lag, late = kernel.lags(self.markets)
        return max(self.orders.bound(), self.inputs.bound(float(lag), float(late)))

    def index(self) -> FloatArray:
        """Return the index of every firm, in the unit of the weights."""
        found = np.empty(len(self.fresh))
        y, z = (each.system.figures.nodes for each in (self.orders, self.inputs))
        sales = self.books.sellers.sales
        kernel.all_production(self.markets, self.orders.system.weights, sales, y, z, found)
        return found

    def change_trade(self, i: int, j: int, amount: float, kind: int, log: Log) -> None:
        """Set what i sells to j, and note what that leaves wrong."""
        self.orders.reserve(i)
        self.inputs.reserve(j)
        changes.note_trade(self.trades, i, j, amount, kind)
        self.log_trade(i, j, amount, log)

    def log_trade(self, i: int, j: int, amount: float, log: Log) -> None:
        """Log a trade that has been noted."""
        trades = self.trades
        log.undo.append(partial(changes.undo_trade, trades, i, j, trades.was.copy()))
        log.rows += [i, j]
        if amount == 0.0:
            log.after.append(partial(changes.drop_trade, trades, i, j))

    def change_revenue(self, i: int, stated: float, log: Log) -> None:
        """Set what a firm states as its revenue."""
        log.put(self.books.revenue, i, stated)
        self._supply(i, float(self.orders.system.weights[i]), log)

    def change_cost(self, j: int, stated: float, log: Log) -> None:
        """Set what a firm states as its cost."""
        log.put(self.books.sellers.cost, j, stated)
        self._need(j, log)

    def change_weight(self, i: int, weight: float, log: Log) -> None:
        """Set what a firm counts."""
        if self.books.weighed_by_sales:
            raise InvalidInput("firms weigh what they sell here: a weight cannot be stated")
        self._supply(i, weight, log)
        self._need(i, log)

    def change_sector(self, i: int, number: int, log: Log) -> None:
        """Move a firm to another sector, and to its market where markets are sectors."""
        place, old = self._sector_place(number), int(self.markets.market[i])
        log.put(self.books.sellers.sector, i, place)
        rows = self.orders.system.rows
        start = int(rows.spans[i]["start"])
        ends = rows.entries["end"][start : start + int(rows.spans[i]["count"])]
        if self.markets_are_sectors and place != old:
            self._move(i, place, log)
        for j in np.unique(np.append(ends, i)).tolist():
            self._need(j, log)
        self._catch_up(old, log)
        self._catch_up(int(self.markets.market[i]), log)

    def _sector_place(self, number: int) -> int:
        if number < 0:
            return UNKNOWN
        books = self.books
        place = books.numbers.setdefault(number, len(books.numbers))
        if place == len(books.sellers.sums):
            sums = np.append(books.sellers.sums, 0.0)
            books.sellers = books.sellers._replace(sums=sums)
        return place

    def _move(self, i: int, place: int, log: Log) -> None:
        """Take a firm's sales from one market to another."""
        sales, old = float(self.books.sellers.sales[i]), int(self.markets.market[i])
        if place >= len(self.markets.sales):
            self.markets = _enlarged(self.markets, place + 1)
        markets = self.markets
        log.put(markets.market, i, place)
        if old != UNKNOWN:
            log.put(markets.sales, old, markets.sales[old] - sales)
        if place != UNKNOWN:
            self._join(i, place, log)
            log.put(markets.sales, place, markets.sales[place] + sales)
        if old != UNKNOWN:
            log.after.append(partial(pools.remove, self.markets.members, old, i))

    def _join(self, i: int, place: int, log: Log) -> None:
        lacking = int(pools.crowded(self.markets.members, place))
        if lacking:
            members = pools.enlarged(self.markets.members, lacking)
            self.markets = self.markets._replace(members=members)
        pools.add(self.markets.members, place, i, 0)
        log.undo.append(partial(pools.remove, self.markets.members, place, i))

    def _supply(self, i: int, weight: float, log: Log) -> None:
        """Share a supplier's revenue out to its buyers."""
        before = float(self.orders.system.weights[i])
        self.orders.supply(i, self.books.revenue_of(i), weight, self.fresh, log)
        log.again.append(partial(self._write_supply, i, before))

    def _write_supply(self, i: int, weight: float) -> None:
        revenue = self.books.revenue_of(i)
        kernel.supply(self.orders.system, i, revenue, weight, self.fresh, kernel.SILENT)

    def _need(self, j: int, log: Log) -> None:
        """Share a buyer's needs out to its suppliers; its weight is that of the orders."""
        log.again.append(partial(self._write_need, j, track=kernel.SILENT))
        log.rows.append(j)
        self._write_need(j, track=kernel.NOTED)

    def _write_need(self, j: int, *, track: bool) -> None:
        system, sellers = self.inputs.system, self.books.sellers
        weight = float(self.orders.system.weights[j])
        kernel.need(system, j, self.markets, sellers, self.above, weight, self.fresh, track)

    def _catch_up(self, market: int, log: Log) -> None:
        """Fold a market that has moved too far into the gains of its firms."""
        if market == UNKNOWN:
            return
        markets, sales = self.markets, self.books.sellers.sales
        for array in (markets.sales, markets.used, markets.walked):
            log.put(array, market, float(array[market]))
        system, above = self.inputs.system, self.above
        if changes.catch_up(self.trades, market):
            log.again.append(partial(kernel.gains_of, system, markets, market, sales, above))
            log.again.append(partial(sweeps.begin, system, kernel.SILENT))


def no_trades() -> TradeChannels:
    """Return what kernels take where no economy is kept."""
    nobody = Economy(0, [], [], [])
    return Trading.of(nobody, tolerance=1.0, slack=0.0, replaceability=True).trades


def _books(economy: Economy) -> tuple[Accounts, tuple[RowArray, RowArray, FloatArray, Classes]]:
    checked_ids(economy.ids, economy.firms)
    suppliers, buyers, amounts, classes = trades_of(economy)
    if not (np.isfinite(economy.leakage) and economy.leakage >= 0.0):
        raise InvalidInput(f"leakage {economy.leakage} is negative or missing")
    space, rows = layout.sort_workspace(len(suppliers)), np.arange(economy.firms)
    found = layout.sum_pairs((suppliers, buyers), amounts, classes, rows, space)
    kept = found.amounts > 0.0
    trades = (found.suppliers[kept], found.buyers[kept], found.amounts[kept], found.classes[kept])
    sector, numbers = _compact(numbers_of(economy, "sectors"))
    sellers = Sellers(
        sums.added(trades[0], trades[2], economy.firms),
        sums.added(trades[1], trades[2], economy.firms),
        *stated_of(economy, "cost"),
        sector,
        np.zeros(len(numbers)),
    )
    revenue, least = stated_of(economy, "revenue")
    return Accounts(sellers, revenue, least, economy.weights is None, numbers), trades


def _compact(numbers: IntArray) -> tuple[IntArray, dict[int, int]]:
    """Return numbers from 0 without gaps, -1 for unknown, and which is which."""
    known = numbers >= 0
    compact = np.full(len(numbers), UNKNOWN)
    found, compact[known] = np.unique(numbers[known], return_inverse=True)
    return compact, {number: place for place, number in enumerate(found.tolist())}


def _markets(market: IntArray, sales: FloatArray) -> Markets:
    count = int(market.max(initial=UNKNOWN)) + 1
    known = np.flatnonzero(market >= 0)
    total = sums.added(market[known], sales[known], count)
    members = pools.lay_out(
        market[known].astype(np.int32),
        known.astype(np.int32),
        np.zeros(len(known)),
        np.zeros(len(known), np.int8),
        count,
    )
    return Markets(market, members, total, total.copy(), total.copy(), total.copy())


def _enlarged(markets: Markets, count: int) -> Markets:
    """Return markets with capacity for so many of them."""
    more = count - len(markets.sales)
    spans = np.append(markets.members.spans, np.zeros(more, pools.SPAN))
    empty = np.zeros(more)
    return Markets(
        markets.market,
        PooledRows(spans, markets.members.entries, markets.members.used),
        np.append(markets.sales, empty),
        np.append(markets.used, empty),
        np.append(markets.walked, empty),
        np.append(markets.told, empty),
    )
