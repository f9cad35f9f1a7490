"""Scenarios as kernels take them, and some of many."""

from typing import NamedTuple

import numpy as np

from graph.arrays.dtypes import FloatArray, IntArray


class ShockArrays(NamedTuple):
    """Scenarios one after another: shocked firms and the shares they lose at the start."""

    offsets: IntArray
    rows: IntArray
    down: FloatArray
    up: FloatArray


def entries(offsets: IntArray, chosen: IntArray) -> tuple[IntArray, IntArray]:
    """Return the offsets of chosen scenarios alone, and the places of their entries among all."""
    sizes = np.diff(offsets)[chosen]
    ends = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    shift = np.repeat(offsets[chosen] - ends[:-1], sizes)
    return ends, np.arange(int(ends[-1])) + shift


def some_shocks(shocks: ShockArrays, chosen: IntArray) -> ShockArrays:
    """Return chosen scenarios, in the order they are named."""
    ends, places = entries(shocks.offsets, chosen)
    return ShockArrays(ends, shocks.rows[places], shocks.down[places], shocks.up[places])
