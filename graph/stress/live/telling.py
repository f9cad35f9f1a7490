"""What has been told of every firm's index, and which firms have moved away from it."""

from dataclasses import dataclass

import numpy as np

from graph.arrays.dtypes import FloatArray, RowArray
from graph.stress.live.kernels import changes, shares
from graph.stress.live.kernels.shares import ToldIndex
from graph.stress.live.state import Channels

TOLD = 0.5  # Of the tolerance: a firm that has moved more since it was told is told again.
MARKET = 0.25  # Of the tolerance: a market that has moved more has its firms compared.


def first_told(values: FloatArray, floor: float, tolerance: float) -> ToldIndex:
    """Return an index that is told for the first time."""
    firms = len(values)
    limits = np.array([TOLD * tolerance, floor, MARKET * tolerance])
    return ToldIndex(values, np.empty(firms, np.int64), np.empty(firms), np.empty(firms), limits)


def note_all(told: ToldIndex, values: FloatArray) -> int:
    """Compare all firms; return how many have moved."""
    apart = np.abs(values - told.values) > told.limits[shares.SHARE] * np.maximum(
        told.values, told.limits[shares.FLOOR]
    )
    rows = np.flatnonzero(apart)
    count = len(rows)
    told.rows[:count] = rows
    told.before[:count] = told.values[rows]
    told.after[:count] = told.values[rows] = values[rows]
    return count


@dataclass(slots=True)
class Telling:
    """Both indices as they were told; one that is not kept has no firms."""

    told: changes.ToldIndices
    everybody: bool = False

    @classmethod
    def of(cls, state: Channels, tolerance: float) -> "Telling":
        """Return the indices told for the first time."""
        trading, lending = state.trading, state.lending
        nothing = np.zeros(0), 0.0
        production = nothing if trading is None else (trading.index(), trading.orders.floor)
        equity = nothing if lending is None else (lending.index(), lending.losses.floor)
        first, second = (first_told(*each, tolerance) for each in (production, equity))
        return cls(changes.ToldIndices(first, second, np.zeros(2, np.int32)))

    def all_again(self) -> None:
        """Compare all firms next time: they have been solved again."""
        self.everybody = True

    def note(self, state: Channels, rows: RowArray) -> tuple[int, int]:
        """Note the firms that moved: of those an open change touched, and of its rows."""
        if not self.everybody:
            production, equity = changes.tell(*state.kept, self.told, rows)
            return int(production), int(equity)
        self.everybody = False
        production = equity = 0
        if state.trading is not None:
            state.trading.markets.told[:] = state.trading.markets.sales
            production = note_all(self.told.production, state.trading.index())
        if state.lending is not None:
            equity = note_all(self.told.equity, state.lending.index())
        return production, equity
