"""Sums of amounts, and how large they may be so that no quotient leaves the range of floats."""

import numba as nb
import numpy as np

from graph.arrays.dtypes import FloatArray, Keys

SUM_MAX = 1e305
# Of what is divided by each other: no quotient leaves the range of floats.
QUOTIENT_SUM_MAX, QUOTIENT_MIN = 1e150, 1e-150


def sum_fits(amounts: FloatArray, most: float = SUM_MAX) -> bool:
    """Return whether sums of these amounts stay below the most that is taken."""
    with np.errstate(over="ignore"):
        return bool(np.sum(np.abs(amounts)) < most)


@nb.njit(cache=True, nogil=True)
def added(rows: Keys, amounts: FloatArray, count: int) -> FloatArray:
    """Return the sum of the amounts of every row."""
    sums = np.zeros(count)
    for q in range(len(rows)):
        sums[rows[q]] += amounts[q]
    return sums
