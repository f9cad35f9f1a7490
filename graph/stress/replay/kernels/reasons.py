"""
Why firms lost more in a round, and through which trade: looked for at those that did alone.

Round t + 1 of `spread/production/kernels/esri.py` follows from what was left after t. With

    p_i(t)  = sigma_i(t) (1 - hd_i(t))                       what i passes on
    g_ij    = down_ij (p_i(t) - p_i(t-1))                    growth of what j misses of i
    g_ij    = up_ij (hu_j(t-1) - hu_j(t))                    growth of the orders i misses of j

and nothing passed on before round 0, a firm that fell below what was left of it after t did so
because its worst sum of missing inputs grew: that of an essential sector or that of all inputs
that are not essential (on a tie the essential, and of two sectors the one laid out first). The
trade named is the one with the largest growth in that sum (on a tie the first), its share that of
all growth there. Downstream, what grew of it is

    own:     sigma_i(t) (hd_i(t-1) - hd_i(t))                i itself lost more
    market:  sigma_i(t) (1 - hd_i(t-1)) - p_i(t-1)           less is left that stands in for i

Where the market's part is the larger, the firm of that market whose supply fell most is named
besides, unless it is i itself. So whoever is named last changed in round t itself: from round to
round a chain leads back to a shock [1].

With `dead_unit` a loss may also ease; no trade is named then.

[1] C. Diem et al., Quantifying firm-level economic systemic risk from nation-wide supply
    networks, Scientific Reports 12, 7719 (2022), for the equations; the reading is our own.
"""

import math
from typing import NamedTuple

import numba as nb
import numpy as np
import numpy.typing as npt

from graph.arrays.compiler import lean
from graph.arrays.dtypes import FloatArray, IntArray, RowArray
from graph.spread.production.kernels.structures import CascadeStructure

SHOCK, ESSENTIAL, NOT_ESSENTIAL, ORDERS, ESSENTIAL_MARKET, NOT_ESSENTIAL_MARKET, EASED = range(7)
MARKET = ESSENTIAL_MARKET - ESSENTIAL  # Added to the reason where the market's part is larger.
NOBODY = -1
E4 = 10_000


class RoundChanges(NamedTuple):
    """Firms that changed in one round, rows ascending."""

    rows: RowArray
    left: FloatArray
    reasons: npt.NDArray[np.int8]
    through: RowArray  # Row at the other end of the trade, or `NOBODY`.
    movers: RowArray  # Row of the firm that made a market smaller, or `NOBODY`.
    shares_e4: npt.NDArray[np.uint16]  # The trade's share of the growth.


class PassedOn(NamedTuple):
    """What was left one round before and then, and what was passed on each time."""

    before: FloatArray
    left: FloatArray
    passed_before: FloatArray
    passed: FloatArray


@nb.njit(cache=True, nogil=True)
def shocked(rows: RowArray, left: FloatArray) -> RoundChanges:
    """Return the firms of which a shock leaves less than everything; `rows` are by place."""
    return _by_row(rows, *_changed(rows, np.ones(len(left)), left, SHOCK))


@nb.njit(cache=True, nogil=True)
def _changed(
    rows: RowArray, before: FloatArray, after: FloatArray, reason: int
) -> tuple[RowArray, RoundChanges]:
    """Return the places and changes of all whose figure is another, through nobody yet."""
    count = 0
    for i in range(len(after)):
        count += before[i] != after[i]
    places = np.empty(count, np.int32)
    q = 0
    for i in range(len(after)):
        if before[i] != after[i]:
            places[q] = i
            q += 1
    return places, RoundChanges(
        rows[places],
        after[places],
        np.full(count, reason, np.int8),
        np.full(count, NOBODY, np.int32),
        np.full(count, NOBODY, np.int32),
        np.zeros(count, np.uint16),
    )


@nb.njit(cache=True, nogil=True)
def _by_row(rows: RowArray, places: RowArray, found: RoundChanges) -> RoundChanges:
    """Return changes by ascending row: they are found by place, as trades lie together so."""
    stands = np.full(len(rows), NOBODY, np.int32)
    for q in range(len(places)):
        stands[found.rows[q]] = q
    order = stands[stands != NOBODY]
    return RoundChanges(
        found.rows[order],
        found.left[order],
        found.reasons[order],
        found.through[order],
        found.movers[order],
        found.shares_e4[order],
    )


