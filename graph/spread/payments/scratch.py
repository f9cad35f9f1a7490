"""Scenarios of many that are cleared from scratch, and what they change."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from graph.arrays.dtypes import FloatArray, IntArray
from graph.errors import NotConverged
from graph.spread.payments.clearing import Clearing, cleared
from graph.spread.payments.kernels import clearing as exact
from graph.spread.payments.kernels import decrements as kernel
from graph.spread.payments.kernels.clearing import SHORT
from graph.spread.payments.prepared import Cleared


@dataclass(frozen=True, slots=True)
class Changes:
    """
    Who is worse off than before the loss, scenario after scenario, rows in ascending order.

    Args:
        offsets: Where each scenario begins in the columns, and one end more.
        rows: The firms.
        payments: What each pays less, to creditors inside and outside.
        equity: What its owners have less; a failed firm's have nothing.
        rounds: Round in which a firm failed that had not before, from 1; 0 it did not. In round 1
            the losses alone are felt, in each later one what paid less in the one before; -1 where
            the scenario was cleared from scratch, which knows no such rounds.
    """

    offsets: IntArray
    rows: IntArray
    payments: FloatArray
    equity: FloatArray
    rounds: IntArray

    def of(self, scenario: int) -> slice:
        """Return where one scenario stands."""
        return slice(int(self.offsets[scenario]), int(self.offsets[scenario + 1]))


@dataclass(frozen=True, slots=True)
class Scratch:
    """One scenario that was cleared from scratch."""

    totals: FloatArray
    changes: Changes | None


def from_scratch(
    base: Cleared, losses: kernel.FirstLosses, chosen: IntArray, *, threads: int, changes: bool
) -> list[Scratch]:
    """Return chosen scenarios, each as `clear` finds it."""

    def one(scenario: int) -> Scratch:
        """Return one scenario, cleared with its losses taken from the assets."""
        own = slice(losses.offsets[scenario], losses.offsets[scenario + 1])
        assets = base.columns.assets.copy()
        assets[losses.rows[own]] -= losses.amounts[own]
        columns = base.columns._replace(assets=assets)
        try:
            after = cleared(columns, base.terms)
        except NotConverged as error:
            raise NotConverged(f"scenario {scenario}: {error}") from error
        return _compared(base, columns, after, changes=changes)

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(one, chosen.tolist()))


def _compared(
    base: Cleared, columns: exact.DebtMatrix, after: Clearing, *, changes: bool
) -> Scratch:
    """Return who is worse off by more than the rounding of a sum."""
    owed, due = after.liability, base.before.firms[:, kernel.DUE]
    start = np.maximum(0.0, base.columns.assets + due - owed)
    left = np.maximum(0.0, columns.assets + columns.claims @ after.levels[-1] - owed)
    payments, equity = base.found.payment - after.payment, start - left
    payments[payments <= SHORT * owed] = 0.0
    equity[equity <= SHORT * (owed + start)] = 0.0
    fails = after.defaulted & ~base.found.defaulted
    totals = np.zeros(kernel.GAVE_UP + 1)
    totals[kernel.SHORTFALL], totals[kernel.EQUITY] = payments.sum(), equity.sum()
    totals[kernel.DEFAULTS], totals[kernel.GAVE_UP] = fails.sum(), 1.0
    rows = np.flatnonzero((payments > 0) | (equity > 0) | fails)
    offsets, rounds = np.array([0, len(rows)]), np.where(fails[rows], -1, 0)
    found = Changes(offsets, rows, payments[rows], equity[rows], rounds)
    return Scratch(totals, found if changes else None)


def joined(kept: kernel.Falls, scratch: Mapping[int, Scratch]) -> Changes:
    """Return the changes of all scenarios, in order, rows ascending."""
    scenarios = [np.repeat(np.arange(len(kept.offsets) - 1), np.diff(kept.offsets))]
    columns: list[kernel.Falls | Changes] = [kept]
    for scenario, each in scratch.items():
        if each.changes is not None:
            scenarios.append(np.full(len(each.changes.rows), scenario))
            columns.append(each.changes)
    where = np.concatenate(scenarios)
    rows = np.concatenate([each.rows for each in columns])
    order = np.lexsort((rows, where))
    sizes = np.bincount(where, minlength=len(kept.offsets) - 1)
    return Changes(
        np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        rows[order],
        np.concatenate([each.payments for each in columns])[order],
        np.concatenate([each.equity for each in columns])[order],
        np.concatenate([each.rounds for each in columns])[order],
    )
