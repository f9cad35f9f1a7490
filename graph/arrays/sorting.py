"""Counting sorts: no comparison, equal keys keep the order they had."""

import numba as nb
import numpy as np

from graph.arrays.dtypes import IntArray, Keys


@nb.njit(cache=True, nogil=True)
def offsets(keys: Keys, count: int) -> IntArray:
    """Return where each key's entries begin, once they are sorted by it, and one end more."""
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
