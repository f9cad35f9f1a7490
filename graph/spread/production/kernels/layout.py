"""
Trades sorted and laid out by counting: no comparison, each pass reads and writes every trade once.

A pass puts trades with equal keys side by side and keeps the order they had, so passes over a
lesser and then a greater key sort by both. Large arrays are made outside of compiled code: numpy
asks for large pages of memory, which took a third off (measured by tests/bench/test_engine.py).
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from graph.arrays.compiler import lean
from graph.arrays.dtypes import Classes, FloatArray, IntArray, RowArray
from graph.arrays.sorting import offsets
from graph.arrays.sums import added

NOT_NEEDED, NOT_ESSENTIAL, ESSENTIAL = 0, 1, 2
# One trade as a push reads it: a cache line holds four.
SOLD = np.dtype([("buyer", np.int32), ("slot", np.int32), ("share", np.float64)])
BOUGHT = np.dtype([("supplier", np.int32), ("spare", np.int32), ("share", np.float64)])
# One trade as it is sorted, by two keys, half a cache line; the rest goes with it.
SORTED = np.dtype(
    [
        ("amount", np.float64),
        ("share", np.float64),  # Of the supplier's revenue.
        ("greater", np.int32),
        ("lesser", np.int32),
        ("tag", np.int32),
        ("supplier", np.int32),
    ]
)
LESSER, GREATER = range(2)
# What stands for a slot where none is needed to add up what a buyer misses.
ADDED, ALONE = -1, -2

SortWorkspace = tuple[npt.NDArray[Any], npt.NDArray[Any]]  # Trades to be sorted, and as many again.


class TradePairs(NamedTuple):
    """Distinct pairs sorted by supplier, then buyer."""

    suppliers: RowArray
    buyers: RowArray
    amounts: FloatArray
    classes: Classes


class InputRows(NamedTuple):
    """The trades by buyer: essential ones sector by sector, then others, then those not needed."""

    indptr: IntArray
    essential: IntArray  # Where a buyer's essential trades end.
    needed: IntArray  # Where those end that it needs at all.
    suppliers: RowArray
    shares: FloatArray  # Of a buyer's needs; negative where the trades of another slot begin.
    slot_indptr: IntArray  # Slots of every buyer.
    bought: npt.NDArray[Any]  # `BOUGHT`, in the same order.
    sold: npt.NDArray[Any]  # `SOLD`, in the order of `TradePairs`.


def sort_workspace(trades: int) -> SortWorkspace:
    """Return what so many trades need to be sorted, to be used more than once: it is large."""
    return np.empty(trades, SORTED), np.empty(trades, SORTED)


def _sort(space: SortWorkspace, greater_count: int, lesser_count: int) -> None:
    """Put the records of a workspace in the order of their greater and then their lesser key."""
    records, spare = space
    for key, count in ((LESSER, lesser_count), (GREATER, greater_count)):
        ends = np.zeros(count + 1, np.int64)
        _count(records, ends, key)
        _deal(records, spare, ends, key)
        records, spare = spare, records


@lean
def _count(records: npt.NDArray[Any], ends: IntArray, key: int) -> None:
    """Put into `ends` where the records of each value of a key begin once they are sorted."""
    for q in range(len(records)):
        ends[(records[q]["greater"] if key == GREATER else records[q]["lesser"]) + 1] += 1
    for value in range(len(ends) - 1):
        ends[value + 1] += ends[value]


@lean
def _deal(records: npt.NDArray[Any], into: npt.NDArray[Any], ends: IntArray, key: int) -> None:
    """Write records by one key, equal ones as they stood; `ends` move."""
    for q in range(len(records)):
        value = records[q]["greater"] if key == GREATER else records[q]["lesser"]
        _copy(records, q, into, ends[value])
        ends[value] += 1


@lean
def _copy(records: npt.NDArray[Any], q: int, into: npt.NDArray[Any], place: int) -> None:
    into[place]["amount"], into[place]["share"] = records[q]["amount"], records[q]["share"]
    into[place]["greater"], into[place]["lesser"] = records[q]["greater"], records[q]["lesser"]
    into[place]["tag"], into[place]["supplier"] = records[q]["tag"], records[q]["supplier"]


def sum_pairs(
    ends: tuple[IntArray, IntArray],
    amounts: FloatArray,
    classes: Classes,
    places: IntArray,
    space: SortWorkspace,
) -> TradePairs:
    """
    Return the trades by supplier and buyer, equal pairs added up in the order they stood.

    `ends` are the rows of suppliers and buyers; they come back by place, `places` by row.
    """
    records = space[0]
    _enter(ends, amounts, classes, places, records)
    _sort(space, len(places), len(places))
    size = _summed(records)
    found = TradePairs(
        np.empty(size, np.int32), np.empty(size, np.int32), np.empty(size), np.empty(size, np.int8)
    )
    _columns(records, found)
    return found


@lean
def _enter(
    ends: tuple[IntArray, IntArray],
    amounts: FloatArray,
    classes: Classes,
    places: IntArray,
    records: npt.NDArray[Any],
) -> None:
    suppliers, buyers = ends
    for q in range(len(records)):
        records[q]["amount"], records[q]["tag"] = amounts[q], classes[q]
        records[q]["greater"], records[q]["lesser"] = places[suppliers[q]], places[buyers[q]]


@lean
def _summed(records: npt.NDArray[Any]) -> int:
    """Add equal pairs up, at the front; return how many there are."""
    last = -1
    for q in range(len(records)):
        if (
            last >= 0
            and records[last]["greater"] == records[q]["greater"]
            and records[last]["lesser"] == records[q]["lesser"]
        ):
            records[last]["amount"] += records[q]["amount"]
        else:
            last += 1
            _copy(records, q, records, last)
    return last + 1


@lean
def _columns(records: npt.NDArray[Any], found: TradePairs) -> None:
    for q in range(len(found.buyers)):
        found.suppliers[q], found.buyers[q] = records[q]["greater"], records[q]["lesser"]
        found.amounts[q], found.classes[q] = records[q]["amount"], records[q]["tag"]


def inputs(
    trades: TradePairs,
    sectors: RowArray,
    revenue: FloatArray,
    cost: FloatArray,
    space: SortWorkspace,
) -> InputRows:
    """
    Return every buyer's trades.

    `cost` is what a firm's inputs come to, traded inside or not, `revenue` what it sells.
    """
    firms, size = len(sectors), len(trades.buyers)
    sectors_count = int(sectors.max(initial=-1)) + 1
    space = space[0][:size], space[1][:size]
    _key(trades, sectors, sectors_count, revenue, space[0])
    _sort(space, firms, sectors_count + 2)
    found = InputRows(
        offsets(trades.buyers, firms),
        np.zeros(firms, np.int64),
        np.zeros(firms, np.int64),
        np.empty(size, np.int32),
        np.empty(size),
        np.zeros(firms + 1, np.int64),
        np.empty(size, BOUGHT),
        np.empty(size, SOLD),
    )
    _lay_out(found, space[0], added(trades.buyers, trades.amounts, firms), cost, sectors_count)
    return found


@lean
def _key(
    trades: TradePairs,
    sectors: RowArray,
    sectors_count: int,
    revenue: FloatArray,
    records: npt.NDArray[Any],
) -> None:
    """Enter the trades to be sorted by buyer, and then by sector if essential, else by class."""
    for q in range(len(records)):
        kind, amount, supplier = trades.classes[q], trades.amounts[q], trades.suppliers[q]
        sold = revenue[supplier]
        last = sectors_count + NOT_ESSENTIAL - kind
        records[q]["amount"], records[q]["share"] = amount, amount / sold if sold > 0.0 else 0.0
        records[q]["greater"] = trades.buyers[q]
        records[q]["lesser"] = sectors[supplier] if kind == ESSENTIAL else last
        records[q]["tag"], records[q]["supplier"] = q, supplier


@lean
def _lay_out(
    found: InputRows,
    records: npt.NDArray[Any],
    purchases: FloatArray,
    cost: FloatArray,
    sectors_count: int,
) -> None:
    """Share out every buyer's trades."""
    slot = 0
    for j in range(len(cost)):
        scale = 1.0 / cost[j] if cost[j] > 0.0 else 0.0
        start, end = found.indptr[j], found.indptr[j + 1]
        essential = _until(records, start, end, sectors_count)
        needed = _until(records, essential, end, sectors_count + NOT_ESSENTIAL)
        found.essential[j], found.needed[j] = essential, needed
        slot = _essential(found, records, start, essential, purchases[j] * scale, slot)
        for e in range(essential, end):
            found.shares[e] = records[e]["amount"] * scale if e < needed else 0.0
            _place(found, records, e, ADDED, found.shares[e])
        found.slot_indptr[j + 1] = slot


