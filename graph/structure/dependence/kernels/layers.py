"""
Risk carried along dependences, layer by layer, and the chains that carry most of it.

With a_ij what of j's risk i takes over, r_i a factor that holds i's row sum, h0 >= 0 the risk that
firms start with and d the decay of every trade after the first,

    layer_1 = r a h0,    layer_t+1 = d r a layer_t,    added = layer_1 + layer_2 + ...

so that added = A (I - d A)^-1 h0 with A = r a; without decay h0 + added = (I - A)^-1 h0. Where no
row of A sums to more than k and d k < 1, what layers after t add is below max(layer_t) d k/(1-d k).

A chain of t trades, j0 -> ... -> i, carries h0_j0 times its factors; all chains to i sum to what
is added. A firm's best chains of t + 1 trades go on from one of the best chains of t trades of
the firms it depends on, so a few per firm and layer are enough to find the best of all lengths.
"""

from typing import NamedTuple

import numba as nb
import numpy as np
import numpy.typing as npt

from graph.arrays.compiler import lean
from graph.arrays.dtypes import FloatArray, IntArray, RowArray

NOBODY = -1
Ranks = npt.NDArray[np.int8]


class Dependences(NamedTuple):
    """By firm: on whom it depends, and what of the other's risk it takes over."""

    indptr: IntArray
    others: RowArray
    weights: FloatArray


class Layer(NamedTuple):
    """The best chains of one length, by firm and rank, and what each goes on from."""

    carried: FloatArray
    via: RowArray
    rank: Ranks


@nb.njit(cache=True, nogil=True)
def spread(
    needs: Dependences,
    factors: FloatArray,
    start: FloatArray,
    decay: float,
    bound: float,
    tolerance: float,
    layers_max: int,
) -> tuple[FloatArray, int, float]:
    """Return what is added, the layers used, what is left out at most; no row is above `bound`."""
    layer, added = start.copy(), np.zeros_like(start)
    following = np.empty_like(start)
    by_trade, rest = 1.0, np.inf
    for used in range(1, layers_max + 1):
        largest = _step(needs, factors, layer, following, by_trade)
        added += following
        layer, following = following, layer
        by_trade = decay
        rest = largest * decay * bound / (1.0 - decay * bound)
        if rest <= tolerance:
            return added, used, rest
    return added, layers_max, rest


@lean
def _step(
    needs: Dependences,
    factors: FloatArray,
    layer: FloatArray,
    following: FloatArray,
    by_trade: float,
) -> float:
    """Write the next layer to `following`; return its largest."""
    largest = 0.0
    for i in range(len(layer)):
        risk = 0.0
        for k in range(needs.indptr[i], needs.indptr[i + 1]):
            risk += needs.weights[k] * layer[needs.others[k]]
        following[i] = risk * factors[i] * by_trade
        largest = max(largest, following[i])
    return largest


@nb.njit(cache=True, nogil=True)
def chains(
    needs: Dependences,
    factors: FloatArray,
    start: FloatArray,
    decay: float,
    trades_max: int,
    top: int,
) -> tuple[FloatArray, RowArray]:
    """
    Return the best chains of each firm: what each carries, and its firms from source to firm.

    Equal ones: shorter first, then by the row and rank they go on from. Empty places carry 0 and
    name nobody; a chain stands at the end of its row of places.
    """
    firms = len(start)
    carried = np.zeros((trades_max + 1, firms, top))
    via = np.full((trades_max + 1, firms, top), np.int32(NOBODY), np.int32)
    rank = np.zeros((trades_max + 1, firms, top), np.int8)
    carried[0, :, 0] = start
    for t in range(1, trades_max + 1):
        by_trade = decay if t > 1 else 1.0
        _best(needs, factors * by_trade, carried[t - 1], Layer(carried[t], via[t], rank[t]))
    found = np.zeros((firms, top))
    lengths, ranks = np.zeros((firms, top), np.int32), np.zeros((firms, top), np.int8)
    for t in range(1, trades_max + 1):
        for i in range(firms):
            for k in range(top):
                _insert(carried[t, i, k], t, k, found[i], lengths[i], ranks[i])
    return found, _firms(found, lengths, ranks, via, rank)


@lean
def _best(needs: Dependences, factors: FloatArray, before: FloatArray, layer: Layer) -> None:
    """Find the best chains that are a trade longer than those before."""
    top = before.shape[1]
    for i in range(len(before)):
        for e in range(needs.indptr[i], needs.indptr[i + 1]):
            j = needs.others[e]
            for k in range(top):
                value = needs.weights[e] * factors[i] * before[j, k]
                if value <= layer.carried[i, top - 1]:
                    break  # Those that follow carry no more.
                _insert(value, j, k, layer.carried[i], layer.via[i], layer.rank[i])


@lean
def _insert(
    value: float, name: int, rank: int, values: FloatArray, names: RowArray, ranks: Ranks
) -> None:
    """Put a value in its place among falling ones, behind its equals; the last one drops out."""
    at = len(values) - 1
    if value <= values[at]:
        return
    while at > 0 and values[at - 1] < value:
        values[at], names[at], ranks[at] = values[at - 1], names[at - 1], ranks[at - 1]
        at -= 1
    values[at], names[at], ranks[at] = value, name, rank


@nb.njit(cache=True, nogil=True)
def _firms(
    found: FloatArray, lengths: RowArray, ranks: Ranks, via: RowArray, rank: Ranks
) -> RowArray:
    """Return the firms of every chain found, from the source on the left to the firm last."""
    firms, top = found.shape
    places = via.shape[0]
    named = np.full((firms, top, places), np.int32(NOBODY), np.int32)
    for i in range(firms):
        for k in range(top):
            if found[i, k] > 0.0:
                j, r = i, ranks[i, k]
                named[i, k, places - 1] = i
                for t in range(lengths[i, k], 0, -1):
                    j, r = via[t, j, r], rank[t, j, r]
                    named[i, k, places - 1 - (lengths[i, k] - t + 1)] = j
    return named
