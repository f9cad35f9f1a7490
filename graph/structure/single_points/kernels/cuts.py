"""
Largest flow and least cuts between a source and a sink, in whole amounts.

Dinic's phases: levels are distances to the sink over arcs with capacity left; a walk from the
source along falling levels pushes what its narrowest arc takes and goes on from where that one
stood. An arc that led nowhere is not looked at again in the phase (current arcs). Distances grow
with every phase, so there are fewer phases than nodes [1]. When no walk is left, both least cuts
nearest to the two ends are read off what has capacity left: who is reached from the source, and who
reaches the sink.

[1] E. A. Dinic, Algorithm for solution of a problem of maximum flow in networks with power
    estimation, Soviet Math. Doklady 11, 1277-1280 (1970).
"""

from typing import NamedTuple

import numba as nb
import numpy as np
import numpy.typing as npt

from graph.arrays.compiler import lean
from graph.arrays.dtypes import IntArray, RowArray

LARGEST = 9_223_372_036_854_775_807
AWAY = -1


class Arcs(NamedTuple):
    """By node: each arc's head, what it still takes, and where its way back stands."""

    indptr: IntArray
    heads: RowArray
    residual: IntArray
    twins: IntArray


class CutWorkspace(NamedTuple):
    """What a search writes to."""

    level: RowArray
    at: IntArray
    path: IntArray
    queue: RowArray


@nb.njit(cache=True, nogil=True)
def arcs(tails: RowArray, heads: RowArray, capacity: IntArray, nodes: int) -> Arcs:
    """Return the arcs by node, each with a way back that takes nothing yet; none is a loop."""
    indptr = np.zeros(nodes + 1, np.int64)
    for e in range(len(tails)):
        indptr[tails[e] + 1] += 1
        indptr[heads[e] + 1] += 1
    for i in range(nodes):
        indptr[i + 1] += indptr[i]
    place = indptr[:-1].copy()
    size = 2 * len(tails)
    found = Arcs(
        indptr, np.empty(size, np.int32), np.zeros(size, np.int64), np.empty(size, np.int64)
    )
    for e in range(len(tails)):
        go, back = place[tails[e]], place[heads[e]]
        place[tails[e]] = go + 1
        place[heads[e]] = back + 1
        found.heads[go], found.heads[back] = heads[e], tails[e]
        found.residual[go] = capacity[e]
        found.twins[go], found.twins[back] = back, go
    return found


@nb.njit(cache=True, nogil=True)
def saturate(arcs: Arcs, source: int, sink: int, steps_max: int) -> tuple[int, int]:
    """Fill the arcs; return the flow and the arcs looked at: more than allowed, and it is less."""
    nodes = len(arcs.indptr) - 1
    space = CutWorkspace(
        np.empty(nodes, np.int32),
        np.empty(nodes, np.int64),
        np.empty(nodes, np.int64),
        np.empty(nodes, np.int32),
    )
    flow, steps = 0, 0
    for _ in range(nodes):
        if not _levels(arcs, space, source, sink) or steps > steps_max:
            break
        space.at[:] = arcs.indptr[:-1]
        more, steps = _block(arcs, space, source, sink, steps, steps_max)
        flow += more
    return flow, steps


@lean
def _levels(arcs: Arcs, space: CutWorkspace, source: int, sink: int) -> bool:
    """Set levels, the sink 0, as far as the source's; return whether it is reached."""
    level, queue = space.level, space.queue
    level[:] = AWAY
    level[sink] = 0
    queue[0] = sink
    first, last = 0, 1
    while first < last:
        j = queue[first]
        first += 1
        if level[source] != AWAY and level[j] >= level[source] - 1:
            break
        for a in range(arcs.indptr[j], arcs.indptr[j + 1]):
            i = arcs.heads[a]
            if level[i] == AWAY and arcs.residual[arcs.twins[a]] > 0:
                level[i] = level[j] + 1
                queue[last] = i
                last += 1
    return bool(level[source] != AWAY)


@lean
def _block(
    arcs: Arcs, space: CutWorkspace, source: int, sink: int, steps: int, steps_max: int
) -> tuple[int, int]:
    """Push along falling levels until no walk is left; return what was pushed, and the steps."""
    level, at, path = space.level, space.at, space.path
    pushed, depth, i = 0, 0, source
    while steps <= steps_max:
        if i == sink:
            amount, depth = _push(arcs, path, depth)
            pushed += amount
            i = arcs.heads[arcs.twins[path[depth]]]
            continue
        end = arcs.indptr[i + 1]
        while at[i] < end:
            steps += 1
            a = at[i]
            if arcs.residual[a] > 0 and level[arcs.heads[a]] == level[i] - 1:
                break
            at[i] += 1
        if at[i] < end:
            path[depth] = at[i]
            depth += 1
            i = arcs.heads[at[i]]
            continue
        if i == source:
            break
        depth -= 1
        i = arcs.heads[arcs.twins[path[depth]]]
        at[i] += 1
    return pushed, steps


@lean
def _push(arcs: Arcs, path: IntArray, depth: int) -> tuple[int, int]:
    """Push what the walk takes; return it and the place of the first arc that is full."""
    amount, full = LARGEST, 0
    for d in range(depth):
        if arcs.residual[path[d]] < amount:
            amount, full = arcs.residual[path[d]], d
    for d in range(depth):
        arcs.residual[path[d]] -= amount
        arcs.residual[arcs.twins[path[d]]] += amount
    return amount, full


@nb.njit(cache=True, nogil=True)
def side(arcs: Arcs, start: int, forward: bool) -> npt.NDArray[np.bool_]:
    """Return who is reached from a node over arcs with capacity left, or who reaches it."""
    nodes = len(arcs.indptr) - 1
    met = np.zeros(nodes, np.bool_)
    queue = np.empty(nodes, np.int32)
    met[start], queue[0] = True, start
    first, last = 0, 1
    while first < last:
        j = queue[first]
        first += 1
        for a in range(arcs.indptr[j], arcs.indptr[j + 1]):
            i = arcs.heads[a]
            residual = arcs.residual[a] if forward else arcs.residual[arcs.twins[a]]
            if not met[i] and residual > 0:
                met[i] = True
                queue[last] = i
                last += 1
    return met