@lean
def _until(records: npt.NDArray[Any], start: int, end: int, key: int) -> int:
    """Return where the records begin, or would, whose lesser key is this or more."""
    while start < end and records[start]["lesser"] < key:
        start += 1
    return start


@lean
def _essential(
    found: InputRows, records: npt.NDArray[Any], start: int, end: int, inside: float, slot: int
) -> int:
    """Share out one buyer's essential trades, sector by sector; return the next free slot."""
    while start < end:
        stop, total = start, 0.0
        while stop < end and records[stop]["lesser"] == records[start]["lesser"]:
            total += records[stop]["amount"]
            stop += 1
        alone = stop - start == 1
        for e in range(start, stop):
            share = records[e]["amount"] / total * inside if total > 0.0 else 0.0
            found.shares[e] = -share if e == start else share
            _place(found, records, e, ALONE if alone else slot, share)
        slot += not alone
        start = stop
    return slot


@lean
def _place(found: InputRows, records: npt.NDArray[Any], e: int, slot: int, share: float) -> None:
    """Put one trade in its place among what is bought and among what is sold."""
    found.suppliers[e] = found.bought[e]["supplier"] = records[e]["supplier"]
    found.bought[e]["spare"], found.bought[e]["share"] = 0, records[e]["share"]
    q = records[e]["tag"]
    found.sold[q]["buyer"], found.sold[q]["slot"] = records[e]["greater"], slot
    found.sold[q]["share"] = share
