"""
Belonging: where a firm's sales end.

The share of firm j's sales that ends at core c after at most T steps is the sum over s <= T of

    a_j(0) = 1 for j = c, else 0
    a_j(s) = sum_k x_jk a_k(s-1) / sum_k x_jk   for j that is no core, else 0

over pairs with positive net sales x_jk only: each sale is followed from buyer to buyer in
proportion to their own sales and stops at the first core it meets. Pushed backwards from c over
the rows of buyers, with the firms of one step as frontier. The sum of x_jk a_k is divided once,
so that shares which are exact in binary stay exact.
"""

import numba as nb
import numpy as np

from graph.arrays.dtypes import BoolArray, FloatArray, IntArray, RowArray

FINE = 1e14  # Rounding errors lie below half of one in the fourteenth place ...
COARSE = 100  # ... and two places more are cut towards zero, which leaves twelve.


@nb.njit(cache=True, nogil=True)
def row_totals(indptr: IntArray, amount: IntArray) -> FloatArray:
    """Return the sum of each row."""
    totals = np.zeros(len(indptr) - 1)
    for i in range(len(indptr) - 1):
        total = 0
        for k in range(indptr[i], indptr[i + 1]):
            total += amount[k]
        totals[i] = total
    return totals


@nb.njit(cache=True, nogil=True)
def shares(
    indptr: IntArray,
    indices: RowArray,
    amount: IntArray,
    totals: FloatArray,
    stops: BoolArray,
    core: int,
    steps_max: int,
    share: FloatArray,
    arrived: FloatArray,
    coming: FloatArray,
) -> tuple[RowArray, IntArray]:
    """Return the firms with a share in the core, ascending, and the shares in units of 1e-12."""
    size = len(stops)
    met = np.empty(size, np.int32)
    frontier = np.empty(size, np.int32)
    following = np.empty(size, np.int32)
    met[0], frontier[0], known, standing = core, core, 1, 1
    share[core], arrived[core] = 1.0, 1.0
    for _ in range(steps_max):
        ahead = _push(
            indptr, indices, amount, stops, frontier[:standing], arrived, coming, following
        )
        for m in range(ahead):
            j = following[m]
            value = coming[j] / totals[j]
            coming[j] = 0.0
            if share[j] == 0.0:
                met[known] = j
                known += 1
            share[j] += value
            arrived[j] = value
        frontier, following, standing = following, frontier, ahead
    for m in range(standing):
        arrived[frontier[m]] = 0.0
    return _cut(np.sort(met[:known]), share)


@nb.njit(cache=True, nogil=True)
def _push(
    indptr: IntArray,
    indices: RowArray,
    amount: IntArray,
    stops: BoolArray,
    frontier: RowArray,
    arrived: FloatArray,
    coming: FloatArray,
    following: RowArray,
) -> int:
    ahead = 0
    for k in frontier:
        mass = arrived[k]
        arrived[k] = 0.0
        for e in range(indptr[k], indptr[k + 1]):
            j = indices[e]
            added = amount[e] * mass
            if stops[j] or added == 0.0:
                continue
            if coming[j] == 0.0:
                following[ahead] = j
                ahead += 1
            coming[j] += added
    return ahead


@nb.njit(cache=True, nogil=True)
def _cut(firms: RowArray, share: FloatArray) -> tuple[RowArray, IntArray]:
    rows = np.empty_like(firms)
    units = np.empty(len(firms), np.int64)
    end = 0
    for i in firms:
        cut = np.int64(round(share[i] * FINE)) // COARSE
        share[i] = 0.0
        if cut > 0:
            rows[end] = i
            units[end] = cut
            end += 1
    return rows[:end], units[:end]


@nb.njit(cache=True, nogil=True)
def count(firms: RowArray, counts: IntArray) -> None:
    """Add one to the count behind each firm's."""
    for i in firms:
        counts[i + 1] += 1


@nb.njit(cache=True, nogil=True)
def place(
    firms: RowArray,
    units: IntArray,
    core: int,
    free: IntArray,
    core_rows: RowArray,
    share_e12: IntArray,
) -> None:
    """Put one core's entries at each firm's next free place, which moves on by one."""
    for e in range(len(firms)):
        at = free[firms[e]]
        free[firms[e]] = at + 1
        core_rows[at] = core
        share_e12[at] = units[e]
