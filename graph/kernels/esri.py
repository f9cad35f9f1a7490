"""
Production losses round by round, the whole network at a time: the plain form.

After round t firm i still makes the share hd_i of its production for want of inputs (a shock
running downstream) and hu_i for want of orders (upstream). With psi what a shock leaves [1]:

    sigma_i  = min(1, s_i / A_m(i)),   A_m = sum_{l in m} s_l hd_l(t)      (replaceability)
    x_js     = sum_{i in slot s of j} sigma_i down_ij (1 - hd_i(t))        (inputs missed)
    hd_j(t+1) = max(0, min(psi_j, 1 - max_s x_js))
    hu_i(t+1) = max(0, min(psi_i, 1 - sum_j up_ij (1 - hu_j(t))))

All values of round t+1 come from those of round t. `graph/kernels/frontier.py` computes the
same rounds from the firms that moved alone; this form is its oracle, shows a single scenario
round by round, and is the only one for `dead_unit`, where A <= 1e-10 counts as 1: published
code does so, it depends on the currency's unit and is not monotone.

[1] C. Diem et al., Quantifying firm-level economic systemic risk from nation-wide supply
    networks, Scientific Reports 12, 7719 (2022).
"""

import numba as nb
import numpy as np

from graph.kernels.production import FloatArray, Structure

DEAD = 1e-10


@nb.njit(cache=True, nogil=True)
def settle(
    structure: Structure,
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
        largest = max(np.max(left_down - next_down), np.max(left_up - next_up))
        left_down, left_up = next_down, next_up
        if largest <= tolerance:
            return left_down, left_up, used, largest
    return left_down, left_up, rounds_max, largest


@nb.njit(cache=True, nogil=True)
def step_down(
    structure: Structure, left: FloatArray, caps: FloatArray, dead_unit: bool
) -> FloatArray:
    """Return what is left of every firm after one more round of missing inputs."""
    missed = np.zeros(structure.slot_indptr[-1])
    passed = passed_on(structure, left, dead_unit)
    worst = np.zeros(len(left))
    for i in range(len(left)):
        if passed[i] > 0.0:
            for e in range(structure.down_indptr[i], structure.down_indptr[i + 1]):
                buyer, slot = structure.down_buyers[e], structure.down_slots[e]
                if slot < 0:
                    worst[buyer] += passed[i] * structure.down_shares[e]
                else:
                    missed[slot] += passed[i] * structure.down_shares[e]
    after = np.empty(len(left))
    for j in range(len(left)):
        for slot in range(structure.slot_indptr[j], structure.slot_indptr[j + 1]):
            worst[j] = max(worst[j], missed[slot])
        after[j] = max(0.0, min(caps[j], 1.0 - worst[j]))
    return after


@nb.njit(cache=True, nogil=True)
def passed_on(structure: Structure, left: FloatArray, dead_unit: bool) -> FloatArray:
    """Return the loss of every firm after what the rest of its market replaces."""
    available = np.zeros(len(structure.market_sales))
    for i in range(len(left)):
        if structure.market[i] >= 0:
            available[structure.market[i]] += structure.sales[i] * left[i]
    passed = np.empty(len(left))
    for i in range(len(left)):
        passed[i] = 1.0 - left[i]
        if structure.market[i] >= 0:
            there = available[structure.market[i]]
            if dead_unit and there <= DEAD:
                there = 1.0
            if there > structure.sales[i]:
                passed[i] *= structure.sales[i] / there
    return passed


@nb.njit(cache=True, nogil=True)
def step_up(structure: Structure, left: FloatArray, caps: FloatArray) -> FloatArray:
    """Return what is left of every firm after one more round of missing orders."""
    missed = np.zeros(len(left))
    for j in range(len(left)):
        if left[j] < 1.0:
            for e in range(structure.up_indptr[j], structure.up_indptr[j + 1]):
                missed[structure.up_suppliers[e]] += (1.0 - left[j]) * structure.up_shares[e]
    return np.maximum(0.0, np.minimum(caps, 1.0 - missed))
