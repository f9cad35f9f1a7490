"""
Rows of entries with spare capacity: one is found, added or removed in the length of its row.

Row p has its entries at `spans[p].start` and the `count` places from there; `capacity` places are
its own. A full row moves to the end of the pool and gets twice its length, so that n entries
added to it cost O(n) in all. The entry that is removed last takes the place of the removed one:
the order of a row, and with it every sum over it, depends only on what was done to it.
"""

from typing import Any, NamedTuple

import numba as nb
import numpy as np
import numpy.typing as npt

from graph.arrays.compiler import lean
from graph.arrays.dtypes import Classes, FloatArray, IntArray, RowArray
from graph.arrays.sorting import offsets

# Four words a trade, so that a push reads one line for both the firm and the share.
ENTRY = np.dtype(
    [("end", np.int32), ("kind", np.int32), ("amount", np.float64), ("share", np.float64)]
)
SPAN = np.dtype([("start", np.int64), ("count", np.int32), ("capacity", np.int32)])
SPARE = 8  # A row has one place, and an eighth of its entries, to grow into.
NONE = -1


class PooledRows(NamedTuple):
    """Rows of a matrix that changes: who is in a row, of which class, what amount and share."""

    spans: npt.NDArray[Any]
    entries: npt.NDArray[Any]
    used: IntArray  # One figure: places of the pool that belong to a row, or did.


def lay_out(
    keys: RowArray, ends: RowArray, amounts: FloatArray, kinds: Classes, count: int
) -> PooledRows:
    """Return `count` rows of distinct pairs in the order they stand, by key; shares are 0."""
    spans = np.zeros(count, SPAN)
    counts = np.diff(offsets(keys, count))
    spans["count"], spans["capacity"] = counts, counts + counts // SPARE + 1
    spans["start"][1:] = np.cumsum(spans["capacity"][:-1], dtype=np.int64)
    total = int(spans["capacity"].sum(dtype=np.int64))
    entries = np.zeros(total + total // SPARE + 1, ENTRY)
    _fill(spans, entries, keys, ends, amounts, kinds)
    return PooledRows(spans, entries, np.array([total], np.int64))


@nb.njit(cache=True, nogil=True)
def _fill(
    spans: npt.NDArray[Any],
    entries: npt.NDArray[Any],
    keys: RowArray,
    ends: RowArray,
    amounts: FloatArray,
    kinds: Classes,
) -> None:
    place = spans["start"].copy()
    for e in range(len(keys)):
        at = place[keys[e]]
        place[keys[e]] = at + 1
        entries[at]["end"] = ends[e]
        entries[at]["kind"] = kinds[e]
        entries[at]["amount"] = amounts[e]


@lean
def find(rows: PooledRows, p: int, end: int) -> int:
    """Return the place of an entry, or `NONE`."""
    start = rows.spans[p]["start"]
    for e in range(start, start + rows.spans[p]["count"]):
        if rows.entries[e]["end"] == end:
            return e
    return NONE


@lean
def add(rows: PooledRows, p: int, end: int, kind: int) -> int:
    """Return the place of a new entry with nothing in it, or `NONE` where the pool is full."""
    span = rows.spans[p]
    start, count = span["start"], span["count"]
    if count == span["capacity"]:
        capacity = 2 * count + 1
        new = rows.used[0]
        if new + capacity > len(rows.entries):
            return NONE
        rows.used[0] = new + capacity
        for e in range(count):
            _copy(rows.entries, start + e, new + e)
        span["start"], span["capacity"] = new, capacity
        start = new
    span["count"] = count + 1
    at: int = start + count
    entry = rows.entries[at]
    entry["end"], entry["kind"], entry["amount"], entry["share"] = end, kind, 0.0, 0.0
    return at


@lean
def remove(rows: PooledRows, p: int, end: int) -> None:
    """Take an entry out of its row, if it is in it."""
    e = find(rows, p, end)
    if e != NONE:
        count = rows.spans[p]["count"] - 1
        _copy(rows.entries, rows.spans[p]["start"] + count, e)
        rows.spans[p]["count"] = count


@lean
def _copy(entries: npt.NDArray[Any], source: int, target: int) -> None:
    entries[target]["end"] = entries[source]["end"]
    entries[target]["kind"] = entries[source]["kind"]
    entries[target]["amount"] = entries[source]["amount"]
    entries[target]["share"] = entries[source]["share"]


@lean
def put(rows: PooledRows, p: int, end: int, amount: float, kind: int) -> tuple[float, int]:
    """
    Set a pair's amount, and its class where that is not `NONE`; return what both were.

    The class was `NONE` where the pair was not there: it has been added then, with class 1 if none
    is given. The pool must have capacity. An entry of nothing stays until it is removed.
    """
    e = find(rows, p, end)
    if e == NONE:
        e = add(rows, p, end, 1 if kind == NONE else kind)
        rows.entries[e]["amount"] = amount
        return 0.0, NONE
    entry = rows.entries[e]
    before, was = entry["amount"], entry["kind"]
    entry["amount"] = amount
    if kind != NONE:
        entry["kind"] = kind
    return before, was


@lean
def total(rows: PooledRows, p: int) -> float:
    """Return the sum of a row's amounts."""
    found = 0.0
    start = rows.spans[p]["start"]
    for e in range(start, start + rows.spans[p]["count"]):
        found += rows.entries[e]["amount"]
    return found


@lean
def crowded(rows: PooledRows, p: int) -> int:
    """Return how many places the pool lacks for row p to grow, 0 if none."""
    lacking: int = rows.used[0] + 2 * rows.spans[p]["count"] + 1 - len(rows.entries)
    return max(0, lacking)


def enlarged(rows: PooledRows, lacking: int) -> PooledRows:
    """Return the rows in a pool of twice the size, and what is lacking."""
    entries = np.zeros(2 * len(rows.entries) + lacking, ENTRY)
    entries[: len(rows.entries)] = rows.entries
    return rows._replace(entries=entries)


def copied(rows: PooledRows) -> PooledRows:
    """Return rows that no longer share anything with these."""
    return PooledRows(rows.spans.copy(), rows.entries.copy(), rows.used.copy())
