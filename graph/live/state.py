"""All that is kept of one economy and its claims, changed as a whole or not at all."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from graph.errors import GraphError
from graph.kernels.layout import RowArray
from graph.live.lending import Lending
from graph.live.solution import Log, Solution, TooBroad
from graph.live.trading import Trading

Change = Callable[["State", Log], None]


@dataclass(frozen=True, slots=True)
class Applied:
    """What a change took: pushes, or to solve all again; and the firms whose rows it changed."""

    pushes: int
    solved: bool
    rows: RowArray


@dataclass(slots=True)
class State:
    """The channels there are."""

    trading: Trading | None
    lending: Lending | None

    @property
    def solutions(self) -> list[Solution]:
        """Return everything that is kept by pushing."""
        found = [] if self.trading is None else [self.trading.orders, self.trading.inputs]
        return found if self.lending is None else [*found, self.lending.losses]

    def copied(self) -> "State":
        """Return the same, nothing shared."""
        return State(
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

    def apply(self, change: Change) -> Applied:
        """
        Make a change, and return what it took.

        The change stays open, so that it can be told who was touched, until `keep`.

        Raises:
            InvalidInput: The change is refused, or leaves no solution; nothing has changed then.
        """
        log = Log()
        try:
            change(self, log)
            pushes, solved = self._settle()
        except GraphError:
            for each in self.solutions:
                each.put_back()
            log.revert()
            raise
        log.close()
        return Applied(pushes, solved, np.array(log.rows, np.int32))

    def _settle(self) -> tuple[int, bool]:
        try:
            return sum(each.settle() for each in self.solutions), False
        except TooBroad:
            self._solve_or_restore()
            return 0, True

    def _solve_or_restore(self) -> None:
        """Solve again; where that fails, leave the figures as the open change can undo them."""
        arrays = [each for solution in self.solutions for each in solution.solved]
        arrays += [] if self.trading is None else self.trading.taken
        before = [each.copy() for each in arrays]
        kept = [replace(each) for each in self.solutions]
        try:
            self.solve(1)
        except GraphError:
            for array, values in zip(arrays, before, strict=True):
                array[:] = values
            for each, was in zip(self.solutions, kept, strict=True):
                each.take(was)
            raise

    def keep(self) -> None:
        """Let the open change stand."""
        for each in self.solutions:
            each.keep()