@nb.njit(cache=True, nogil=True)
def downstream(
    structure: CascadeStructure, rows: RowArray, known: PassedOn, after: FloatArray
) -> RoundChanges:
    """Return who makes another amount after the round for want of inputs, and why."""
    places, found = _changed(rows, known.left, after, EASED)
    movers = _movers(structure, known)
    for q in range(len(places)):
        j = places[q]
        if after[j] > known.left[j]:
            continue
        first, last, reason = _binding(structure, known.passed, j)
        e, share = _largest(structure, known, first, last)
        i = structure.in_suppliers[e]
        found.reasons[q], found.through[q] = reason, rows[i]
        found.shares_e4[q] = share
        mover = movers[structure.market[i]]
        own = mover == i or mover == NOBODY  # noqa: PLR1714  # Integers of two sizes have no `in`.
        if not own and _market_larger(known, i):
            found.reasons[q], found.movers[q] = reason + MARKET, rows[mover]
    return _by_row(rows, places, found)


@nb.njit(cache=True, nogil=True)
def _movers(structure: CascadeStructure, known: PassedOn) -> IntArray:
    """Return, by market, the place of the firm whose supply changed most; the first of equals."""
    movers = np.full(len(structure.market_indptr) - 1, NOBODY)
    most = np.zeros(len(movers))
    for i in range(len(known.left)):
        m = structure.market[i]
        moved = structure.market_share[i] * abs(known.before[i] - known.left[i])
        if moved > most[m]:
            movers[m], most[m] = i, moved
    return movers


@lean
def _binding(structure: CascadeStructure, passed: FloatArray, j: int) -> tuple[int, int, int]:
    """Return where the trades lie whose missing inputs bind j, and the reason that they are."""
    needed, end = structure.in_essential[j], structure.in_needed[j]
    first = last = start = structure.in_indptr[j]
    worst = missed = 0.0
    for e in range(start, needed):
        if math.copysign(1.0, structure.in_shares[e]) < 0.0:
            if missed > worst:
                first, last, worst = start, e, missed
            start, missed = e, 0.0
        missed += passed[structure.in_suppliers[e]] * abs(structure.in_shares[e])
    if missed > worst:
        first, last, worst = start, needed, missed
    missed = 0.0
    for e in range(needed, end):
        missed += passed[structure.in_suppliers[e]] * structure.in_shares[e]
    if missed > worst:
        return needed, end, NOT_ESSENTIAL
    return first, last, ESSENTIAL


@lean
def _largest(
    structure: CascadeStructure, known: PassedOn, first: int, last: int
) -> tuple[int, int]:
    """Return the trade whose missing input grew most, and its share of all growth, in 1e-4."""
    total = most = 0.0
    found = first
    for e in range(first, last):
        i = structure.in_suppliers[e]
        grown = abs(structure.in_shares[e]) * (known.passed[i] - known.passed_before[i])
        if grown > 0.0:
            total += grown
        if grown > most:
            found, most = e, grown
    return found, _part_e4(most, total)


@lean
def _part_e4(most: float, total: float) -> int:
    return int(most / total * E4 + 0.5) if total > 0.0 else 0


@lean
def _market_larger(known: PassedOn, i: int) -> bool:
    """Return whether i passes on more rather because of its market than for a loss of its own."""
    if known.left[i] == known.before[i]:
        return True
    sigma = known.passed[i] / (1.0 - known.left[i])
    of_market = sigma * (1.0 - known.before[i]) - known.passed_before[i]
    return bool(of_market > 0.5 * (known.passed[i] - known.passed_before[i]))


@nb.njit(cache=True, nogil=True)
def upstream(
    structure: CascadeStructure,
    rows: RowArray,
    before: FloatArray,
    left: FloatArray,
    after: FloatArray,
) -> RoundChanges:
    """Return who sells less after the round for want of orders, and through whom."""
    places, found = _changed(rows, left, after, ORDERS)
    for q in range(len(places)):
        i = places[q]
        total = most = 0.0
        for e in range(structure.out_indptr[i], structure.out_indptr[i + 1]):
            j = structure.out_buyers[e]
            grown = structure.out_shares[e] * (before[j] - left[j])
            total += grown
            if grown > most:
                most, found.through[q] = grown, rows[j]
        found.shares_e4[q] = _part_e4(most, total)
    return _by_row(rows, places, found)
