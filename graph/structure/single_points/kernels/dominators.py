"""
Dominator tree: for every firm the nearest one that no path to it goes around.

Firm v dominates w when every path from the roots to w passes v; the immediate dominators form a
tree under a root of its own (number 0) from which all given roots hang. With depth-first numbers,

    semi(w) = least v from which a path leads to w over firms numbered above w
    idom(w) = semi(u) where u, of least semi on the tree path below semi(w) down to w, has the
              same semi as w; else idom(w) = idom(u)

Firms are taken in falling number; a forest of those done is kept with paths compressed, so that
the least semi above a firm is found in O(log n) on average: O(trades log n) in all [1]. The tree
is then laid out so that every firm's subtree is one range.

[1] T. Lengauer, R. E. Tarjan, A fast algorithm for finding dominators in a flowgraph,
    ACM TOPLAS 1(1), 121-141 (1979).
"""

from typing import NamedTuple

import numba as nb
import numpy as np
import numpy.typing as npt

from graph.arrays.compiler import lean
from graph.arrays.dtypes import RowArray
from graph.structure.single_points.kernels.regions import RegionRows

TOP, NOT_REACHED = -1, -2
NONE = -1
ANCESTOR, LABEL, LEAST = range(3)


class Tree(NamedTuple):
    """
    Immediate dominators, and subtrees as ranges of `listing`.

    The firms that v dominates, v first, are `listing[place[v] : place[v] + size[v]]`.
    """

    dominator: RowArray  # `TOP` under no firm, `NOT_REACHED` where no path leads.
    place: RowArray
    size: RowArray
    listing: RowArray


class Forest(NamedTuple):
    """By number, of firms done: below whom each hangs, the firm of least semi above, that semi."""

    # One firm's three stand side by side in memory: each is read at random.
    nodes: RowArray
    path: RowArray


@nb.njit(cache=True, nogil=True)
def tree(ahead: RegionRows, back: RegionRows, roots: npt.NDArray[np.bool_]) -> Tree:
    """Return the dominator tree of what is reached from the roots; `back` is `ahead` turned."""
    number = np.zeros(len(roots), np.int32)
    vertex = np.empty(len(roots) + 1, np.int32)
    parent = np.zeros(len(roots) + 1, np.int32)
    count = _number(ahead, roots, number, vertex, parent, ahead.indptr[:-1].copy())
    semi = np.zeros(count + 1, np.int32)
    forest = Forest(
        np.full((count + 1, 4), np.int32(NONE), np.int32), np.empty(count + 1, np.int32)
    )
    above = np.zeros(count + 1, np.int32)
    bucket = np.full(count + 1, np.int32(NONE), np.int32)
    following = np.full(count + 1, np.int32(NONE), np.int32)
    for w in range(count, 0, -1):
        least = 0 if roots[vertex[w]] else _least(back, forest, number, vertex[w], w, parent[w])
        semi[w] = least
        following[w] = bucket[least]
        bucket[least] = w
        forest.nodes[w, ANCESTOR], forest.nodes[w, LABEL] = parent[w], w
        forest.nodes[w, LEAST] = least
        v = bucket[parent[w]]
        bucket[parent[w]] = NONE
        while v != NONE:
            _compress(forest, v)
            above[v] = parent[w]
            if forest.nodes[v, LEAST] < semi[v]:
                above[v] = forest.nodes[v, LABEL]
            v = following[v]
    for w in range(1, count + 1):
        if above[w] != semi[w]:
            above[w] = above[above[w]]
    return _laid_out(vertex, above, count, len(roots))


@lean
def _number(
    ahead: RegionRows,
    roots: npt.NDArray[np.bool_],
    number: RowArray,
    vertex: RowArray,
    parent: RowArray,
    at: npt.NDArray[np.int64],
) -> int:
    """Return how many are reached; they get numbers from 1 as a depth-first walk meets them."""
    count = 0
    for root in range(len(roots)):
        if not roots[root] or number[root] != 0:
            continue
        count += 1
        number[root], vertex[count], parent[count] = count, root, 0
        w = count
        while w != 0:
            i = vertex[w]
            if at[i] == ahead.indptr[i + 1]:
                w = parent[w]
                continue
            other = ahead.others[at[i]]
            at[i] += 1
            if number[other] == 0:
                count += 1
                number[other], vertex[count], parent[count] = count, other, w
                w = count
    return count


@lean
def _least(
    back: RegionRows, forest: Forest, number: RowArray, firm: int, own: int, parent: int
) -> int:
    """Return the semidominator's number."""
    least = parent
    for k in range(back.indptr[firm], back.indptr[firm + 1]):
        v = number[back.others[k]]
        if v > own:  # Done before.
            _compress(forest, v)
            least = min(least, forest.nodes[v, LEAST])
        elif v != 0:
            least = min(least, v)
    return least


@lean
def _compress(forest: Forest, v: int) -> None:
    """Hang a firm and all above it right below their tree's root, with the least on the way."""
    nodes, path = forest
    top, x = 0, v
    while nodes[nodes[x, ANCESTOR], ANCESTOR] != NONE:
        path[top] = x
        top += 1
        x = nodes[x, ANCESTOR]
    root = nodes[x, ANCESTOR]
    for p in range(top - 1, -1, -1):
        y = path[p]
        up = nodes[y, ANCESTOR]
        if nodes[up, LEAST] < nodes[y, LEAST]:
            nodes[y, LABEL], nodes[y, LEAST] = nodes[up, LABEL], nodes[up, LEAST]
        nodes[y, ANCESTOR] = root


@nb.njit(cache=True, nogil=True)
def _laid_out(vertex: RowArray, above: RowArray, count: int, firms: int) -> Tree:
    """Return the tree by firm; a dominator's number is below those it dominates."""
    sizes = np.ones(count + 1, np.int32)
    for w in range(count, 0, -1):
        sizes[above[w]] += sizes[w]
    found = Tree(
        np.full(firms, np.int32(NOT_REACHED), np.int32),
        np.zeros(firms, np.int32),
        np.zeros(firms, np.int32),
        np.empty(count, np.int32),
    )
    free = np.zeros(count + 1, np.int32)
    for w in range(1, count + 1):
        i, place = vertex[w], free[above[w]]
        free[above[w]] = place + sizes[w]
        free[w] = place + 1
        found.dominator[i] = vertex[above[w]] if above[w] else TOP
        found.place[i], found.size[i] = place, sizes[w]
        found.listing[place] = i
    return found
