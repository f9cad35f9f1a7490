"""
Clearing payments after a loss: what falls is passed on, from the payments before it.

In the words of `clearing.py`, firm i pays the share y_i = F_i(e_i, sum_j C_ij y_j) of
its debts inside: 1 while its assets cover its debts, else what is recovered. F_i never rises where
its arguments fall (the step from 1 down to what is recovered included), and it is continuous from
above. Let y be the greatest payments before the loss, F' the equations after it, y' their greatest
solution. Then:

    1. y' <= y. For y' = F'(y') <= F(y'), and y is the largest of all vectors below their own image.
    2. Rounds y(0) = y, y(t+1) = F'(y(t)) never rise, as F'(y) <= F(y) = y, and stay above y', as
       y(t) >= y' gives F'(y(t)) >= F'(y') = y'. Their limit solves F' (continuity from above) and
       so is y'. A firm that defaults on the way thus defaults in the end: no default is taken back.
    3. Only firms whose debtors pay less can move, so a round visits those and no other.

A firm whose payment would fall by no more than a scenario's `waits`, or its share by `STILL`, waits
until more is missing. What stands at the end solves the equations with what waits added to those
firms' outside assets, and by 2 is the greatest solution of those: it is exact for losses that
differ from the given ones by what waits, and what waits is reported.
A ring that keeps all it is paid falls by the same again each time round; the bound on rounds leaves
it to exact equations.
"""

from typing import NamedTuple

import numba as nb
import numpy as np
import numpy.typing as npt

from graph.arrays.compiler import lean
from graph.arrays.dtypes import FloatArray, IntArray, RowArray
from graph.spread.payments.kernels.clearing import SHORT

STILL = 1e-15  # Of a firm's debts: what falls by less waits.
# Columns of what stands before any loss, one line of the cache a firm.
OUTSIDE, DUE, OWED, ENOUGH, BASE, FIRST, SHARE, FAILED = range(8)
# Columns of what one scenario changes; a line as well.
LOSS, DROP, PAYS, ROUND, TOUCHED, QUEUED = range(6)
WIDTH = 8
# Columns of what is found.
SHORTFALL, EQUITY, DEFAULTS, ROUNDS, PUSHES, WAITING, CHANGED, GAVE_UP = range(8)


class Liabilities(NamedTuple):
    """By debtor: whom it owes how much."""

    indptr: IntArray
    creditors: RowArray
    amounts: FloatArray


class Before(NamedTuple):
    """What stands before any loss, and what a failed firm recovers outside and inside."""

    owing: Liabilities
    firms: FloatArray
    alpha: float
    beta: float


class FirstLosses(NamedTuple):
    """Scenarios one after another: who loses how much of its outside assets, and what waits."""

    offsets: IntArray
    rows: IntArray
    amounts: FloatArray
    waits: FloatArray  # By scenario: the fall of a payment, in money, that is not passed on.


class PaymentWorkspace(NamedTuple):
    """What one thread writes to; nothing stands in it between scenarios."""

    firms: FloatArray
    touched: RowArray
    moving: npt.NDArray[np.int32]  # Two rows: who may pay less in this round, and in the next.
    falls: FloatArray


class Patience(NamedTuple):
    """When a scenario is given up: nothing is reported of it but that."""

    rounds_max: int
    pushes_max: int


class Falls(NamedTuple):
    """Who pays, keeps or is less than before, by scenario; empty where not wanted."""

    offsets: IntArray
    rows: IntArray
    payments: FloatArray
    equity: FloatArray
    rounds: IntArray


def state(firms: int) -> PaymentWorkspace:
    """Return a workspace for one thread."""
    return PaymentWorkspace(
        np.zeros((firms, WIDTH)),
        np.zeros(firms, np.int32),
        np.zeros((2, firms), np.int32),
        np.zeros(firms),
    )


@nb.njit(cache=True, nogil=True)
def settle(before: Before) -> None:
    """Put in place what failed firms pay, in the very figures that falls are taken from."""
    for i in range(len(before.firms)):
        if before.firms[i, FAILED] > 0.0:
            before.firms[i, SHARE] = _share(before, i, 0.0, 0.0)


@lean
def _means(before: Before, i: int, loss: float, drop: float) -> float:
    """Return what a failed firm has to pay with; a negative balance outside stays whole."""
    outside: float = before.firms[i, OUTSIDE] - loss
    if outside > 0.0:
        outside *= before.alpha
    means: float = outside + before.beta * max(0.0, before.firms[i, DUE] - drop)
    return means


@lean
def _share(before: Before, i: int, loss: float, drop: float) -> float:
    """Return the share of its debts inside that a failed firm pays."""
    base: float = before.firms[i, BASE]
    means: float = _means(before, i, loss, drop) - before.firms[i, FIRST]
    if means <= SHORT * base or base <= 0.0:
        return 0.0
    return min(1.0, means / base)


@lean
def _assets(before: Before, i: int, loss: float, drop: float) -> float:
    assets: float = before.firms[i, OUTSIDE] - loss
    assets += max(0.0, before.firms[i, DUE] - drop)
    return assets


@lean
def _paid(before: Before, i: int, loss: float, drop: float, failed: bool) -> float:
    """Return what a firm pays to all, inside and outside."""
    owed: float = before.firms[i, OWED]
    return min(owed, max(0.0, _means(before, i, loss, drop))) if failed else owed


