"""
Which first-tier suppliers draw on which firms, as bits, 512 suppliers at a time.

A supplier's own bit stands at itself. In each round every firm takes over the bits of its buyers,

    bits_{r+1}(s) = bits_r(s) or bits_r(b) for every buyer b of s,

so after r rounds a firm holds those that draw on it over at most r trades. Local numbers rise
with the tier: in round r nobody past tier r + 1 can hold a bit, and only those before are read.
What a set of suppliers sells the core is looked up byte by byte, a table of 256 sums for each.
"""

import numba as nb
import numpy as np
import numpy.typing as npt

from graph.arrays.dtypes import IntArray
from graph.structure.single_points.kernels.regions import RegionRows

WORDS = 8
BLOCK = 64 * WORDS
BYTE, VALUES = 8, 256
Bits = npt.NDArray[np.uint64]
Bytes = npt.NDArray[np.uint8]


@nb.njit(cache=True, nogil=True)
def spread(ahead: RegionRows, bits: Bits, following: Bits, ends: IntArray) -> Bits:
    """Return the bits after a round per end, for firms before that end, or once none is new."""
    for end in ends:
        new = False
        for s in range(end):
            for w in range(WORDS):
                following[s, w] = bits[s, w]
            for k in range(ahead.indptr[s], ahead.indptr[s + 1]):
                b = ahead.others[k]
                if b < end:
                    for w in range(WORDS):
                        following[s, w] |= bits[b, w]
            for w in range(WORDS):
                new |= following[s, w] != bits[s, w]
        bits, following = following, bits
        if not new:
            break
    return bits


@nb.njit(cache=True, nogil=True)
def tally(drawn: Bytes, tables: IntArray, counts: IntArray, sums: IntArray) -> None:
    """Add to every firm how many suppliers draw on it and what its bits' amounts sum to."""
    for i in range(len(drawn)):
        for b in range(drawn.shape[1]):
            value = drawn[i, b]
            if value:
                counts[i] += tables[0, b, value]
                sums[i] += tables[1, b, value]


@nb.njit(cache=True, nogil=True)
def look_up_tables(amounts: IntArray, width: int) -> IntArray:
    """Return counts and sums of amounts by byte and value; supplier j is bit j % 8 of j // 8."""
    tables = np.zeros((2, width, VALUES), np.int64)
    for b in range(width):
        for value in range(1, VALUES):
            low = 0
            while not (value >> low) & 1:
                low += 1
            rest, j = value & (value - 1), b * BYTE + low
            tables[0, b, value] = tables[0, b, rest] + 1
            tables[1, b, value] = tables[1, b, rest] + (amounts[j] if j < len(amounts) else 0)
    return tables
