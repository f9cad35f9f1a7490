"""The indices of all firms, refreshed by every change."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from threading import RLock
from typing import Self

import numpy as np

from graph.arrays.dtypes import FloatArray
from graph.errors import InvalidInput
from graph.network.firms import FirmRows, Frame, called, firm_frame, whole_number
from graph.spread.production.economy import Economy
from graph.stress.live import results, steps
from graph.stress.live.kernels import pools
from graph.stress.live.kernels.changes import BOUND_MAX, BROAD
from graph.stress.live.lending import LendingChannel
from graph.stress.live.quick import Found, Quick
from graph.stress.live.results import Claims, How, Refresh
from graph.stress.live.solution import Solution
from graph.stress.live.state import Applied, Change, Channels
from graph.stress.live.telling import Telling
from graph.stress.live.trading import Trading

TOLERANCE = 1e-3
SLACK = 0.02
KINDS = (0, 1, 2)


class Live:
    """
    The indices of all firms as linear solves that follow every change.

    Two indices are kept, in the unit of their weights, by row:

        production_i = w_i + y_i + sigma_i z_i        equity_i = w_i + x_i

    with y, z, x the least solutions of `kernels/shares.py` and `residual.py`. It is the
    estimate from above that `graph.contagion.bracket` and `bracket_equity` start from: what the
    firm's closure costs everybody if nobody ever loses the same thing twice. It is above the value
    as long as no market loses more of itself than its slack, which is not checked here: `bracket`
    gives the certified figure.

    `error` bounds how far y, z and x are from an exact solve of the same equations: by no more
    than that share of themselves, or of a billionth of the mean weight, whichever is larger.

    One `Live` may be used by many threads; changes are made one after another.
    """

    def __init__(
        self, state: Channels, *, tolerance: float, threads: int, ids: Sequence[str] | None = None
    ) -> None:
        self._state = state
        self._tolerance = tolerance
        self._threads = threads
        self._firms = FirmRows(state.firms, ids)
        self._telling = Telling.of(state, tolerance)
        self._quick: Quick | None = None
        self._job: tuple[Future[None], Channels] | None = None
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
                stated and its sales inside (times 1 + leakage if it states none); cost likewise.
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
        ids = _known_ids(economy, claims)
        if economy is not None:
            trading = Trading.of(
                economy, tolerance=tolerance, slack=slack, replaceability=replaceability
            )
        if claims is not None:
            lending = LendingChannel.of(replace(claims, ids=ids), tolerance=tolerance)
        if trading is None and lending is None:
            raise InvalidInput("neither an economy nor claims are given")
        if trading and lending and len(trading.fresh) != len(lending.fresh):
            raise InvalidInput(
                f"the economy has {len(trading.fresh)} firms, the claims {len(lending.fresh)}"
            )
        state = Channels(trading, lending)
        state.solve(threads)
        return cls(state, tolerance=tolerance, threads=threads, ids=ids)

    def __len__(self) -> int:
        return len(self._firms)

    @property
    def ids(self) -> Sequence[str] | None:
        """Return what the firms are called, in row order; None where they are known by row only."""
        return self._firms.ids

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

    def to_pandas(self) -> Frame:
        """Return a row a firm: firm, and its index of production and of equity where it is kept."""
        with self._lock:
            columns = {
                name: index()
                for name, index, kept in (
                    ("production", self.production, self._state.trading),
                    ("equity", self.equity, self._state.lending),
                )
                if kept is not None
            }
            return firm_frame(self.ids, **columns)

    def change_trade(
        self, supplier: int | str, buyer: int | str, amount: float, *, kind: int | None = None
    ) -> Refresh:
        """
        Set what one firm sells to another, and return what that moved.

        Args:
            supplier: Row or id of the selling firm.
            buyer: Row or id of the buying firm; a firm may supply itself.
            amount: What is sold from now on; 0 ends the trade.
            kind: Class of the input, 0, 1 or 2; that of the trade, or 1, by default.

        Raises:
            InvalidInput: An argument is not what it must be, there is no economy, or there would be
                no solution; nothing has changed then.
        """
        i, j = self._firms.row("supplier", supplier), self._firms.row("buyer", buyer)
        sum_now = results.amount("amount", amount)
        number = pools.NONE if kind is None else whole_number("kind", kind)
        if kind is not None and number not in KINDS:
            raise InvalidInput(f"kind {kind} is none of 0, 1, 2")
        self._trading()
        return self._change_quickly(
            lambda quick: quick.trade(i, j, sum_now, number),
            lambda state, log: steps.trading_of(state).change_trade(i, j, sum_now, number, log),
            lambda state, log: steps.trading_of(state).log_trade(i, j, sum_now, log),
        )

    def change_exposure(self, creditor: int | str, debtor: int | str, amount: float) -> Refresh:
        """
        Set what one firm owes another, and return what that moved.

        Args:
            creditor: Row or id of the firm that is owed; it has equity.
            debtor: Row or id of the firm that owes, another one.
            amount: What is owed from now on; 0 ends the claim.

        Raises:
            InvalidInput: An argument is not what it must be, there are no claims, or there would be
                no solution; nothing has changed then.
        """
        i, j = self._firms.row("creditor", creditor), self._firms.row("debtor", debtor)
        sum_now = results.amount("amount", amount)
        if i == j:
            raise InvalidInput(f"{called(self.ids, i)} has a claim on itself")
        self._lending()
        return self._change_quickly(
            lambda quick: quick.exposure(i, j, sum_now),
            lambda state, log: steps.lending_of(state).change_exposure(i, j, sum_now, log),
            lambda state, log: steps.lending_of(state).log_exposure(i, j, sum_now, log),
        )

    def change_firm(
        self,
        firm: int | str,
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
            firm: Its row or id.
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
        i = self._firms.row("firm", firm)
        return self._change(
            steps.of_firm(
                i, revenue=revenue, cost=cost, weight=weight, sector=sector, equity=equity
            )
        )

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
        self._state, self._quick = snapshot, None
        self._telling.all_again()
        return True

    def _change_quickly(
        self, quickly: Callable[[Quick], Found], change: Change, noted: Change
    ) -> Refresh:
        """
        Make a change in one compiled call, or step by step where that cannot be done.

        Args:
            quickly: The call.
            change: The steps.
            noted: What is left to do of them where the call found the change too broad to push.
        """
        with self._lock:
            self._take_over(wait=False)
            if self._telling.everybody:
                return self._change(change)
            if self._quick is None:
                self._quick = Quick(self._state, self._telling.told)
            pushes, production, equity, error = quickly(self._quick)
            if pushes == BROAD:
                return self._applied(self._state.apply(noted, broad=True), change)
            if pushes < 0:
                return self._change(change)
            if self._job is not None:
                self._since.append(change)
            return self._refreshed((production, equity), error, pushes, solved=False)

    def _change(self, change: Change) -> Refresh:
        with self._lock:
            self._take_over(wait=False)
            self._quick = None  # Rows may need more capacity, and other arrays.
            return self._applied(self._state.apply(change), change)

    def _applied(self, applied: Applied, change: Change) -> Refresh:
        if self._job is not None:
            self._since.append(change)
        if applied.solved:
            self._telling.all_again()
        return self._refresh(applied)

    def _refresh(self, applied: Applied) -> Refresh:
        counts = self._telling.note(self._state, applied.rows)
        self._state.keep()
        return self._refreshed(counts, self._state.error(), applied.pushes, solved=applied.solved)

    def _refreshed(
        self, counts: tuple[int, int], error: float, pushes: int, *, solved: bool
    ) -> Refresh:
        state, told, ids = self._state, self._telling.told, self._firms.ids
        production = equity = None
        if state.trading is not None:
            weight = float(state.trading.orders.weight[0])
            production = results.moved(told.production, counts[0], weight, ids)
        if state.lending is not None:
            weight = float(state.lending.losses.weight[0])
            equity = results.moved(told.equity, counts[1], weight, ids)
        how: How = "solved" if solved else "pushed"
        return Refresh(production, equity, error, self._tolerance, pushes, how)

    def _trading(self) -> Trading:
        return steps.trading_of(self._state)

    def _lending(self) -> LendingChannel:
        return steps.lending_of(self._state)


def _known_ids(economy: Economy | None, claims: Claims | None) -> Sequence[str] | None:
    ids = None if economy is None else economy.ids
    others = None if claims is None else claims.ids
    if ids is not None and others is not None and list(ids) != list(others):
        raise InvalidInput("the economy and the claims give their firms other ids")
    return others if ids is None else ids


def _shares(index: FloatArray, solution: Solution) -> FloatArray:
    weight = float(solution.weight[0])
    return index / weight if weight > 0.0 else np.zeros(len(index))
