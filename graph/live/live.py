"""The indices of all firms, refreshed by every change."""

from concurrent.futures import Future, ThreadPoolExecutor
from threading import RLock
from typing import Self

import numpy as np

from graph.contagion import Economy
from graph.errors import InvalidInput
from graph.kernels import growing
from graph.kernels.layout import FloatArray
from graph.live import results
from graph.live.lending import Lending
from graph.live.results import Claims, How, Refresh
from graph.live.solution import BOUND_MAX, Log, Solution
from graph.live.state import Applied, Change, State
from graph.live.telling import Telling
from graph.live.trading import Trading

TOLERANCE = 1e-3
SLACK = 0.02


class Live:
    """
    The indices of all firms as linear solves that follow every change.

    Two indices are kept, in the unit of their weights, by row:

        production_i = w_i + y_i + sigma_i z_i        equity_i = w_i + x_i

    with y, z, x the least solutions of `graph/kernels/shares.py` and `residual.py`. It is the
    estimate from above that `graph.contagion.bracket` and `bracket_equity` start from: what the
    firm's closure costs everybody if nobody ever loses the same thing twice. It is above the value
    as long as no market loses more of itself than its slack, which is not checked here: `bracket`
    gives the certified figure.

    `error` bounds how far y, z and x are from an exact solve of the same equations: by no more
    than that share of themselves, or of a billionth of the mean weight, whichever is larger.

    One `Live` may be used by many threads; changes are made one after another.
    """

    def __init__(self, state: State, *, tolerance: float, threads: int) -> None:
        self._state = state
        self._tolerance = tolerance
        self._threads = threads
        self._telling = Telling.of(state, tolerance)
        self._job: tuple[Future[None], State] | None = None
        self._since: list[Change] = []  # Changes made since the snapshot that is being solved.
        self._lock = RLock()

    @classmethod
    def build(
        cls,
        economy: Economy | None = None,
        claims: Claims | None = None,
        *,
        tolerance: float = TOLERANCE,
        slack: float = SLACK,
        replaceability: bool = True,
        threads: int = 1,
    ) -> Self:
        """
        Return the indices of an economy, of claims between its firms, or of both.

        Args:
            economy: Firms and trades. What counts as a firm's revenue is the larger of what is
                stated and its sales inside (times 1 + leakage where none is stated); cost likewise.
                Where it has no weights a firm weighs what it sells, also after a change.
            claims: Who owes whom; without weights a firm weighs its equity.
            tolerance: What the error is to stay below; a firm that moved by half of it is told.
            slack: Of itself that a market may lose before what is replaceable is underestimated.
            replaceability: Whether others of its market stand in for a failed supplier.
            threads: How many channels are solved at a time.

        Raises:
            InvalidInput: An argument is not what it must be, the two differ in firms, or a spectral
                radius is not below 1.

        Example:
            Firm 0 sells half of its revenue to 1; then all of it.

            >>> live = Live.build(Economy(2, [0], [1], [4.0], revenue=[8.0, 12.0]))
            >>> live.production().tolist()
            [1.0, 0.5]
            >>> moved = live.change_trade(0, 1, 8.0).production
            >>> moved.rows.tolist(), moved.before.tolist(), moved.after.tolist()
            ([0, 1], [4.0, 2.0], [8.0, 8.0])
        """
        if not 0.0 < tolerance <= BOUND_MAX:
            raise InvalidInput(f"tolerance {tolerance} is not in (0, {BOUND_MAX}]")
        if not 0.0 <= slack < float("inf"):
            raise InvalidInput(f"slack {slack} is negative or missing")
        if threads < 1:
            raise InvalidInput(f"threads {threads} is not at least 1")
        trading = lending = None
        if economy is not None:
            trading = Trading.of(
                economy, tolerance=tolerance, slack=slack, replaceability=replaceability
            )
        if claims is not None:
            lending = Lending.of(claims, tolerance=tolerance)
        if trading is None and lending is None:
            raise InvalidInput("neither an economy nor claims are given")
        if trading and lending and len(trading.fresh) != len(lending.fresh):
            raise InvalidInput(
                f"the economy has {len(trading.fresh)} firms, the claims {len(lending.fresh)}"
            )
        state = State(trading, lending)
        state.solve(threads)
        return cls(state, tolerance=tolerance, threads=threads)

    def __len__(self) -> int:
        return len((self._state.trading or self._state.lending).fresh)  # type: ignore[union-attr]  # One is there.

    @property
    def error(self) -> float:
        """Return the bound on the error of every index, as a share of it."""
        with self._lock:
            return self._state.error()

    @property
    def due(self) -> bool:
        """Return whether the error has passed the tolerance, so that `resolve` is called for."""
        return not self.error <= self._tolerance

    def production(self) -> FloatArray:
        """Return the index of production losses of every firm, as a share of all weight."""
        with self._lock:
            trading = self._trading()
            return _shares(trading.index(), trading.orders)

    def equity(self) -> FloatArray:
        """Return the index of equity losses of every firm, as a share of all weight."""
        with self._lock:
            lending = self._lending()
            return _shares(lending.index(), lending.losses)

    def change_trade(
        self, supplier: int, buyer: int, amount: float, *, kind: int | None = None
    ) -> Refresh:
        """
        Set what one firm sells to another, and return what that moved.

        Args:
            supplier: Row of the selling firm.
            buyer: Row of the buying firm; a firm may supply itself.
            amount: What is sold from now on; 0 ends the trade.
            kind: Class of the input, 0, 1 or 2; that of the trade, or 1, by default.

        Raises:
            InvalidInput: An argument is not what it must be, there is no economy, or there would be
                no solution; nothing has changed then.
        """
        i, j = (
            results.row(*each, len(self)) for each in (("supplier", supplier), ("buyer", buyer))
        )
        sum_now = results.amount("amount", amount)
        if kind not in (None, 0, 1, 2):
            raise InvalidInput(f"kind {kind} is none of 0, 1, 2")
        self._trading()
        number = growing.NONE if kind is None else kind
        return self._change(
            lambda state, log: _trading(state).change_trade(i, j, sum_now, number, log)
        )

    def change_exposure(self, creditor: int, debtor: int, amount: float) -> Refresh:
        """
        Set what one firm owes another, and return what that moved.

        Args:
            creditor: Row of the firm that is owed; it has equity.
            debtor: Row of the firm that owes, another one.
            amount: What is owed from now on; 0 ends the claim.

        Raises:
            InvalidInput: An argument is not what it must be, there are no claims, or there would be
                no solution; nothing has changed then.
        """
        i, j = (
            results.row(*each, len(self)) for each in (("creditor", creditor), ("debtor", debtor))
        )
        sum_now = results.amount("amount", amount)
        if i == j:
            raise InvalidInput(f"firm {i} has a claim on itself")
        self._lending()
        return self._change(lambda state, log: _lending(state).change_exposure(i, j, sum_now, log))

    def change_firm(
        self,
        firm: int,
        *,
        revenue: float | None = None,
        cost: float | None = None,
        weight: float | None = None,
        sector: int | None = None,
        equity: float | None = None,
    ) -> Refresh:
        """
        Set what is known of one firm, and return what that moved.

        Args:
            firm: Its row.
            revenue: What it states; the larger of it and its sales inside counts.
            cost: What it states; the larger of it and its purchases inside counts.
            weight: What it counts in the index of production; only where weights were given.
            sector: Number of its sector, as in the economy; a new one, or -1 for none. Its market
                goes along unless the economy stated markets.
            equity: What it can lose; above 0 where it is owed something.

        Raises:
            InvalidInput: An argument is not what it must be, what it changes is not kept here, or
                there would be no solution; nothing has changed then.
        """
        i = results.row("firm", firm, len(self))
        steps = _steps(i, revenue=revenue, cost=cost, weight=weight, equity=equity)
        if sector is not None:
            number = int(sector)
            steps.append(lambda state, log: _trading(state).change_sector(i, number, log))

        def change(state: State, log: Log) -> None:
            for step in steps:
                step(state, log)

        return self._change(change)

    def resolve(self, *, wait: bool = False) -> Refresh | None:
        """
        Solve all again beside the changes that go on, and put the exact figures in their place.

        A copy of the state is solved in a thread of its own; changes made meanwhile are made
        again on it. It takes over at the first change, or call of this, after it is done: the
        figures are then the same however long it took.

        Args:
            wait: Whether to wait until it has taken over.

        Returns:
            What that moved, or None where it has not taken over yet.
        """
        with self._lock:
            if self._job is None:
                snapshot = self._state.copied()
                pool = ThreadPoolExecutor(1)
                self._job = pool.submit(snapshot.solve, self._threads), snapshot
                self._since.clear()
                pool.shutdown(wait=False)
            if not (self._take_over(wait=wait)):
                return None
            return self._refresh(Applied(0, solved=True, rows=np.zeros(0, np.int32)))

    def _take_over(self, *, wait: bool) -> bool:
        """Put a solved copy in place, if there is one; return whether that was done."""
        if self._job is None or not (wait or self._job[0].done()):
            return False
        future, snapshot = self._job
        self._job = None
        changes = self._since.copy()
        self._since.clear()
        if future.exception() is not None and not wait:
            return False  # What is kept stands, and is still due: who waits is told why.
        future.result()
        for change in changes:
            snapshot.apply(change)
            snapshot.keep()
        self._state = snapshot
        self._telling.all_again()
        return True

    def _change(self, change: Change) -> Refresh:
        with self._lock:
            self._take_over(wait=False)
            applied = self._state.apply(change)
            if self._job is not None:
                self._since.append(change)
            if applied.solved:
                self._telling.all_again()
            return self._refresh(applied)

    def _refresh(self, applied: Applied) -> Refresh:
        production, equity = self._telling.moved(self._state, applied.rows)
        self._state.keep()
        how: How = "solved" if applied.solved else "pushed"
        error = self._state.error()
        return Refresh(production, equity, error, self._tolerance, applied.pushes, how)

    def _trading(self) -> Trading:
        return _trading(self._state)

    def _lending(self) -> Lending:
        return _lending(self._state)


def _trading(state: State) -> Trading:
    if state.trading is None:
        raise InvalidInput("there is no economy here, only claims")
    return state.trading


def _lending(state: State) -> Lending:
    if state.lending is None:
        raise InvalidInput("there are no claims here, only an economy")
    return state.lending


def _shares(index: FloatArray, solution: Solution) -> FloatArray:
    weight = float(solution.weight[0])
    return index / weight if weight > 0.0 else np.zeros(len(index))


def _steps(
    i: int, *, revenue: float | None, cost: float | None, weight: float | None, equity: float | None
) -> list[Change]:
    """Return a change for everything that is given."""
    steps: list[Change] = []
    if revenue is not None:
        stated = results.amount("revenue", revenue)
        steps.append(lambda state, log: _trading(state).change_revenue(i, stated, log))
    if cost is not None:
        spent = results.amount("cost", cost)
        steps.append(lambda state, log: _trading(state).change_cost(i, spent, log))
    if weight is not None:
        counted = results.amount("weight", weight)
        steps.append(lambda state, log: _trading(state).change_weight(i, counted, log))
    if equity is not None:
        buffer = results.amount("equity", equity)
        steps.append(lambda state, log: _lending(state).change_equity(i, buffer, log))
    return steps
