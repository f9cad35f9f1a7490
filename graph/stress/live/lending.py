"""Equity losses of all firms, kept while exposures and equity change."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from graph.arrays.dtypes import FloatArray
from graph.errors import InvalidInput
from graph.network.firms import FirmRows, called, doubles, pairs_of
from graph.spread.equity.debtrank import Exposures
from graph.spread.production.kernels import layout
from graph.stress.live.kernels import changes, pools, shares
from graph.stress.live.kernels.changes import Loans
from graph.stress.live.results import Claims
from graph.stress.live.solution import Log, Solution


@dataclass(slots=True)
class LendingChannel:
    """The channel of equity losses."""

    equity: FloatArray
    weighed_by_equity: bool
    losses: Solution
    fresh: FloatArray
    was: npt.NDArray[Any]
    ids: Sequence[str] | None

    @property
    def loans(self) -> Loans:
        """Return the channel as kernels take it, until its rows need more space."""
        facts = np.zeros(1, changes.FACTS)
        facts["by_amounts"] = self.weighed_by_equity
        return Loans(self.losses.channel, self.equity, facts, self.was, self.fresh)

    @classmethod
    def of(cls, claims: Claims, *, tolerance: float) -> "LendingChannel":
        """Return the channel of claims, yet to be solved."""
        Exposures.build(  # It refuses what is wrong.
            claims.equity,
            creditors=claims.creditors,
            debtors=claims.debtors,
            amounts=claims.amounts,
            weights=claims.weights,
            ids=claims.ids,
        )
        equity = doubles(claims.equity, "equity").copy()
        firms = len(equity)
        known = FirmRows(firms, claims.ids)
        ends = {"creditors": claims.creditors, "debtors": claims.debtors}
        creditors, debtors, amounts = pairs_of(known, claims.amounts, ends)
        kinds, space = np.ones(len(amounts), np.int8), layout.sort_workspace(len(amounts))
        found = layout.sum_pairs((creditors, debtors), amounts, kinds, np.arange(firms), space)
        kept = found.amounts > 0.0
        poor = kept & (equity[found.suppliers] == 0.0)
        if poor.any():
            raise InvalidInput(
                f"{called(known.ids, int(found.suppliers[np.argmax(poor)]))} is owed something and "
                "has no equity: what its debtors cost is without bound"
            )
        owed = pools.lay_out(
            found.suppliers[kept],
            found.buyers[kept],
            found.amounts[kept],
            found.classes[kept],
            firms,
        )
        weights = equity if claims.weights is None else np.array(claims.weights, np.float64)
        losses = Solution.of("equity", owed, weights.copy(), tolerance)
        was = np.zeros(1, changes.WAS)
        made = cls(equity, claims.weights is None, losses, np.empty(firms), was, known.ids)
        shares.all_supplies(losses.system, equity, made.fresh)
        return made

    def copied(self) -> "LendingChannel":
        """Return the same channel, nothing shared."""
        owed = pools.copied(self.losses.system.rows)
        return LendingChannel(
            self.equity.copy(),
            self.weighed_by_equity,
            self.losses.copied(owed),
            self.fresh.copy(),
            self.was.copy(),
            self.ids,
        )

    def solve(self, threads: int) -> None:  # noqa: ARG002  # There is one system.
        """Solve the channel."""
        self.losses.solve(lags=False)

    def error(self) -> float:
        """Return the bound on the error of every index, as a share of it."""
        return self.losses.bound()

    def index(self) -> FloatArray:
        """Return the index of every firm, in the unit of the weights."""
        return self.losses.system.weights + self.losses.values()

    def change_exposure(self, creditor: int, debtor: int, amount: float, log: Log) -> None:
        """Set what a debtor owes, and note what that leaves wrong."""
        if amount > 0.0 and self.equity[creditor] == 0.0:
            raise InvalidInput(
                f"{called(self.ids, creditor)} has no equity and cannot be owed anything here"
            )
        self.losses.reserve(creditor)
        changes.note_exposure(self.loans, creditor, debtor, amount)
        self.log_exposure(creditor, debtor, amount, log)

    def log_exposure(self, creditor: int, debtor: int, amount: float, log: Log) -> None:
        """Log an exposure that has been noted."""
        loans = self.loans
        log.undo.append(partial(changes.undo_exposure, loans, creditor, debtor, loans.was.copy()))
        log.rows.append(creditor)
        if amount == 0.0:
            rows = self.losses.system.rows
            log.after.append(partial(pools.remove, rows, creditor, debtor))

    def change_equity(self, i: int, equity: float, log: Log) -> None:
        """Set what a firm can lose, and note what that leaves wrong."""
        if equity == 0.0 and self.losses.system.rows.spans[i]["count"] > 0:
            raise InvalidInput(
                f"{called(self.ids, i)} is owed something: its equity cannot be 0 here"
            )
        log.put(self.equity, i, equity)
        self._share_out(i, log)

    def _share_out(self, i: int, log: Log) -> None:
        before = float(self.losses.system.weights[i])
        weight = float(self.equity[i]) if self.weighed_by_equity else before
        self.losses.supply(i, float(self.equity[i]), weight, self.fresh, log)
        log.again.append(partial(self._write, i, before))

    def _write(self, i: int, weight: float) -> None:
        equity = float(self.equity[i])
        shares.supply(self.losses.system, i, equity, weight, self.fresh, shares.SILENT)


def no_loans() -> Loans:
    """Return what kernels take where no claims are kept."""
    return LendingChannel.of(Claims([], [], [], []), tolerance=1.0).loans
