"""
Trades sorted and laid out by counting: no comparison, each pass reads and writes every trade once.

A pass puts trades with equal keys side by side and keeps the order they had, so passes over a
lesser and then a greater key sort by both. One million firms with nine million trades take a
second; sorting by comparison took ten (tests/bench/test_contagion.py).
"""

from typing import Any, NamedTuple

import numba as nb
import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]
RowArray = npt.NDArray[np.int32]
FloatArray = npt.NDArray[np.float64]
Keys = npt.NDArray[np.integer[Any]]
Classes = npt.NDArray[np.int8]

NOT_NEEDED, NOT_ESSENTIAL, ESSENTIAL = 0, 1, 2
# What stands for a slot where none is needed to add up what a buyer misses.
ADDED, ALONE = -1, -2
SUM_MAX = 1e305
# Of what is divided by each other: no quotient leaves the range of floats.
QUOTIENT_SUM_MAX, QUOTIENT_MIN = 1e150, 1e-150


class Trades(NamedTuple):
    """Distinct pairs sorted by supplier, then buyer."""

    suppliers: RowArray
    buyers: RowArray
    amounts: FloatArray
    classes: Classes


class Inputs(NamedTuple):
    """The trades by buyer: essential ones sector by sector, then others, then those not needed."""

    indptr: IntArray
    essential: IntArray  # Where a buyer's essential trades end.
    needed: IntArray  # Where those end that it needs at all.
    trades: IntArray  # Their places in `Trades`.
    slots: RowArray  # By place in `Trades`: the slot of what is missed, `ADDED` or `ALONE`.
    slot_indptr: IntArray  # Slots of every buyer.
    shares: FloatArray  # By place in `Trades`: what of a buyer's needs one supplier covers.


def sum_fits(amounts: FloatArray, most: float = SUM_MAX) -> bool:
    """Return whether sums of these amounts stay below the most that is taken."""
    with np.errstate(over="ignore"):
        return bool(np.sum(np.abs(amounts)) < most)


@nb.njit(cache=True, nogil=True)
def offsets(keys: Keys, count: int) -> IntArray:
    """Return where each key's trades begin, once they are sorted by it, and one end more."""
    ends = np.zeros(count + 1, np.int64)
    for key in keys:
        ends[key + 1] += 1
    for key in range(count):
        ends[key + 1] += ends[key]
    return ends


@nb.njit(cache=True, nogil=True)
def sorted_by(keys: Keys, order: IntArray, count: int) -> IntArray:
    """Return places in ascending order of their keys, equal ones as they stood in `order`."""
    ends = offsets(keys, count)
    places = np.empty(len(order), np.int64)
    for q in order:
        places[ends[keys[q]]] = q
        ends[keys[q]] += 1
    return places


@nb.njit(cache=True, nogil=True)
def sum_pairs(
    suppliers: RowArray,
    buyers: RowArray,
    amounts: FloatArray,
    classes: Classes,
    firms: int,
) -> Trades:
    """Return the trades by supplier and buyer, equal pairs added up in the order they stood."""
    order = sorted_by(suppliers, sorted_by(buyers, np.arange(len(buyers)), firms), firms)
    found = Trades(
        np.empty(len(order), np.int32),
        np.empty(len(order), np.int32),
        np.empty(len(order)),
        np.empty(len(order), np.int8),
    )
    last = -1
    for q in order:
        i, j = suppliers[q], buyers[q]
        if last >= 0 and found.suppliers[last] == i and found.buyers[last] == j:
            found.amounts[last] += amounts[q]
            continue
        last += 1
        found.suppliers[last], found.buyers[last] = i, j
        found.amounts[last], found.classes[last] = amounts[q], classes[q]
    size = last + 1
    return Trades(
        found.suppliers[:size].copy(),
        found.buyers[:size].copy(),
        found.amounts[:size].copy(),
        found.classes[:size].copy(),
    )


@nb.njit(cache=True, nogil=True)
def added(rows: Keys, amounts: FloatArray, count: int) -> FloatArray:
    """Return the sum of the amounts of every row."""
    sums = np.zeros(count)
    for q in range(len(rows)):
        sums[rows[q]] += amounts[q]
    return sums


@nb.njit(cache=True, nogil=True)
def inputs(trades: Trades, sectors: RowArray, cost: FloatArray) -> Inputs:
    """Return every buyer's trades; `cost` is what its inputs come to, traded inside or not."""
    firms, size = len(sectors), len(trades.buyers)
    sectors_count = int(np.max(sectors)) + 1 if firms else 0
    keys = np.empty(size, np.int64)
    for q in range(size):
        keys[q] = sectors_count + 1 - trades.classes[q]
        if trades.classes[q] == ESSENTIAL:
            keys[q] = sectors[trades.suppliers[q]]
    order = sorted_by(keys, np.arange(size), sectors_count + 2)
    order = sorted_by(trades.buyers, order, firms)
    found = Inputs(
        offsets(trades.buyers, firms),
        np.zeros(firms, np.int64),
        np.zeros(firms, np.int64),
        order,
        np.full(size, ADDED, np.int32),
        np.zeros(firms + 1, np.int64),
        np.zeros(size),
    )
    purchases = added(trades.buyers, trades.amounts, firms)
    slot = 0
    for j in range(firms):
        _ends(found, trades, j)
        scale = 1.0 / cost[j] if cost[j] > 0.0 else 0.0
        slot = _essential(found, trades, keys, j, purchases[j] * scale, slot)
        for q in order[found.essential[j] : found.needed[j]]:
            found.shares[q] = trades.amounts[q] * scale
        found.slot_indptr[j + 1] = slot
    return found


@nb.njit(cache=True, nogil=True)
def _ends(found: Inputs, trades: Trades, j: int) -> None:
    essential = needed = found.indptr[j]
    for q in found.trades[found.indptr[j] : found.indptr[j + 1]]:
        essential += trades.classes[q] == ESSENTIAL
        needed += trades.classes[q] != NOT_NEEDED
    found.essential[j], found.needed[j] = essential, needed


@nb.njit(cache=True, nogil=True)
def _essential(
    found: Inputs, trades: Trades, keys: IntArray, j: int, inside: float, slot: int
) -> int:
    """Share out one buyer's essential trades, sector by sector; return the next free slot."""
    start, end = found.indptr[j], found.essential[j]
    while start < end:
        stop, total = start, 0.0
        while stop < end and keys[found.trades[stop]] == keys[found.trades[start]]:
            total += trades.amounts[found.trades[stop]]
            stop += 1
        for q in found.trades[start:stop]:
            found.slots[q] = ALONE if stop - start == 1 else slot
            found.shares[q] = trades.amounts[q] / total * inside if total > 0.0 else 0.0
        slot += stop - start > 1
        start = stop
    return slot
