"""Production losses of all firms, kept while trades and firms change."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from graph.contagion import Economy
from graph.contagion.economy import column_of, numbers_of, trades_of
from graph.errors import InvalidInput
from graph.kernels import growing, layout
from graph.kernels import shares as kernel
from graph.kernels.growing import Rows
from graph.kernels.layout import Classes, FloatArray, IntArray, RowArray
from graph.kernels.shares import UNKNOWN, Markets
from graph.live.solution import Log, Solution


@dataclass(slots=True)
class Books:
    """What firms trade, state and count, by row; `*_least` is what stated totals are held to."""

    sales: FloatArray
    purchases: FloatArray
    revenue: FloatArray  # As stated, 0 where nothing is.
    cost: FloatArray
    sector: IntArray
    revenue_least: float  # Of the sales inside.
    cost_least: float
    weighed_by_sales: bool
    numbers: dict[int, int]  # Of sectors, as given: places in arrays.

    def copied(self) -> "Books":
        """Return the same, nothing shared."""
        return Books(
            self.sales.copy(),
            self.purchases.copy(),
            self.revenue.copy(),
            self.cost.copy(),
            self.sector.copy(),
            self.revenue_least,
            self.cost_least,
            self.weighed_by_sales,
            dict(self.numbers),
        )


@dataclass(slots=True)
class Trading:
    """The two channels of production losses and the markets that join them."""

    books: Books
    markets: Markets
    markets_are_sectors: bool
    orders: Solution
    inputs: Solution
    above: float  # 1 and the slack of a market.
    sums: FloatArray  # One place for every sector, at rest 0.
    fresh: FloatArray

    @classmethod
    def of(
        cls, economy: Economy, *, tolerance: float, slack: float, replaceability: bool
    ) -> "Trading":
        """Return the channels of an economy, yet to be solved."""
        books, trades = _books(economy)
        suppliers, buyers, amounts, classes = trades
        given = books.sector if economy.markets is None else numbers_of(economy, "markets")
        market = _compact(given)[0] if replaceability else np.full(economy.firms, UNKNOWN)
        weights = column_of(economy, "weights", books.sales)
        firms = economy.firms
        sold = growing.lay_out(suppliers, buyers, amounts, classes, firms)
        bought = growing.lay_out(buyers, suppliers, amounts, classes, firms)
        made = cls(
            books,
            _markets(market, books.sales),
            replaceability and economy.markets is None,
            Solution.of("orders", sold, weights.copy(), np.ones(firms), tolerance),
            Solution.of("inputs", bought, weights.copy(), np.ones(firms), tolerance),
            1.0 + slack,
            np.zeros(len(books.numbers)),
            np.empty(firms),
        )
        made._share_out()
        return made

    def copied(self) -> "Trading":
        """Return the same channels, nothing shared."""
        rows = (growing.copied(each.system.rows) for each in (self.orders, self.inputs))
        sold, bought = rows
        markets = self.markets
        return Trading(
            self.books.copied(),
            Markets(
                markets.market.copy(),
                growing.copied(markets.members),
                markets.sales.copy(),
                markets.used.copy(),
                markets.told.copy(),
            ),
            self.markets_are_sectors,
            self.orders.copied(sold),
            self.inputs.copied(bought),
            self.above,
            self.sums.copy(),
            self.fresh.copy(),
        )

    def _share_out(self) -> None:
        """Put the shares and gains of all firms in place."""
        books, markets = self.books, self.markets
        kernel.all_ratios(self.orders.system.rows, self._revenue(), self.fresh)
        purchases, cost = (
            books.purchases,
            np.maximum(books.cost, books.purchases * books.cost_least),
        )
        rows = self.inputs.system.rows
        kernel.all_needs(rows, books.sector, self.sums, purchases, cost, self.fresh)
        kernel.all_gains(self.inputs.system.gains, markets, books.sales, self.above)

    def _revenue(self) -> FloatArray:
        return np.maximum(self.books.revenue, self.books.sales * self.books.revenue_least)

    def solve(self, threads: int) -> None:
        """Take the markets as they are and solve both channels."""
        markets, sales = self.markets, self.books.sales
        for market in range(len(markets.sales)):
            total = kernel.sum_market(markets, sales, market)
            markets.sales[market] = markets.used[market] = total
        kernel.all_gains(self.inputs.system.gains, markets, sales, self.above)
        with ThreadPoolExecutor(min(2, threads)) as pool:
            for done in [
                pool.submit(self.orders.solve, lags=False),
                pool.submit(self.inputs.solve, lags=True),
            ]:
                done.result()

    def lag(self) -> float:
        """Return how far gains lag behind the markets, as a share of themselves."""
        sales, used = self.markets.sales, self.markets.used
        known = sales > 0.0
        return float(np.max(np.abs(used[known] / sales[known] - 1.0), initial=0.0))

    def error(self) -> float:
        """Return the bound on the error of every index, as a share of it."""
        return max(self.orders.bound(), self.inputs.bound(self.lag()))

    def index(self) -> FloatArray:
        """Return the index of every firm, in the unit of the weights."""
        found = np.empty(len(self.fresh))
        y, z = (each.system.figures.nodes for each in (self.orders, self.inputs))
        sales = self.books.sales
        kernel.all_production(self.markets, self.orders.system.weights, sales, y, z, found)
        return found

    def change_trade(self, i: int, j: int, amount: float, kind: int | None, log: Log) -> None:
        """Set what i sells to j, and note what that leaves wrong."""
        self.orders.reserve(i)
        self.inputs.reserve(j)
        self.orders.set_amount(i, j, amount, kind, log)
        self.inputs.set_amount(j, i, amount, kind, log)
        log.put(self.books.purchases, j, growing.total(self.inputs.system.rows, j))
        self._needs(j, log)
        self._sell(i, log)

    def change_revenue(self, i: int, stated: float, log: Log) -> None:
        """Set what a firm states as its revenue."""
        log.put(self.books.revenue, i, stated)
        self._supply(i, float(self.orders.system.weights[i]), log)

    def change_cost(self, j: int, stated: float, log: Log) -> None:
        """Set what a firm states as its cost."""
        log.put(self.books.cost, j, stated)
        self._needs(j, log)

    def change_weight(self, i: int, weight: float, log: Log) -> None:
        """Set what a firm counts."""
        if self.books.weighed_by_sales:
            raise InvalidInput("firms weigh what they sell here: a weight cannot be stated")
        self._supply(i, weight, log)
        self._needs(i, log)

    def change_sector(self, i: int, number: int, log: Log) -> None:
        """Move a firm to another sector, and to its market where markets are sectors."""
        place = self._sector_place(number)
        log.put(self.books.sector, i, place)
        rows = self.orders.system.rows
        start = int(rows.spans[i]["start"])
        ends = rows.entries["end"][start : start + int(rows.spans[i]["count"])]
        if self.markets_are_sectors and place != self.markets.market[i]:
            self._move(i, place, log)
        for j in np.unique(np.append(ends, i)).tolist():
            self._needs(j, log)
        self._catch_up(log)

    def _sector_place(self, number: int) -> int:
        if number < 0:
            return UNKNOWN
        place = self.books.numbers.setdefault(number, len(self.books.numbers))
        if place == len(self.sums):
            self.sums = np.append(self.sums, 0.0)
        return place

    def _move(self, i: int, place: int, log: Log) -> None:
        """Take a firm's sales from one market to another."""
        sales, old = float(self.books.sales[i]), int(self.markets.market[i])
        if place >= len(self.markets.sales):
            self.markets = _enlarged(self.markets, place + 1)
        markets = self.markets
        log.put(markets.market, i, place)
        if old != UNKNOWN:
            log.put(markets.sales, old, markets.sales[old] - sales)
            log.after.append(lambda: growing.remove(self.markets.members, old, i))
        if place != UNKNOWN:
            self._join(i, place, log)
            log.put(markets.sales, place, markets.sales[place] + sales)

    def _join(self, i: int, place: int, log: Log) -> None:
        members = self.markets.members
        wanted = 2 * int(members.spans[place]["count"]) + 1
        if int(members.used[0]) + wanted > len(members.entries):
            members = growing.enlarged(members, wanted)
            self.markets = self.markets._replace(members=members)
        growing.add(members, place, i, 0)
        log.undo.append(lambda: growing.remove(members, place, i))

    def _sell(self, i: int, log: Log) -> None:
        """Reckon a firm's sales again, with all that hangs on them."""
        books, market = self.books, int(self.markets.market[i])
        before, now = float(books.sales[i]), float(growing.total(self.orders.system.rows, i))
        log.put(books.sales, i, now)
        if market != UNKNOWN:
            log.put(self.markets.sales, market, self.markets.sales[market] + (now - before))
        weight = now if books.weighed_by_sales else float(self.orders.system.weights[i])
        self._supply(i, weight, log)
        self._needs(i, log)
        self._catch_up(log)

    def _supply(self, i: int, weight: float, log: Log) -> None:
        """Share a supplier's revenue out to its buyers."""
        books = self.books
        revenue = max(float(books.revenue[i]), float(books.sales[i]) * books.revenue_least)
        kernel.ratios(self.orders.system.rows, i, revenue, self.fresh)
        self.orders.replace(i, self.fresh, weight, 1.0, log)

    def _needs(self, j: int, log: Log) -> None:
        """Share a buyer's needs out to its suppliers; its weight is that of the orders."""
        books = self.books
        purchases = float(books.purchases[j])
        cost = max(float(books.cost[j]), purchases * books.cost_least)
        rows = self.inputs.system.rows
        kernel.needs(rows, j, books.sector, self.sums, purchases, cost, self.fresh)
        gain = kernel.gain(self.markets, self.above, j, float(books.sales[j]))
        weight = float(self.orders.system.weights[j])
        self.inputs.replace(j, self.fresh, weight, float(gain), log)

    def _catch_up(self, log: Log) -> None:
        """Fold markets that have moved too far into the gains of their firms."""
        markets, sales = self.markets, self.books.sales
        apart = np.abs(markets.used - markets.sales) > self.inputs.lag_max * markets.sales
        for market in np.flatnonzero(apart).tolist():
            total = float(kernel.sum_market(markets, sales, market))
            log.put(markets.sales, market, total)
            log.put(markets.used, market, total)
            start = int(markets.members.spans[market]["start"])
            stop = start + int(markets.members.spans[market]["count"])
            log.keep(self.inputs.system.gains, markets.members.entries["end"][start:stop].copy())
            kernel.fold(self.inputs.system, markets, market, sales, self.above)


