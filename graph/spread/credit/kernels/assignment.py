"""
Documents passed from holders to creditors in whole fen, core by core and tier by tier.

What firm j may pass to creditor m of what arrived for core c in the step before:

    P = floor(min(left_mj arrived_jc / everything_j, share arrived_jc R_mj / owed_j))

with owed_j = sum_m R_mj; everything_j is what arrived at j for all cores that share the claims, or
for c alone. left_mj falls by P once the step is over (`graph/credit`).

Claims stand by debtor, the largest first: once the second term is below the cut-off, so it is for
all that follow. Both terms are computed in floating point first. Where all that rounding could do
leaves the same whole number, that is the answer; else it is divided exactly
(`division.py`). Only what a core reaches is touched.
"""

from typing import Any, NamedTuple

import numba as nb
import numpy as np

from graph.arrays.compiler import lean
from graph.arrays.dtypes import IntArray, RowArray
from graph.spread.credit.kernels.division import divided

AT_FIRST = 256
# Ten roundings of 2^-53 each, and some to spare.
LOW, HIGH = 1.0 - 2.0**-49, 1.0 + 2.0**-49


class Owed(NamedTuple):
    """What firms owe: by debtor, the largest claim first."""

    indptr: IntArray
    creditors: RowArray
    debtors: RowArray
    amounts: IntArray
    sums: IntArray  # Of every debtor.


class Quota(NamedTuple):
    """How much may be passed on: share = numerator / denominator, and the least amount."""

    numerator: int
    denominator: int
    least: int
    steps_max: int


class Arrived(NamedTuple):
    """What firms have for cores, core k from offsets[k] on."""

    offsets: IntArray
    firms: RowArray
    amounts: IntArray


class MovedAmounts(NamedTuple):
    """Amounts that moved along claims, in parts from offsets[k] on."""

    offsets: IntArray
    claims: RowArray
    amounts: IntArray


class AssignmentWorkspace(NamedTuple):
    """The workspace of one thread: zeros in the first two between calls."""

    taken: IntArray  # Of every claim.
    coming: IntArray  # To every firm.
    firms: RowArray  # Who has something, in this step and in the next.
    amounts: IntArray  # What.


def space(owed: Owed) -> AssignmentWorkspace:
    """Return a workspace for one thread."""
    claims, firms = len(owed.amounts), len(owed.sums)
    return AssignmentWorkspace(
        np.zeros(claims, np.int64),
        np.zeros(firms, np.int64),
        np.zeros(2 * firms, np.int32),
        np.zeros(2 * firms, np.int64),
    )


@nb.njit(cache=True, nogil=True)
def alone(
    owed: Owed, held: Arrived, first: int, last: int, terms: Quota, space: AssignmentWorkspace
) -> MovedAmounts:
    """Return what moves for cores `first` to `last`, each as if it were the only one, all steps."""
    ends, core = np.zeros((last - first) * terms.steps_max + 1, np.int64), first
    claims, amounts = np.empty(AT_FIRST, np.int32), np.empty(AT_FIRST, np.int64)
    while core < last:
        wanted = _whole(owed, held, core, terms, space, claims, amounts, ends, core - first)
        if wanted > len(claims):
            claims, amounts = _larger(claims, wanted), _larger(amounts, wanted)
            continue
        core += 1
    return MovedAmounts(ends, claims[: ends[-1]].copy(), amounts[: ends[-1]].copy())


@nb.njit(cache=True, nogil=True)
def together(
    owed: Owed,
    taken: IntArray,
    everything: IntArray,
    arrived: Arrived,
    first: int,
    last: int,
    terms: Quota,
    space: AssignmentWorkspace,
) -> tuple[MovedAmounts, Arrived]:
    """Return what moves in one step for cores `first` to `last`, and what then has arrived."""
    ends, there = np.zeros(last - first + 1, np.int64), np.zeros(last - first + 1, np.int64)
    claims, amounts = np.empty(AT_FIRST, np.int32), np.empty(AT_FIRST, np.int64)
    firms, sums = np.empty(AT_FIRST, np.int32), np.empty(AT_FIRST, np.int64)
    core, given = first, (taken, everything)
    while core < last:
        wanted = _once(owed, given, arrived, core, terms, claims, amounts, ends, core - first)
        if wanted > len(claims):
            claims, amounts = _larger(claims, wanted), _larger(amounts, wanted)
            continue
        size = _collect(owed, claims, amounts, ends[core - first], wanted, space, 0)
        begin = there[core - first]
        if begin + size > len(firms):
            firms, sums = _larger(firms, begin + size), _larger(sums, begin + size)
        firms[begin : begin + size] = space.firms[:size]
        sums[begin : begin + size] = space.amounts[:size]
        there[core - first + 1] = begin + size
        core += 1
    moved = MovedAmounts(ends, claims[: ends[-1]].copy(), amounts[: ends[-1]].copy())
    return moved, Arrived(there, firms[: there[-1]].copy(), sums[: there[-1]].copy())


@nb.njit(cache=True, nogil=True)
def settle(claims: RowArray, amounts: IntArray, taken: IntArray) -> None:
    """Take what moved from what is left of the claims."""
    for q in range(len(claims)):
        taken[claims[q]] += amounts[q]


