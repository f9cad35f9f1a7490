"""What has been told of every firm's index, and which firms have moved away from it."""

from dataclasses import dataclass

import numpy as np

from graph.kernels import shares as kernel
from graph.kernels.layout import FloatArray, IntArray, RowArray
from graph.kernels.shares import Moved as Room
from graph.live.lending import Lending
from graph.live.results import Moved
from graph.live.solution import Solution
from graph.live.state import State
from graph.live.trading import Trading

TOLD = 0.5  # Of the tolerance: a firm that has moved more since it was told is told again.
MARKET = 0.25  # Of the tolerance: a market that has moved more has its firms compared.


@dataclass(slots=True)
class Told:
    """One index as it was told, and room for what has moved."""

    values: FloatArray
    room: Room
    limits: tuple[float, float]

    @classmethod
    def of(cls, values: FloatArray, floor: float, tolerance: float) -> "Told":
        """Return an index that is told for the first time."""
        firms = len(values)
        room = Room(np.empty(firms, np.int32), np.empty(firms), np.empty(firms))
        return cls(values, room, (TOLD * tolerance, floor))

    def all(self, values: FloatArray) -> int:
        """Compare all firms; return how many have moved."""
        share, floor = self.limits
        apart = np.abs(values - self.values) > share * np.maximum(self.values, floor)
        rows = np.flatnonzero(apart)
        count = len(rows)
        self.room.rows[:count] = rows
        self.room.before[:count] = self.values[rows]
        self.room.after[:count] = self.values[rows] = values[rows]
        return count

    def result(self, count: int, weight: float) -> Moved:
        """Return what has been noted, by row."""
        order = np.argsort(self.room.rows[:count])
        rows: IntArray = self.room.rows[:count][order].astype(np.int64)
        return Moved(rows, self.room.before[:count][order], self.room.after[:count][order], weight)


@dataclass(slots=True)
class Telling:
    """Both indices as they were told."""

    production: Told | None
    equity: Told | None
    tolerance: float
    everybody: bool = False

    @classmethod
    def of(cls, state: State, tolerance: float) -> "Telling":
        """Return the indices told for the first time."""
        trading, lending = state.trading, state.lending
        return cls(
            None if trading is None else _first(trading, trading.orders, tolerance),
            None if lending is None else _first(lending, lending.losses, tolerance),
            tolerance,
        )

    def all_again(self) -> None:
        """Compare all firms next time: they have been solved again."""
        self.everybody = True

    def moved(self, state: State, rows: RowArray) -> tuple[Moved | None, Moved | None]:
        """Return the firms that moved: of those an open change touched, and of its rows."""
        production = equity = None
        if state.trading is not None and self.production is not None:
            production = self._production(state.trading, self.production, rows)
        if state.lending is not None and self.equity is not None:
            equity = self._equity(state.lending, self.equity, rows)
        self.everybody = False
        return production, equity

    def _production(self, trading: Trading, told: Told, rows: RowArray) -> Moved:
        markets, weight = trading.markets, float(trading.orders.weight[0])
        if self.everybody:
            markets.told[:] = markets.sales
            return told.result(told.all(trading.index()), weight)
        orders, inputs = trading.orders.system, trading.inputs.system
        figures = (orders.figures.nodes, inputs.figures.nodes)
        count = kernel.tell_production(
            (orders.figures, inputs.figures),
            rows,
            MARKET * self.tolerance,
            markets,
            orders.weights,
            trading.books.sellers.sales,
            figures,
            told.limits,
            told.values,
            told.room,
        )
        return told.result(int(count), weight)

    def _equity(self, lending: Lending, told: Told, rows: RowArray) -> Moved:
        weight = float(lending.losses.weight[0])
        if self.everybody:
            return told.result(told.all(lending.index()), weight)
        system = lending.losses.system
        count = kernel.tell_equity(
            system.figures, rows, system.weights, told.limits, told.values, told.room
        )
        return told.result(int(count), weight)


def _first(channel: Trading | Lending, solution: Solution, tolerance: float) -> Told:
    return Told.of(channel.index(), solution.floor, tolerance)
