"""
Losses of equity from below and from above, for one scenario after another.

With v_ij = what i is owed by j as a share of i's equity, linear losses end in the least solution of

    h = min(1, s + V h).

Losses are pushed from debtors to creditors in any order; with `sent` what has been passed on,
h = min(1, s + V sent) is a bound from below at any time. For all scenarios at once,

    y = V' (w + y)

is what a unit passed on by j costs all others. With rest = h - sent and e = V (rest + e),

    min(1, s + V (h + e)) = min(1, s + V sent + e) <= h + e,

so h + e lies above the answer (Knaster-Tarski), and what all lose is at most w h + y rest. Each
scenario is pushed where rest_j y_j is above a threshold. y is brought above its equation as in
`spread/production/kernels/adjoint.py`. A firm without equity has infinite shares: who owes it has
infinite y.
"""

from typing import NamedTuple

import numba as nb
import numpy as np

from graph.arrays.compiler import lean
from graph.arrays.dtypes import FloatArray, IntArray, Matrix, RowArray
from graph.arrays.shocks import ShockArrays

LEAST = 1e-12  # Of the mean weight.
PAD = 1e-14
CHECKED = 4
SINGLE_MAX = 1e9  # A larger share may lead out of what single precision holds,
SINGLE_SWEEPS_MAX = 60  # and what does not come to rest soon grows slowly or without end.
TINY = 1e-12
HOPELESS = 1e30  # A figure that may still grow so many times over grows without end.
WEIGHT, PRICE = range(2)  # Columns of values.
LOWER, UPPER, FIRST, PUSHES = range(4)  # And of what is found.


class Owing(NamedTuple):
    """By debtor: whom it owes, and what that is of the creditor's equity."""

    indptr: IntArray
    creditors: RowArray
    shares: Matrix


class EquityWorkspace(NamedTuple):
    """What one thread writes to; nothing stands in it between scenarios."""

    loss: FloatArray
    sent: FloatArray
    waiting: RowArray  # 1 for a firm in the queue.
    touched: RowArray
    queue: RowArray


class PushLimits(NamedTuple):
    """Which losses are passed on: of whom more than a threshold may be lost, so often."""

    threshold: float
    pushes_max: int


def state(firms: int) -> EquityWorkspace:
    """Return a workspace for one thread."""
    return EquityWorkspace(
        np.zeros(firms),
        np.zeros(firms),
        np.zeros(firms, np.int32),
        np.zeros(firms, np.int32),
        np.zeros(firms + 1, np.int32),
    )


@nb.njit(cache=True, nogil=True)
def shadow_prices(
    owing: Owing, weights: FloatArray, accuracy: float, sweeps_max: int
) -> tuple[FloatArray, float]:
    """Return y from above, and k; where k is not below 1 there is no bound: y is infinite."""
    firms = len(weights)
    base = np.maximum(weights, LEAST * np.mean(weights)) if firms else weights.copy()
    y, felt, direct = np.zeros(firms), base.copy(), np.zeros(firms)
    _direct(owing, base, direct)
    if not (np.all(owing.shares < SINGLE_MAX) and _single(owing, base, direct, accuracy, y)):
        y[:] = direct
    felt += y
    slack, used = _slack(owing, felt, direct, y), 0
    while used < sweeps_max and slack > accuracy and slack <= HOPELESS:
        for _ in range(CHECKED):
            _sweep(owing, base, felt, y, direct)
        used += CHECKED
        slack = _slack(owing, felt, direct, y)
    if slack < 1.0:
        return y / (1.0 - slack), slack
    return np.full(firms, np.inf), slack


@nb.njit(cache=True, nogil=True)
def _single(
    owing: Owing, base: FloatArray, direct: FloatArray, accuracy: float, y: FloatArray
) -> bool:
    """
    Put y into place as far as single precision has it; return whether sweeps came to rest.

    Half the bytes: the figures of all creditors stay in the cache where a million firms do not.
    """
    narrow = Owing(owing.indptr, owing.creditors, owing.shares.astype(np.float32))
    first, found = base.astype(np.float32), np.zeros(len(y), np.float32)
    felt, cost = first.copy(), direct.astype(np.float32)
    grown = 1.0
    for _ in range(SINGLE_SWEEPS_MAX):
        before, grown = grown, _sweep(narrow, first, felt, found, cost)
        if not grown < HOPELESS:
            return False
        if grown <= accuracy or grown * min(1.0, grown / before) <= accuracy:
            y[:] = found
            return True
    return False


@lean
def _direct(owing: Owing, base: FloatArray, direct: FloatArray) -> None:
    """Write what a unit passed on by each firm costs those it owes."""
    for j in range(len(direct)):
        cost = 0.0
        for e in range(owing.indptr[j], owing.indptr[j + 1]):
            cost += owing.shares[e] * base[owing.creditors[e]]
        direct[j] = cost


@lean
def _sweep(owing: Owing, base: Matrix, felt: Matrix, y: Matrix, direct: Matrix) -> float:
    """
    Put into y what a unit passed on by each firm costs, and into felt w + y, one by one.

    Returns the largest growth, as a share of what a firm costs directly. Two sums at a time, which
    need not wait for each other.
    """
    largest = 0.0
    for j in range(len(y)):
        e, last = owing.indptr[j], owing.indptr[j + 1]
        even = odd = base[j] - base[j]  # 0 in their precision.
        while e + 1 < last:
            even += owing.shares[e] * felt[owing.creditors[e]]
            odd += owing.shares[e + 1] * felt[owing.creditors[e + 1]]
            e += 2
        if e < last:
            even += owing.shares[e] * felt[owing.creditors[e]]
        cost = even + odd
        if cost > y[j]:
            grown, most = float(cost - y[j]), float(direct[j])
            if grown > largest * most:
                largest = grown / most if most > 0.0 else np.inf
        y[j] = cost
        felt[j] = base[j] + cost
    return largest


