"""
Counting sorts that turn edges into compressed rows.

Edge e goes from supplier s(e) to buyer b(e) and carries an integer amount x(e), of either sign.
The rows of suppliers hold, for every pair that occurs,

    X(s, b) = sum of x(e) over all e with s(e) = s and b(e) = b

in the order of (s, b): `indptr[s] : indptr[s + 1]` are the places of supplier s, `indices` the
buyers, ascending. Two stable counting sorts, by buyer and then by supplier, put equal pairs side
by side in O(edges + firms). Sums of integers do not depend on their order, so the same edges in
any order give the same bits.
"""

import numba as nb
import numpy as np

from graph.arrays.dtypes import BoolArray, IntArray, Keys, RowArray
from graph.arrays.sorting import offsets

Rows = tuple[IntArray, RowArray, IntArray]

LARGEST = 9_223_372_036_854_775_807


@nb.njit(cache=True, nogil=True)
def total_fits(amount: IntArray) -> bool:
    """Return whether the amounts' absolute values sum to an int64: then every part does, too."""
    left = LARGEST
    for value in amount:
        if value < -LARGEST:
            return False
        size = abs(value)
        if size > left:
            return False
        left -= size
    return True


@nb.njit(cache=True, nogil=True)
def sum_pairs(supplier: RowArray, buyer: RowArray, amount: IntArray, firms: int) -> Rows:
    """Return one entry per (supplier, buyer) that occurs, with its signed total, as rows."""
    bought = offsets(buyer, firms)
    place = bought[:-1].copy()
    sellers = np.empty(len(buyer), np.int32)
    values = np.empty(len(buyer), np.int64)
    for e in range(len(buyer)):
        at = place[buyer[e]]
        place[buyer[e]] = at + 1
        sellers[at] = supplier[e]
        values[at] = amount[e]
    indptr, indices, totals = transpose(bought, sellers, values)
    return _merge(indptr, indices, totals)


@nb.njit(cache=True, nogil=True)
def transpose(indptr: IntArray, indices: RowArray, amount: IntArray) -> Rows:
    """Return the same edges as rows of the other end, ascending inside each row."""
    firms = len(indptr) - 1
    turned = offsets(indices, firms)
    place = turned[:-1].copy()
    ends = np.empty(len(indices), np.int32)
    values = np.empty(len(indices), np.int64)
    for i in range(firms):
        for k in range(indptr[i], indptr[i + 1]):
            at = place[indices[k]]
            place[indices[k]] = at + 1
            ends[at] = i
            values[at] = amount[k]
    return turned, ends, values


@nb.njit(cache=True, nogil=True)
def _merge(indptr: IntArray, indices: RowArray, amount: IntArray) -> Rows:
    """Return the rows with neighbours of equal index summed; the arrays given are used up."""
    merged = np.zeros_like(indptr)
    last = -1
    for i in range(len(indptr) - 1):
        first = last + 1
        for k in range(indptr[i], indptr[i + 1]):
            if last >= first and indices[last] == indices[k]:
                amount[last] += amount[k]
            else:
                last += 1
                indices[last] = indices[k]
                amount[last] = amount[k]
        merged[i + 1] = last + 1
    if last + 1 == len(indices):
        return merged, indices, amount
    return merged, indices[: last + 1].copy(), amount[: last + 1].copy()


@nb.njit(cache=True, nogil=True)
def keep(indptr: IntArray, indices: RowArray, amount: IntArray, kept: BoolArray) -> Rows:
    """Return the rows with the marked entries only."""
    fewer = np.zeros_like(indptr)
    count = np.count_nonzero(kept)
    ends = np.empty(count, np.int32)
    values = np.empty(count, np.int64)
    at = 0
    for i in range(len(indptr) - 1):
        for k in range(indptr[i], indptr[i + 1]):
            if kept[k]:
                ends[at] = indices[k]
                values[at] = amount[k]
                at += 1
        fewer[i + 1] = at
    return fewer, ends, values


@nb.njit(cache=True, nogil=True)
def net_sums(
    indptr: IntArray, indices: RowArray, amount: IntArray
) -> tuple[IntArray, IntArray, BoolArray, BoolArray]:
    """Return net sales and purchases of every firm, 0 when negative, and whether it has any."""
    firms = len(indptr) - 1
    sales = np.zeros(firms, np.int64)
    purchases = np.zeros(firms, np.int64)
    sells = np.zeros(firms, np.bool_)
    buys = np.zeros(firms, np.bool_)
    for i in range(firms):
        for k in range(indptr[i], indptr[i + 1]):
            sales[i] += amount[k]
            purchases[indices[k]] += amount[k]
            sells[i] = True
            buys[indices[k]] = True
    return np.maximum(sales, 0), np.maximum(purchases, 0), sells, buys


@nb.njit(cache=True, nogil=True)
def look_up(
    indptr: IntArray, indices: RowArray, amount: IntArray, rows: Keys, others: Keys
) -> IntArray:
    """Return the amount of each (row, other) pair; 0 where there is none."""
    found = np.zeros(len(rows), np.int64)
    for e in range(len(rows)):
        end = indptr[rows[e] + 1]
        at = indptr[rows[e]] + np.searchsorted(indices[indptr[rows[e]] : end], others[e])
        if at < end and indices[at] == others[e]:
            found[e] = amount[at]
    return found
