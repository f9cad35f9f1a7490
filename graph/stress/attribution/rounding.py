"""Parts in whole fen that sum to a whole, by largest remainder."""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from graph.arrays.dtypes import FloatArray, IntArray


def apportion(parts: Sequence[int], whole: int) -> IntArray:
    """
    Return parts / whole in whole fen; they sum to the sum of all parts / whole, rounded once.

    Each part is cut downwards; the fen that are missing go to the largest remainders, the first
    ones among equals.

    Args:
        parts: Numerators.
        whole: Their denominator, positive.

    Example:
        >>> apportion([10, 10, 11], 3).tolist()
        [3, 3, 4]
    """
    cut, rest = np.zeros(len(parts), np.int64), []
    for place, part in enumerate(parts):
        cut[place], left = divmod(part, whole)
        rest.append(left)
    missing = round(Fraction(sum(parts), whole)) - sum(cut.tolist())
    order = sorted(range(len(parts)), key=rest.__getitem__, reverse=True)
    cut[order[:missing]] += 1
    return cut


def share_out(totals: IntArray, owners: IntArray, parts: FloatArray) -> IntArray:
    """
    Return the parts of several totals in whole fen, in proportion and by largest remainder.

    Args:
        totals: Not negative.
        owners: The total that each part is of; every total above 0 has a part above 0.
        parts: In any measure, not negative.

    Example:
        >>> share_out(np.array([10, 7]), np.array([0, 1, 0, 0]), np.array([1.0, 5.0, 1.0, 1.0]))
        array([4, 7, 3, 3])
    """
    size = len(totals)
    sums = np.bincount(owners, parts, size)
    scaled = np.zeros(len(parts))
    np.divide(parts, sums[owners], out=scaled, where=sums[owners] > 0.0)
    scaled *= totals[owners]
    cut = np.floor(scaled).astype(np.int64)
    used = np.zeros(size, np.int64)
    np.add.at(used, owners, cut)
    missing = totals - used
    order = np.lexsort((np.arange(len(parts)), cut - scaled, owners))
    first = np.searchsorted(owners[order], np.arange(size))
    rank = np.arange(len(parts)) - first[owners[order]]
    cut[order[rank < missing[owners[order]]]] += 1
    # Floats cannot tell every fen of a large total apart: the largest part makes up for that.
    off = np.minimum(missing, 0) + np.maximum(missing - np.bincount(owners, minlength=size), 0)
    largest = np.lexsort((np.arange(len(parts)), -cut, owners))
    which = np.flatnonzero(off)
    cut[largest[np.searchsorted(owners[largest], which)]] += off[which]
    return cut