@nb.njit(cache=True, nogil=True)
def gather(firms: RowArray, amounts: IntArray, count: int) -> IntArray:
    """Return what arrived at every firm, for all cores."""
    sums = np.zeros(count, np.int64)
    for k in range(len(firms)):
        sums[firms[k]] += amounts[k]
    return sums


@nb.njit(cache=True, nogil=True)
def _larger(column: Any, size: int) -> Any:
    """Return the column with places for that many entries, and as many again."""
    larger = np.empty(2 * size, column.dtype)
    larger[: len(column)] = column
    return larger


@lean
def _whole(
    owed: Owed,
    held: Arrived,
    core: int,
    terms: Quota,
    space: AssignmentWorkspace,
    claims: RowArray,
    amounts: IntArray,
    ends: IntArray,
    place: int,
) -> int:
    """Write all steps of one core; return where they end, or which size they want at least."""
    part, count = place * terms.steps_max, 0
    for k in range(held.offsets[core], held.offsets[core + 1]):
        space.firms[count], space.amounts[count] = held.firms[k], held.amounts[k]
        count += 1
    begin = filled = int(ends[part])
    side = 0
    for step in range(terms.steps_max):
        start = filled
        for k in range(side, side + count):
            j, arrived = space.firms[k], space.amounts[k]
            wanted = filled + int(owed.indptr[j + 1] - owed.indptr[j])
            if wanted > len(claims):
                _wipe(claims, begin, start, space.taken)
                return wanted
            filled = _give(owed, space.taken, arrived, j, arrived, terms, claims, amounts, filled)
        for q in range(start, filled):
            space.taken[claims[q]] += amounts[q]
        side = len(owed.sums) - side
        count = _collect(owed, claims, amounts, start, filled, space, side)
        ends[part + step + 1] = filled
    _wipe(claims, begin, filled, space.taken)
    return filled


@lean
def _once(
    owed: Owed,
    given: tuple[IntArray, IntArray],
    arrived: Arrived,
    core: int,
    terms: Quota,
    claims: RowArray,
    amounts: IntArray,
    ends: IntArray,
    place: int,
) -> int:
    """Write one step of one core; return where it ends, or which size it wants at least."""
    taken, everything = given
    filled = int(ends[place])
    for k in range(arrived.offsets[core], arrived.offsets[core + 1]):
        j, amount = arrived.firms[k], arrived.amounts[k]
        wanted = filled + int(owed.indptr[j + 1] - owed.indptr[j])
        if wanted > len(claims):
            return wanted
        filled = _give(owed, taken, everything[j], j, amount, terms, claims, amounts, filled)
    ends[place + 1] = filled
    return filled


@lean
def _wipe(claims: RowArray, begin: int, end: int, taken: IntArray) -> None:
    for q in range(begin, end):
        taken[claims[q]] = 0


@lean
def _collect(
    owed: Owed,
    claims: RowArray,
    amounts: IntArray,
    start: int,
    end: int,
    space: AssignmentWorkspace,
    side: int,
) -> int:
    """Write to `space` what arrives at whom, in the order they are reached; return the size."""
    at = side
    for q in range(start, end):
        m = owed.creditors[claims[q]]
        if space.coming[m] == 0:
            space.firms[at] = m
            at += 1
        space.coming[m] += amounts[q]
    for k in range(side, at):
        space.amounts[k] = space.coming[space.firms[k]]
        space.coming[space.firms[k]] = 0
    return at - side


@lean
def _give(
    owed: Owed,
    taken: IntArray,
    everything: int,
    j: int,
    arrived: int,
    terms: Quota,
    claims: RowArray,
    amounts: IntArray,
    filled: int,
) -> int:
    """Write what one firm passes on for one core; return where the next entry goes."""
    share = float(terms.numerator) / float(terms.denominator)
    factor = share * (float(arrived) / float(max(1, owed.sums[j])))
    part_of_left = float(arrived) / float(everything)
    for e in range(owed.indptr[j], owed.indptr[j + 1]):
        guess = factor * float(owed.amounts[e])
        if guess * HIGH < terms.least:
            break
        part = left = owed.amounts[e] - taken[e]
        if everything != arrived:
            part = _fair(part_of_left * float(left), left, arrived, everything)
        if guess * LOW < part:
            low, high = int(guess * LOW), int(guess * HIGH)
            if low != high:
                low = _most(owed.amounts[e], arrived, owed.sums[j], terms)
            part = min(part, low)
        if part >= terms.least:
            claims[filled], amounts[filled] = e, part
            filled += 1
    return filled


@lean
def _fair(guess: float, left: int, arrived: int, everything: int) -> int:
    low, high = int(guess * LOW), int(guess * HIGH)
    if low != high:
        low, _ = divided(left, arrived, 0, everything)
    return low


@lean
def _most(claim: int, arrived: int, owed: int, terms: Quota) -> int:
    """Return floor(numerator arrived claim / (denominator owed)), factor by factor."""
    whole, rest = divided(arrived, claim, 0, owed)
    further, _ = divided(terms.numerator, rest, 0, owed)
    most, _ = divided(terms.numerator, whole, further, terms.denominator)
    return most
