"""
Who supplies a core, and the trades among them, in numbers of their own.

Breadth first from the core along the rows of buyers: a firm stands in tier t when its shortest
chain of trades to the core has t of them. The firms met get local numbers in the order met, the
core 0, so each tier is a range of numbers. Kept are the trades between firms met; what the core
sells to them and what a firm sells itself is left out: no supply of the core passes there.
"""

from typing import NamedTuple

import numba as nb
import numpy as np
import numpy.typing as npt

from graph.arrays.dtypes import IntArray, RowArray

NOBODY = -1


class RegionRows(NamedTuple):
    """Trades by one end: where each firm's begin, the firms at the other end, the amounts."""

    indptr: IntArray
    others: RowArray
    amount_fen: IntArray


class RegionTrades(NamedTuple):
    """Trades of a region, in local numbers, by buyer and by supplier."""

    bought: RegionRows
    sold: RegionRows


@nb.njit(cache=True, nogil=True)
def walk(
    bought: RegionRows, core: int, tiers_max: int
) -> tuple[RowArray, npt.NDArray[np.int8], RowArray]:
    """Return the rows met and their tiers, in the order met, and every firm's local number."""
    firms = len(bought.indptr) - 1
    number = np.full(firms, np.int32(NOBODY), np.int32)
    rows = np.empty(firms, np.int32)
    tier = np.zeros(firms, np.int8)
    rows[0], number[core] = core, 0
    first, last = 0, 1
    for t in range(1, tiers_max + 1):
        end = last
        for m in range(first, last):
            for k in range(bought.indptr[rows[m]], bought.indptr[rows[m] + 1]):
                i = bought.others[k]
                if number[i] == NOBODY:
                    number[i] = end
                    rows[end], tier[end] = i, t
                    end += 1
        first, last = last, end
    return rows[:last].copy(), tier[:last].copy(), number


@nb.njit(cache=True, nogil=True)
def among(bought: RegionRows, rows: RowArray, number: RowArray) -> RegionTrades:
    """Return the trades among the firms met; suppliers stand as in the rows given."""
    size = len(rows)
    indptr = np.zeros(size + 1, np.int64)
    for m in range(size):
        kept = 0
        for k in range(bought.indptr[rows[m]], bought.indptr[rows[m] + 1]):
            kept += number[bought.others[k]] > 0 and number[bought.others[k]] != m
        indptr[m + 1] = indptr[m] + kept
    suppliers = np.empty(indptr[size], np.int32)
    amount = np.empty(indptr[size], np.int64)
    at = 0
    for m in range(size):
        for k in range(bought.indptr[rows[m]], bought.indptr[rows[m] + 1]):
            s = number[bought.others[k]]
            if s > 0 and s != m:
                suppliers[at], amount[at] = s, bought.amount_fen[k]
                at += 1
    within = RegionRows(indptr, suppliers, amount)
    return RegionTrades(within, turned(within))


@nb.njit(cache=True, nogil=True)
def turned(rows: RegionRows) -> RegionRows:
    """Return the same trades by the other end, ascending inside each row."""
    size = len(rows.indptr) - 1
    indptr = np.zeros(size + 1, np.int64)
    for other in rows.others:
        indptr[other + 1] += 1
    for m in range(size):
        indptr[m + 1] += indptr[m]
    place = indptr[:-1].copy()
    others = np.empty(len(rows.others), np.int32)
    amount = np.empty(len(rows.others), np.int64)
    for m in range(size):
        for k in range(rows.indptr[m], rows.indptr[m + 1]):
            at = place[rows.others[k]]
            place[rows.others[k]] = at + 1
            others[at], amount[at] = m, rows.amount_fen[k]
    return RegionRows(indptr, others, amount)


@nb.njit(cache=True, nogil=True)
def reached(ahead: RegionRows, starts: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Return which firms are reached from the starts, these included."""
    met = starts.copy()
    queue = np.empty(len(starts), np.int32)
    last = 0
    for m in range(len(starts)):
        if starts[m]:
            queue[last] = m
            last += 1
    for first in range(len(starts)):
        if first == last:
            break
        m = queue[first]
        for k in range(ahead.indptr[m], ahead.indptr[m + 1]):
            i = ahead.others[k]
            if not met[i]:
                met[i] = True
                queue[last] = i
                last += 1
    return met
