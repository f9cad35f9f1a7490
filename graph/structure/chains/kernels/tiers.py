"""
Tiers of one core: breadth first along rows of one direction, with the strongest shortest path.

Firm i stands in tier t of core c when the shortest path from c along the rows has t steps. Among
the shortest paths the strongest is the one whose smallest amount is largest:

    strength(c) = infinity
    strength(i) = max over partners p of i, one tier nearer, of min(strength(p), amount(p, i))
    via(i)      = the partner that reaches this maximum, the smallest row among equals

Each row of a tier is read once, so the cost is the number of edges met. Upstream, the rows are
those of buyers (who sells to p); downstream those of suppliers (who buys from p).

One comparison decides about an edge: the strength of a firm not met is 0, that of a firm in an
earlier tier is the largest there is, so only a stronger path of this tier gets past it. A tier is
walked in row order, which settles ties (the first partner wins) and reads the rows as they lie in
memory. Both count: at 1M firms and 10M trades the walk waits for memory (`make bench`,
test_chains_of_cores).
"""

import numba as nb
import numpy as np
import numpy.typing as npt

from graph.arrays.dtypes import BoolArray, IntArray, RowArray

Int8Array = npt.NDArray[np.int8]

LARGEST = 9_223_372_036_854_775_807
NOBODY = -1
SPARSE = 64  # Fewer than one firm in so many are sorted, more are found by a scan.
UP = 0
DOWN = 1


@nb.njit(cache=True, nogil=True)
def thresholds(total: IntArray, numerator: int, denominator: int) -> IntArray:
    """Return the least integer that is at least numerator / denominator of each total."""
    least = np.empty_like(total)
    for i in range(len(total)):
        whole = total[i] // denominator
        part = (total[i] % denominator) * numerator
        least[i] = whole * numerator + (part + denominator - 1) // denominator
    return least


@nb.njit(cache=True, nogil=True)
def weighty(
    indptr: IntArray,
    indices: RowArray,
    amount: IntArray,
    least_row: IntArray,
    least_index: IntArray,
) -> BoolArray:
    """Return which entries reach the threshold of the firm at either end."""
    kept = np.empty(len(indices), np.bool_)
    for i in range(len(indptr) - 1):
        for k in range(indptr[i], indptr[i + 1]):
            kept[k] = amount[k] >= least_row[i] or amount[k] >= least_index[indices[k]]
    return kept


@nb.njit(cache=True, nogil=True)
def walk(
    indptr: IntArray,
    indices: RowArray,
    amount: IntArray,
    core: int,
    tiers_max: int,
    tier: Int8Array,
    via: RowArray,
    strength: IntArray,
    met: RowArray,
    reached: IntArray,
) -> int:
    """
    Return how many firms were met; fill their tier and via, and list them in met.

    Amounts are positive. Strengths are 0 before and after; reached keeps those of closed tiers.
    """
    strength[core] = LARGEST
    first, last = 0, _step(indptr, indices, amount, core, LARGEST, via, strength, met, 0)
    for t in range(1, tiers_max):
        _close(met[first:last], reached[first:last], strength)
        end = last
        for m in range(first, last):
            i = met[m]
            tier[i] = t
            end = _step(indptr, indices, amount, i, reached[m], via, strength, met, end)
        first, last = last, end
    for m in range(first, last):
        tier[met[m]] = tiers_max
    strength[core] = 0
    for m in range(last):
        strength[met[m]] = 0
    return last


@nb.njit(cache=True, nogil=True)
def _step(
    indptr: IntArray,
    indices: RowArray,
    amount: IntArray,
    partner: int,
    partner_strength: int,
    via: RowArray,
    strength: IntArray,
    met: RowArray,
    end: int,
) -> int:
    """Return the end of met after the partner's row: the paths through it that are stronger."""
    for k in range(indptr[partner], indptr[partner + 1]):
        i = indices[k]
        before, along = strength[i], min(partner_strength, amount[k])
        if along > before:
            strength[i] = along
            via[i] = partner
            met[end] = i
            end += before == 0
    return end


@nb.njit(cache=True, nogil=True)
def _close(met: RowArray, reached: IntArray, strength: IntArray) -> None:
    """Put the firms of one tier in row order, keep their strengths, let no later path pass."""
    if SPARSE * len(met) < len(strength):
        met.sort()
        for m in range(len(met)):
            reached[m] = strength[met[m]]
            strength[met[m]] = LARGEST
        return
    at = 0
    for i in range(len(strength)):
        if 0 < strength[i] < LARGEST:
            met[at], reached[at] = i, strength[i]
            strength[i] = LARGEST
            at += 1


@nb.njit(cache=True, nogil=True)
def join(
    up: RowArray,
    down: RowArray,
    up_tier: Int8Array,
    down_tier: Int8Array,
    up_via: RowArray,
    down_via: RowArray,
    firms: RowArray,
    tiers: Int8Array,
    vias: RowArray,
) -> int:
    """Return how many firms stand on either side; fill their columns in row order, wipe tiers."""
    size = _ascending(up, down, up_tier, down_tier, firms)
    for m in range(size):
        i = firms[m]
        tiers[UP, m], tiers[DOWN, m] = up_tier[i], down_tier[i]
        vias[UP, m] = up_via[i] if up_tier[i] != 0 else NOBODY
        vias[DOWN, m] = down_via[i] if down_tier[i] != 0 else NOBODY
        up_tier[i] = 0
        down_tier[i] = 0
    return size


@nb.njit(cache=True, nogil=True)
def _ascending(
    up: RowArray, down: RowArray, up_tier: Int8Array, down_tier: Int8Array, firms: RowArray
) -> int:
    size = 0
    if SPARSE * (len(up) + len(down)) < len(up_tier):
        for i in np.sort(np.concatenate((up, down))):
            if size == 0 or firms[size - 1] != i:
                firms[size] = i
                size += 1
        return size
    for i in range(len(up_tier)):
        if up_tier[i] != 0 or down_tier[i] != 0:
            firms[size] = i
            size += 1
    return size
