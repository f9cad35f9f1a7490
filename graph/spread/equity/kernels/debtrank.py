"""
Losses of equity passed on from debtors to creditors.

With v_ij = what i is owed by j as a share of i's equity, and h_i the share of it that i has lost:

    h_i(t+1) = min(1, h_i(t) + sum_j v_ij (H_j(t) - H_j(t-1))),   H(-1) = 0

    linear:     H = h                       [1]
    nonlinear:  H = h exp(eta (h - 1))      [2]
    single-hit: v_ij capped at 1, and a firm passes on once, in the round after it was first hit [3]

[1] M. Bardoscia et al., DebtRank: a microscopic foundation for shock propagation, PLoS ONE 10(6),
    e0130406 (2015). [2] M. Bardoscia et al., Distress propagation in complex networks: the case of
    non-linear DebtRank, PLoS ONE 11(10), e0163825 (2016). [3] S. Battiston et al., DebtRank: too
    central to fail? Scientific Reports 2, 541 (2012).
"""

import numba as nb
import numpy as np

from graph.arrays.dtypes import FloatArray, IntArray

LINEAR, SINGLE_HIT, NONLINEAR = range(3)


@nb.njit(cache=True, nogil=True)
def spread(
    indptr: IntArray,
    debtors: IntArray,
    shares: FloatArray,
    shock: FloatArray,
    kind: int,
    eta: float,
    tolerance: float,
    rounds_max: int,
) -> tuple[FloatArray, int, float]:
    """Return the losses, the rounds used and the last round's largest change."""
    loss = shock.copy()
    sent = np.zeros(len(loss))
    largest = 0.0
    for used in range(1, rounds_max + 1):
        passed = _passed(loss, sent, kind, eta)
        sent += passed
        largest = _pull(indptr, debtors, shares, passed, loss)
        if largest <= tolerance:
            return loss, used, largest
    return loss, rounds_max, largest


@nb.njit(cache=True, nogil=True)
def _passed(loss: FloatArray, sent: FloatArray, kind: int, eta: float) -> FloatArray:
    passed = np.empty(len(loss))
    for i in range(len(loss)):
        stress = loss[i]
        if kind == NONLINEAR:
            stress *= np.exp(eta * (loss[i] - 1.0))
        passed[i] = max(0.0, stress - sent[i])
        if kind == SINGLE_HIT and sent[i] > 0.0:
            passed[i] = 0.0
    return passed


@nb.njit(cache=True, nogil=True)
def _pull(
    indptr: IntArray, debtors: IntArray, shares: FloatArray, passed: FloatArray, loss: FloatArray
) -> float:
    largest = 0.0
    for i in range(len(loss)):
        more = 0.0
        for k in range(indptr[i], indptr[i + 1]):
            # An exposure of a firm without equity is infinite: nothing times it must be nothing.
            if passed[debtors[k]] > 0.0:
                more += shares[k] * passed[debtors[k]]
        after = min(1.0, loss[i] + more)
        largest = max(largest, after - loss[i])
        loss[i] = after
    return largest
