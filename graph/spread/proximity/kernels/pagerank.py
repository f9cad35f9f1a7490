"""
How strongly firms are tied to a source: personalised PageRank that loses what leaks out.

A step goes from buyers to suppliers, in proportion to what each buys [1]; with q the source's
shares, T_ji = the share of buyer j's purchases that comes from i, and damping a:

    c = (1 - a) sum_{t >= 0} a^t (T^T)^t q

A firm that buys nothing ends the way: its mass is lost, or goes back to the source. What is left
out after step t is at most a^(t+1) |v(t+1)|, as no step makes mass.

[1] L. Page et al., The PageRank citation ranking, Stanford InfoLab 1999-66 (1999).
"""

import numba as nb
import numpy as np

from graph.arrays.dtypes import FloatArray, IntArray


@nb.njit(cache=True, nogil=True)
def spread(
    indptr: IntArray,
    buyers: IntArray,
    shares: FloatArray,
    dangling: FloatArray,
    source: FloatArray,
    damping: float,
    tolerance: float,
    rounds_max: int,
) -> tuple[FloatArray, int, float]:
    """
    Return the proximity to the source, the steps taken and what they leave out at most.

    `indptr`, `buyers`, `shares` list each supplier's buyers and its share of their purchases;
    `dangling` is 1 for firms whose mass goes back to the source, else 0.
    """
    mass = source.copy()
    proximity = (1.0 - damping) * mass
    rest = damping * np.sum(mass)
    for used in range(rounds_max):
        if rest <= tolerance:
            return proximity, used, rest
        back = np.sum(dangling * mass)
        mass = damping * (_step(indptr, buyers, shares, mass) + back * source)
        proximity += (1.0 - damping) * mass
        rest = damping * np.sum(mass)
    return proximity, rounds_max, rest


@nb.njit(cache=True, nogil=True)
def _step(indptr: IntArray, buyers: IntArray, shares: FloatArray, mass: FloatArray) -> FloatArray:
    after = np.zeros(len(mass))
    for i in range(len(mass)):
        for k in range(indptr[i], indptr[i + 1]):
            after[i] += shares[k] * mass[buyers[k]]
    return after
