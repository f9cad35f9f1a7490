"""
How strongly firms are tied to many sources at a time, a column each.

With q a source's shares, P_ij = the share of buyer j's purchases that comes from i, and damping a,
the proximity (`pagerank.py`) solve

    x = (1 - a) q + a P x

Firms are updated one after another, each from what its buyers have now [1], in place. With D the
changes of such a sweep, where firm i comes before j, the equation is missed afterwards by
r_i = a sum_{j >= i} P_ij D_j, and as no step makes mass, x is off by at most

    |r| / (1 - a) <= sum_j W_j |D_j|,   W_j = a / (1 - a) sum_{i <= j} P_ij

all firms together, and by what rounding adds. Of the distance e, a sweep G shrinks
sum_j (1 - a sum_{i > j} P_ij) |e_j| to a times itself at most. But all directions die out far
faster than the slowest, G u = m u; how much of u is in an answer is known beforehand by the
transpose's, v G = m v:

    x(0) = c u,   c = v (I - a L)^-1 (1 - a) q / ((1 - m) v u),   L = P below the diagonal

From there 12 sweeps come as near as 37 do from nothing, and as 71 steps of all firms at once
(100k firms, a distance of 1e-6; docs/spreading.md). The first sweeps run in single precision, for
half the memory; the last in double, which alone decide. Every column keeps its own count: what
stands in the others does not change a bit of it.

[1] A. Arasu et al., PageRank computation and the structure of the web, WWW 2002.
"""

from typing import Any, NamedTuple

import numba as nb
import numpy as np
import numpy.typing as npt
from llvmlite import ir

from graph.arrays.dtypes import FloatArray, IntArray, Matrix, RowArray
from graph.arrays.vectors import FIRST, PART, Addresses, Ends, Lanes, Size, compiled

COLUMNS = 16
# A sweep in single precision that leaves more than this part of the last has reached rounding.
STALLED = 0.95
SINGLE_DIGITS = 8 * 1.2e-7  # What single precision still tells, before it is divided by 1 - a.
START_MAX = 16.0  # Of c: where no direction is slowest, any number may come out.
# indptr, buyers, shares, weights, given, own (rows), proximity (rows), left (a row).
Sweeping = tuple[Any, ...]


class WalkArrays(NamedTuple):
    """Who sells what share, in the order of sweeps; firms without buyers come first."""

    places: IntArray  # Of every firm.
    indptr: IntArray
    buyers: RowArray
    shares: FloatArray  # Damped.
    weights: FloatArray  # W.
    shares_single: Matrix
    weights_single: Matrix
    slowest: FloatArray  # u, which sums to 1.
    pull: FloatArray  # c of a source at each place.
    fixed: int  # Places before this one have no buyers.
    damping: float


class SourceArrays(NamedTuple):
    """What firms weigh in sources, entries of source k from offsets[k] on; each sums to 1."""

    offsets: IntArray
    places: IntArray
    shares: FloatArray


class WalkWorkspace(NamedTuple):
    """The workspace of one thread."""

    proximity: Matrix
    proximity_single: Matrix
    given: RowArray  # Which row of the block's sources a place has; 0 for none.


class Accuracy(NamedTuple):
    """When a column is done: so near, or after so many sweeps of either precision."""

    tolerance: float
    sweeps_max: int