def _books(economy: Economy) -> tuple[Books, tuple[RowArray, RowArray, FloatArray, Classes]]:
    suppliers, buyers, amounts, classes = trades_of(economy)
    if not (np.isfinite(economy.leakage) and economy.leakage >= 0.0):
        raise InvalidInput(f"leakage {economy.leakage} is negative or missing")
    ends = suppliers.astype(np.int32), buyers.astype(np.int32)
    found = layout.sum_pairs(*ends, amounts, classes, economy.firms)
    kept = found.amounts > 0.0
    trades = (
        found.suppliers[kept],
        found.buyers[kept],
        found.amounts[kept],
        found.classes[kept],
    )
    sector, numbers = _compact(numbers_of(economy, "sectors"))
    least = 1.0 + economy.leakage
    books = Books(
        layout.added(trades[0], trades[2], economy.firms),
        layout.added(trades[1], trades[2], economy.firms),
        column_of(economy, "revenue", np.zeros(economy.firms)).copy(),
        column_of(economy, "cost", np.zeros(economy.firms)).copy(),
        sector,
        least if economy.revenue is None else 1.0,
        least if economy.cost is None else 1.0,
        economy.weights is None,
        numbers,
    )
    return books, trades


def _compact(numbers: IntArray) -> tuple[IntArray, dict[int, int]]:
    """Return numbers from 0 without gaps, -1 for unknown, and which is which."""
    known = numbers >= 0
    compact = np.full(len(numbers), UNKNOWN)
    found, compact[known] = np.unique(numbers[known], return_inverse=True)
    return compact, {number: place for place, number in enumerate(found.tolist())}


def _markets(market: IntArray, sales: FloatArray) -> Markets:
    count = int(market.max(initial=UNKNOWN)) + 1
    known = np.flatnonzero(market >= 0)
    total = layout.added(market[known], sales[known], count)
    members = growing.lay_out(
        market[known].astype(np.int32),
        known.astype(np.int32),
        np.zeros(len(known)),
        np.zeros(len(known), np.int8),
        count,
    )
    return Markets(market, members, total, total.copy(), total.copy())


def _enlarged(markets: Markets, count: int) -> Markets:
    """Return markets with room for so many of them."""
    more = count - len(markets.sales)
    spans = np.append(markets.members.spans, np.zeros(more, growing.SPAN))
    empty = np.zeros(more)
    return Markets(
        markets.market,
        Rows(spans, markets.members.entries, markets.members.used),
        np.append(markets.sales, empty),
        np.append(markets.used, empty),
        np.append(markets.told, empty),
    )
