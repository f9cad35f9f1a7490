"""
Production losses round by round, the whole network at a time: the plain form.

After round t firm i still makes the share hd_i of its production for want of inputs (a shock
running downstream) and hu_i for want of orders (upstream). With psi what a shock leaves [1]:

    sigma_i  = min(1, s_i / A_m(i)),   A_m = sum_{l in m} s_l hd_l(t)      (replaceability)
    x_js     = sum_{i in slot s of j} sigma_i down_ij (1 - hd_i(t))        (inputs missed)
    hd_j(t+1) = max(0, min(psi_j, 1 - max_s x_js))
    hu_i(t+1) = max(0, min(psi_i, 1 - sum_j up_ij (1 - hu_j(t))))

All values of round t+1 come from those of round t. `frontier.py` and
`batch.py` compute the same rounds, one from the firms that moved, one for many
scenarios at a time; this form is their oracle, shows a single scenario round by round, and is the
only one for `dead_unit`, where A <= 1e-10 counts as 1: published code does so, it depends on the
currency's unit and is not monotone.

[1] C. Diem et al., Quantifying firm-level economic systemic risk from nation-wide supply
    networks, Scientific Reports 12, 7719 (2022).
"""

import math

import numba as nb
import numpy as np

from graph.arrays.dtypes import FloatArray
from graph.spread.production.kernels.structures import CascadeStructure

DEAD = 1e-10


@nb.njit(cache=True, nogil=True)
def settle(
    structure: CascadeStructure,
    caps_down: FloatArray,
    caps_up: FloatArray,
    tolerance: float,
    rounds_max: int,
    dead_unit: bool,
) -> tuple[FloatArray, FloatArray, int, float]:
    """Return what is left downstream and upstream, the rounds used and the last decrease."""
    left_down, left_up = caps_down, caps_up
    largest = 0.0
    for used in range(1, rounds_max + 1):
        next_down = step_down(structure, left_down, caps_down, dead_unit)
        next_up = step_up(structure, left_up, caps_up)
        largest = max(_decrease(left_down, next_down), _decrease(left_up, next_up))
        left_down, left_up = next_down, next_up
        if largest <= tolerance:
            return left_down, left_up, used, largest
    return left_down, left_up, rounds_max, largest


@nb.njit(cache=True, nogil=True)
def _decrease(before: FloatArray, after: FloatArray) -> float:
    largest = 0.0
    for i in range(len(before)):
        largest = max(largest, before[i] - after[i])
    return largest


@nb.njit(cache=True, nogil=True)
def step_down(
    structure: CascadeStructure, left: FloatArray, caps: FloatArray, dead_unit: bool
) -> FloatArray:
    """Return what is left of every firm after one more round of missing inputs."""
    passed = passed_on(structure, left, dead_unit)
    after = np.empty(len(left))
    for j in range(len(left)):
        worst = missed = 0.0
        for e in range(structure.in_indptr[j], structure.in_essential[j]):
            if math.copysign(1.0, structure.in_shares[e]) < 0.0:
                worst, missed = max(worst, missed), 0.0
            missed += passed[structure.in_suppliers[e]] * abs(structure.in_shares[e])
        worst, missed = max(worst, missed), 0.0
        for e in range(structure.in_essential[j], structure.in_needed[j]):
            missed += passed[structure.in_suppliers[e]] * structure.in_shares[e]
        after[j] = max(0.0, min(caps[j], 1.0 - max(worst, missed)))
    return after


@nb.njit(cache=True, nogil=True)
def passed_on(structure: CascadeStructure, left: FloatArray, dead_unit: bool) -> FloatArray:
    """Return the loss of every firm after what the rest of its market replaces."""
    alone = len(structure.market_sales)
    available = np.zeros(alone + 1)
    for i in range(len(left)):
        available[structure.market[i]] += structure.market_share[i] * left[i]
    available[alone] = 0.0
    passed = np.empty(len(left))
    for i in range(len(left)):
        market = structure.market[i]
        there = available[market]
        if dead_unit and market < alone and there * structure.market_sales[market] <= DEAD:
            sales = structure.market_share[i] * structure.market_sales[market]
            passed[i] = (1.0 - left[i]) * min(1.0, sales)
        elif there > structure.market_share[i]:
            passed[i] = (1.0 - left[i]) * (structure.market_share[i] / there)
        else:
            passed[i] = 1.0 - left[i]
    return passed


@nb.njit(cache=True, nogil=True)
def step_up(structure: CascadeStructure, left: FloatArray, caps: FloatArray) -> FloatArray:
    """Return what is left of every firm after one more round of missing orders."""
    after = np.empty(len(left))
    for i in range(len(left)):
        missed = 0.0
        for e in range(structure.out_indptr[i], structure.out_indptr[i + 1]):
            missed += (1.0 - left[structure.out_buyers[e]]) * structure.out_shares[e]
        after[i] = max(0.0, min(caps[i], 1.0 - missed))
    return after