def space(firms: int) -> WalkWorkspace:
    """Return a workspace for one thread."""

    def matrix(dtype: npt.DTypeLike) -> Matrix:
        """Return a row a firm, each beginning where a cache line does."""
        space = np.zeros((firms + 1) * COLUMNS, dtype)
        shift = (-space.ctypes.data // space.itemsize) % COLUMNS  # Rows begin where lines begin.
        return space[shift : shift + firms * COLUMNS].reshape(firms, COLUMNS)

    return WalkWorkspace(matrix(np.float64), matrix(np.float32), np.zeros(firms, np.int32))


def sweep(first: int, last: int, arrays: Sweeping) -> None:
    """Update firms one after another; write sum W |D| to `left`."""
    indptr, buyers, shares, weights, given, own, proximity, left = arrays
    left[:] = 0
    for i in range(first, last):
        added = np.zeros_like(left)
        for e in range(indptr[i], indptr[i + 1]):
            added = added + shares[e] * proximity[buyers[e]]
        added = added + own[given[i]]
        left[:] = left + weights[i] * np.abs(added - proximity[i])
        proximity[i] = added


@compiled(sweep, 2, lambda size: COLUMNS * size)
def _sweep(lanes: Lanes, ends: Ends, at: Addresses, size: Size) -> None:
    builder = lanes.builder
    indptr, buyers, shares, weights, given, own, proximity, left = at
    trades = size(1)

    def body(i: ir.Value, carried: list[Any]) -> list[Any]:
        """Update one firm."""
        start, end = lanes.span(indptr, i)
        added = lanes.sum_rows(start, end, trades, buyers, shares, proximity)
        added = builder.fadd(added, lanes.load(own, lanes.place(given, i)))
        change = builder.fsub(added, lanes.load(proximity, i))
        change = lanes.larger(change, builder.fsub(lanes.zero, change))
        lanes.store(added, proximity, i)
        return [lanes.add(carried[0], lanes.element(weights, i), change)]

    (moved,) = lanes.loop(*ends, [lanes.zero], body)
    lanes.store(moved, left, FIRST)


@nb.njit(cache=True, nogil=True)
def heavy(indptr: IntArray, buyers: RowArray, shares: FloatArray, damping: float) -> FloatArray:
    """Return W, from damped shares."""
    weights = np.zeros(len(indptr) - 1)
    for i in range(len(weights)):
        for e in range(indptr[i], indptr[i + 1]):
            if i <= buyers[e]:
                weights[buyers[e]] += shares[e] / (1.0 - damping)
    return weights


@nb.njit(cache=True, nogil=True)
def directions(
    indptr: IntArray, buyers: RowArray, shares: FloatArray, damping: float, steps: int
) -> tuple[FloatArray, FloatArray]:
    """Return u and what c is for a source at each place, nothing where no direction lasts."""
    firms = len(indptr) - 1
    u, rate = np.full(firms, 1.0 / max(1, firms)), 0.0
    v = np.ones(firms)
    for _ in range(steps):
        rate = _forth(indptr, buyers, shares, u)
        _, after = _back(indptr, buyers, shares, v)
        largest = np.max(after) if firms else 0.0
        if rate == 0.0 or largest == 0.0:
            return np.zeros(firms), np.zeros(firms)
        u /= rate
        v = after / largest
    ahead, _ = _back(indptr, buyers, shares, v)
    common = np.sum(v * u)
    if common <= 0.0:
        return np.zeros(firms), np.zeros(firms)
    return u, (1.0 - damping) / ((1.0 - min(rate, damping)) * common) * ahead


@nb.njit(cache=True, nogil=True)
def _forth(indptr: IntArray, buyers: RowArray, shares: FloatArray, u: FloatArray) -> float:
    """Turn u into G u; return its sum."""
    total = 0.0
    for i in range(len(u)):
        added = 0.0
        for e in range(indptr[i], indptr[i + 1]):
            added += shares[e] * u[buyers[e]]
        u[i] = added
        total += added
    return total


@nb.njit(cache=True, nogil=True)
def _back(
    indptr: IntArray, buyers: RowArray, shares: FloatArray, v: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return v (I - a L)^-1 and v G."""
    ahead, after = v.copy(), np.zeros(len(v))
    for i in range(len(v) - 1, -1, -1):
        for e in range(indptr[i], indptr[i + 1]):
            j = buyers[e]
            if j < i:
                ahead[j] += shares[e] * ahead[i]
            else:
                after[j] += shares[e] * ahead[i]
    return ahead, after


@nb.njit(cache=True, nogil=True)
def run(
    walk: WalkArrays,
    sources: SourceArrays,
    first: int,
    last: int,
    limits: Accuracy,
    space: WalkWorkspace,
    found: FloatArray,
    sweeps: IntArray,
    left: FloatArray,
) -> None:
    """
    Write the proximity of every firm to sources `first` to `last`, a row each, at most `COLUMNS`.

    Beside them the sweeps and what they leave; the latter is above the tolerance where the bound
    on sweeps was reached.
    """
    own = _begin(walk, sources, first, last, space)
    count, deep = last - first, max(limits.tolerance, SINGLE_DIGITS / (1.0 - walk.damping))
    running, ended = np.ones(count, np.bool_), np.zeros(count, np.bool_)
    moved, before = np.zeros(COLUMNS, np.float32), np.full(count, np.inf)
    arrays = (
        walk.indptr,
        walk.buyers,
        walk.shares_single,
        walk.weights_single,
        space.given,
        own.astype(np.float32),
        space.proximity_single,
        moved,
    )
    for _ in range(limits.sweeps_max):
        sweep(walk.fixed, len(walk.places), arrays)
        for b in range(count):
            rest = float(moved[b])
            sweeps[b] += running[b]
            ended[b] = running[b] and (rest <= deep or rest > STALLED * before[b])
            before[b] = rest
        _deepen(walk, space, ended)
        running &= ~ended
        if not np.any(running):
            break
    ended[:] = running
    _deepen(walk, space, ended)
    _finish(walk, own, limits, space, found, sweeps, left)
    for q in range(sources.offsets[first], sources.offsets[last]):
        space.given[sources.places[q]] = 0


@nb.njit(cache=True, nogil=True)
def _begin(
    walk: WalkArrays, sources: SourceArrays, first: int, last: int, space: WalkWorkspace
) -> FloatArray:
    """Put every column where it starts; return what the sources give, a row a place that has it."""
    size = sources.offsets[last] - sources.offsets[first]
    own = np.zeros((size + 1, COLUMNS))
    start, used = np.zeros(COLUMNS), 0
    for k in range(first, last):
        for q in range(sources.offsets[k], sources.offsets[k + 1]):
            i = sources.places[q]
            if space.given[i] == 0:
                used += 1
                space.given[i] = used
            own[space.given[i], k - first] += (1.0 - walk.damping) * sources.shares[q]
            start[k - first] += walk.pull[i] * sources.shares[q]
    start[:] = np.minimum(start, START_MAX)
    for i in range(walk.fixed, len(walk.places)):
        for b in range(COLUMNS):
            space.proximity_single[i, b] = np.float32(start[b] * walk.slowest[i])
            space.proximity[i, b] = 0.0
    for i in range(walk.fixed):
        for b in range(COLUMNS):
            space.proximity[i, b] = own[space.given[i], b]
            space.proximity_single[i, b] = np.float32(space.proximity[i, b])
    return own


@nb.njit(cache=True, nogil=True)
def _deepen(walk: WalkArrays, space: WalkWorkspace, ended: npt.NDArray[np.bool_]) -> None:
    """Hand columns on to double precision."""
    columns = np.flatnonzero(ended)
    if len(columns):
        for i in range(walk.fixed, len(walk.places)):
            for b in columns:
                space.proximity[i, b] = space.proximity_single[i, b]


@nb.njit(cache=True, nogil=True)
def _finish(
    walk: WalkArrays,
    own: FloatArray,
    limits: Accuracy,
    space: WalkWorkspace,
    found: FloatArray,
    sweeps: IntArray,
    left: FloatArray,
) -> None:
    """Sweep in double precision until every column is near enough, and write each as it is then."""
    count = len(sweeps)
    running, ended = np.ones(count, np.bool_), np.zeros(count, np.bool_)
    moved = np.zeros(COLUMNS)
    arrays = (
        walk.indptr,
        walk.buyers,
        walk.shares,
        walk.weights,
        space.given,
        own,
        space.proximity,
        moved,
    )
    for used in range(limits.sweeps_max):
        sweep(walk.fixed, len(walk.places), arrays)
        for b in range(count):
            last = used == limits.sweeps_max - 1
            sweeps[b] += running[b]
            ended[b] = running[b] and (moved[b] <= limits.tolerance or last)
            if ended[b]:
                left[b] = moved[b]
        _write(walk, space, ended, found)
        running &= ~ended
        if not np.any(running):
            break


@nb.njit(cache=True, nogil=True)
def _write(
    walk: WalkArrays, space: WalkWorkspace, ended: npt.NDArray[np.bool_], found: FloatArray
) -> None:
    columns = np.flatnonzero(ended)
    if len(columns):
        for firm in range(len(walk.places)):
            for b in columns:
                found[b, firm] = space.proximity[walk.places[firm], b]


@nb.njit(cache=True, nogil=True)
def rounding(indptr: IntArray, damping: float) -> float:
    """Return what rounding may add to the distance: an error in every sum of a last sweep."""
    longest = 0
    for i in range(len(indptr) - 1):
        longest = max(longest, indptr[i + 1] - indptr[i])
    depth = min(longest, PART) + longest // PART + 4
    return depth * 2.3e-16 / (1.0 - damping)