@lean
def run(
    before: Before,
    space: PaymentWorkspace,
    losses: FirstLosses,
    effort: Patience,
    found: FloatArray,
    kept: Falls,
) -> None:
    """Write what each scenario comes to, a row each, and who changed where that is wanted."""
    for k in range(len(losses.offsets) - 1):
        for column in range(GAVE_UP + 1):
            found[k, column] = 0.0
        touched = _start(before, space, losses, k)
        touched = _fall(before, space, touched, losses.waits[k], effort, found[k])
        if found[k, GAVE_UP] == 0.0:
            _sum(before, space, touched, found[k], kept, k)
        for q in range(touched):
            for column in range(WIDTH):
                space.firms[space.touched[q], column] = 0.0


@lean
def _start(before: Before, space: PaymentWorkspace, losses: FirstLosses, k: int) -> int:
    """Put the losses of one scenario in place; return how many firms have one."""
    touched = 0
    for e in range(losses.offsets[k], losses.offsets[k + 1]):
        i = losses.rows[e]
        if losses.amounts[e] > 0.0:
            space.firms[i, LOSS] = losses.amounts[e]
            space.firms[i, PAYS] = before.firms[i, SHARE]
            space.firms[i, TOUCHED] = space.firms[i, QUEUED] = 1.0
            space.touched[touched] = space.moving[1, touched] = i
            touched += 1
    return touched


@lean
def _fall(
    before: Before,
    space: PaymentWorkspace,
    touched: int,
    waits: float,
    effort: Patience,
    found: FloatArray,
) -> int:
    """Go round by round until nobody pays less; return how many firms were reached."""
    waiting, used, pushes = touched, 0, 0
    while waiting > 0:
        used += 1
        now = used % 2
        moved = 0
        for q in range(waiting):
            i = space.moving[now, q]
            space.firms[i, QUEUED] = 0.0
            fall = _fallen(before, space, i, used, waits)
            if fall > 0.0:
                space.moving[now, moved] = i
                space.falls[moved] = fall
                moved += 1
        pushes += moved
        if used > effort.rounds_max or pushes > effort.pushes_max:
            found[GAVE_UP] = 1.0
            return touched
        waiting = 0
        for q in range(moved):
            j = space.moving[now, q]
            for e in range(before.owing.indptr[j], before.owing.indptr[j + 1]):
                i = before.owing.creditors[e]
                if space.firms[i, TOUCHED] == 0.0:
                    space.firms[i, TOUCHED] = 1.0
                    space.firms[i, PAYS] = before.firms[i, SHARE]
                    space.touched[touched] = i
                    touched += 1
                space.firms[i, DROP] += before.owing.amounts[e] * space.falls[q]
                if space.firms[i, QUEUED] == 0.0 and _may_fall(before, space, i):
                    space.firms[i, QUEUED] = 1.0
                    space.moving[1 - now, waiting] = i
                    waiting += 1
    found[ROUNDS], found[PUSHES] = used, pushes
    return touched


@lean
def _may_fall(before: Before, space: PaymentWorkspace, i: int) -> bool:
    if before.firms[i, FAILED] > 0.0 or space.firms[i, ROUND] > 0.0:
        return bool(space.firms[i, PAYS] > 0.0)
    assets = _assets(before, i, space.firms[i, LOSS], space.firms[i, DROP])
    return bool(assets < before.firms[i, ENOUGH])


@lean
def _fallen(before: Before, space: PaymentWorkspace, i: int, used: int, waits: float) -> float:
    """Return by how much the share that a firm pays falls, and let it pay that."""
    loss, drop = space.firms[i, LOSS], space.firms[i, DROP]
    if before.firms[i, FAILED] == 0.0 and space.firms[i, ROUND] == 0.0:
        if _assets(before, i, loss, drop) >= before.firms[i, ENOUGH]:
            return 0.0
        space.firms[i, ROUND] = used
    after = _share(before, i, loss, drop)
    fall: float = space.firms[i, PAYS] - after
    if fall <= STILL or fall * before.firms[i, BASE] <= waits:
        return 0.0
    space.firms[i, PAYS] = after
    return fall


@lean
def _sum(
    before: Before, space: PaymentWorkspace, touched: int, found: FloatArray, kept: Falls, k: int
) -> None:
    """Add up what the firms reached pay and keep less than before."""
    wanted = len(kept.rows) > 0
    for q in range(touched):
        i = space.touched[q]
        loss, drop = space.firms[i, LOSS], space.firms[i, DROP]
        failed = before.firms[i, FAILED] > 0.0
        fails = failed or space.firms[i, ROUND] > 0.0
        less = _paid(before, i, 0.0, 0.0, failed) - _paid(before, i, loss, drop, fails)
        owed = before.firms[i, OWED]
        own = max(0.0, _assets(before, i, 0.0, 0.0) - owed)
        own -= max(0.0, _assets(before, i, loss, drop) - owed)
        found[SHORTFALL] += less
        found[EQUITY] += own
        if space.firms[i, ROUND] > 0.0:
            found[DEFAULTS] += 1.0
        if fails:
            rest = space.firms[i, PAYS] - _share(before, i, loss, drop)
            found[WAITING] += rest * before.firms[i, BASE]
        if less > 0.0 or own > 0.0 or space.firms[i, ROUND] > 0.0:
            if wanted:
                at = kept.offsets[k] + int(found[CHANGED])
                kept.rows[at], kept.rounds[at] = i, int(space.firms[i, ROUND])
                kept.payments[at], kept.equity[at] = less, own
            found[CHANGED] += 1.0
