"""All that is kept of one economy and its claims, changed as a whole or not at all."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from graph.arrays.dtypes import RowArray
from graph.errors import GraphError
from graph.stress.live.kernels.changes import Loans, TradeChannels
from graph.stress.live.lending import LendingChannel, no_loans
from graph.stress.live.solution import Log, Solution, TooBroad
from graph.stress.live.trading import Trading, no_trades

Change = Callable[["Channels", Log], None]


@dataclass(frozen=True, slots=True)
class Applied:
    """What a change took: pushes, or to solve all again; and the firms whose rows it changed."""

    pushes: int
    solved: bool
    rows: RowArray


@dataclass(slots=True)
class Channels:
    """The channels there are."""

    trading: Trading | None
    lending: LendingChannel | None

    @property
    def firms(self) -> int:
        """Return the number of firms."""
        return max(len(each.fresh) for each in (self.trading, self.lending) if each is not None)

    @property
    def solutions(self) -> list[Solution]:
        """Return everything that is kept by pushing."""
        found = [] if self.trading is None else [self.trading.orders, self.trading.inputs]
        return found if self.lending is None else [*found, self.lending.losses]

    @property
    def kept(self) -> tuple[TradeChannels, Loans]:
        """Return all channels as kernels take them, until rows or markets need more capacity."""
        trading, lending = self.trading, self.lending
        return (
            no_trades() if trading is None else trading.trades,
            no_loans() if lending is None else lending.loans,
        )

    def copied(self) -> "Channels":
        """Return the same, nothing shared."""
        return Channels(
            None if self.trading is None else self.trading.copied(),
            None if self.lending is None else self.lending.copied(),
        )

    def solve(self, threads: int) -> None:
        """Solve every channel again; the bits do not depend on the threads."""
        channels = [each for each in (self.trading, self.lending) if each is not None]
        with ThreadPoolExecutor(max(1, min(len(channels), threads))) as pool:
            for done in [pool.submit(each.solve, max(1, threads - 1)) for each in channels]:
                done.result()

    def error(self) -> float:
        """Return the bound on the error of every index, as a share of it."""
        return max(each.error() for each in (self.trading, self.lending) if each is not None)

    def apply(self, change: Change, *, broad: bool = False) -> Applied:
        """
        Make a change, and return what it took.

        The change stays open, so that it can be told who was touched, until `keep`. One known to be
        too broad is not pushed but solved.

        Raises:
            InvalidInput: The change is refused, or leaves no solution; nothing has changed then.
        """
        log = Log()
        try:
            change(self, log)
            pushes, solved = self._settle(broad=broad)
        except GraphError:
            for each in self.solutions:
                each.put_back()
            log.revert()
            raise
        log.close()
        return Applied(pushes, solved, np.array(log.rows, np.int32))

    def _settle(self, *, broad: bool) -> tuple[int, bool]:
        """Push what a change left, or solve again; a failed solve leaves what can be undone."""
        with suppress(TooBroad):
            if not broad:
                return sum(each.settle() for each in self.solutions), False
        arrays = [each for solution in self.solutions for each in solution.solved]
        arrays += [] if self.trading is None else self.trading.taken
        before = [each.copy() for each in arrays]
        try:
            self.solve(1)
        except GraphError:
            for array, values in zip(arrays, before, strict=True):
                array[:] = values
            raise
        return 0, True

    def keep(self) -> None:
        """Let the open change stand."""
        for each in self.solutions:
            each.keep()