@lean
def _slack(owing: Owing, felt: FloatArray, direct: FloatArray, y: FloatArray) -> float:
    """Return by how much, of what a firm costs directly, its figure may still grow."""
    slack = 0.0
    for j in range(len(y)):
        if y[j] == np.inf:
            continue
        rest = PAD * y[j] - y[j]
        for e in range(owing.indptr[j], owing.indptr[j + 1]):
            rest += owing.shares[e] * felt[owing.creditors[e]]
        if rest > 0.0:
            slack = max(slack, rest / direct[j]) if direct[j] > 0.0 else np.inf
    return slack


@lean
def run(
    owing: Owing,
    space: EquityWorkspace,
    shocks: ShockArrays,
    values: FloatArray,
    effort: PushLimits,
    found: FloatArray,
) -> None:
    """
    Write what each scenario costs, a row each: from below, from above, the first losses, pushes.

    `values` are the firms' weights, which sum to 1 at most, and y, side by side.
    """
    for k in range(len(shocks.offsets) - 1):
        if _near(owing, shocks, k, values, effort.threshold, found):
            continue
        touched, first = _shock(space, shocks, k, values)
        touched, pushes = _spread(owing, space, touched, values, effort)
        lower = rest = 0.0
        for q in range(touched):
            i = space.touched[q]
            lower += values[i, WEIGHT] * space.loss[i]
            if space.loss[i] > space.sent[i]:
                rest += (space.loss[i] - space.sent[i]) * values[i, PRICE]
            space.loss[i] = space.sent[i] = 0.0
        found[k, LOWER], found[k, FIRST], found[k, PUSHES] = lower, first, pushes
        found[k, UPPER] = min(1.0, (lower + rest) * (1.0 + TINY))


@lean
def _near(
    owing: Owing,
    shocks: ShockArrays,
    k: int,
    values: FloatArray,
    threshold: float,
    found: FloatArray,
) -> bool:
    """Write the row of one firm's loss that no creditor passes on: most, and nothing is kept."""
    at = shocks.offsets[k]
    if shocks.offsets[k + 1] != at + 1 or not shocks.down[at] > 0.0:
        return False
    j, amount = shocks.rows[at], shocks.down[at]
    first = lower = values[j, WEIGHT] * amount
    rest = 0.0
    for e in range(owing.indptr[j], owing.indptr[j + 1]):
        i = owing.creditors[e]
        loss = min(1.0, owing.shares[e] * amount)
        if loss > 0.0:
            lower += values[i, WEIGHT] * loss
            passed = loss * values[i, PRICE]
            if passed > threshold:
                return False
            rest += passed
    found[k, LOWER], found[k, FIRST], found[k, PUSHES] = lower, first, 1
    found[k, UPPER] = min(1.0, (lower + rest) * (1.0 + TINY))
    return True


@lean
def _shock(
    space: EquityWorkspace, shocks: ShockArrays, k: int, values: FloatArray
) -> tuple[int, float]:
    """Put first losses in place; return how many firms are touched, and what that costs."""
    touched, first = 0, 0.0
    for e in range(shocks.offsets[k], shocks.offsets[k + 1]):
        if shocks.down[e] > 0.0:
            space.loss[shocks.rows[e]] = shocks.down[e]
            space.touched[touched] = shocks.rows[e]
            first += values[shocks.rows[e], WEIGHT] * shocks.down[e]
            touched += 1
    return touched, first


@lean
def _spread(
    owing: Owing, space: EquityWorkspace, touched: int, values: FloatArray, effort: PushLimits
) -> tuple[int, int]:
    """Pass losses on, first come first served; return how many are touched, and the pushes."""
    size = len(space.queue)
    head, tail, pushes = 0, 0, 0
    for q in range(touched):
        space.queue[q] = space.touched[q]
        space.waiting[space.touched[q]] = 1
    tail = touched
    while head != tail:
        j = space.queue[head]
        head = head + 1 if head + 1 < size else 0
        space.waiting[j] = 0
        amount = space.loss[j] - space.sent[j]
        if pushes >= effort.pushes_max:
            continue  # The queue is emptied: no mark of waiting is left behind.
        pushes += 1
        space.sent[j] = space.loss[j]
        for e in range(owing.indptr[j], owing.indptr[j + 1]):
            i = owing.creditors[e]
            more = owing.shares[e] * amount
            if space.loss[i] >= 1.0 or not more > 0.0:
                continue
            if space.loss[i] == 0.0:
                space.touched[touched] = i
                touched += 1
            space.loss[i] = min(1.0, space.loss[i] + more)
            rest = space.loss[i] - space.sent[i]
            if rest > 0.0 and rest * values[i, PRICE] > effort.threshold and space.waiting[i] == 0:
                space.waiting[i] = 1
                space.queue[tail] = i
                tail = tail + 1 if tail + 1 < size else 0
    return touched, pushes
