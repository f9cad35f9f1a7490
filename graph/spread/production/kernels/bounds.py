"""
Bounds from below and above of losses at their fixed point, of many scenarios, a column each.

Losses rise from the shock, firm after firm, each seeing what those before it have become; every
sum is taken a little too small. So they stay below the fixed point at any time, and when a round
adds less than matters, what they come to is the bound from below. From there a column goes up as
in `upper_bounds.py`: what a round would raise is raised a little further, every sum taken
a little too large, until no round raises anything. What it then comes to is the bound from above
(docs/decisions/0008-bracket.md). Both hold in single precision too: a firm's sums are off by no
more than its `margins`, those of a market by `SUMMED` roundings.

Columns do not touch each other, and a scenario has the same bits wherever it stands.
"""

import math
from typing import NamedTuple

import numba as nb
import numpy as np
import numpy.typing as npt

from graph.arrays.dtypes import FloatArray, IntArray, Matrix
from graph.arrays.shocks import ShockArrays
from graph.arrays.vectors import PART
from graph.spread.production.kernels import batch, matrix_rows
from graph.spread.production.kernels.batch import FREE, SCARCE, rows
from graph.spread.production.kernels.bracket import (
    DOWN,
    DOWN_UPPER,
    GUESS,
    LEVEL,
    LOWER,
    ROUNDS,
    UP,
    UP_UPPER,
    UPPER,
)
from graph.spread.production.kernels.structures import BLOCK_ROWS, CascadeStructure
from graph.spread.production.kernels.upper_bounds import UNCERTIFIED

MATRICES = 3  # With a row a firm.
STEPS = 16  # Roundings of a firm's loss beside those of its sums.
SUMMED = BLOCK_ROWS + 16  # Roundings of a market's sums, and of what a scenario costs.
TINY = 1e-12  # Sums in double precision are off by less,
NOTHING = 1e-30  # and what numbers too small for single precision add up to.
DEAD_BELOW, DEAD_ABOVE = 1e-12, 1e-30  # No less is left of a market.
FASTEST, SLOWEST = 0.5, 0.95  # A round adds such a part of what the last one did, for a guess.
STAYS, BELOW, ABOVE, FAILED = range(4)  # What a round has brought a column to.


class Aims(NamedTuple):
    """When a column is far enough, in shares of what its scenario costs; and its most rounds."""

    left: float  # What rounds from below may still add.
    growth: float  # How much further a loss goes than a round takes it,
    floor: float  # and by how much at least, in the same shares.
    rounds_max: int


class BoundColumns(NamedTuple):
    """The workspace of one thread, and the network's figures in the same precision."""

    in_shares: Matrix
    one_sum: IntArray
    out_shares: Matrix
    market_share: Matrix
    weights: Matrix
    in_margins: Matrix  # How far a firm's sums may be off, as a share of them.
    out_margins: Matrix
    lost: Matrix  # For want of inputs: a row a firm, a column a scenario.
    passed: Matrix  # What of it reaches buyers, after replacement.
    missed: Matrix  # For want of orders.
    market_lost: npt.NDArray[np.float64]
    inverse: Matrix  # One by what is left of a market.
    gone: Matrix  # Rows.
    raising: Matrix  # Three: side, how much further, and at least.
    grown: Matrix
    largest: Matrix
    kept: Matrix
    turn: IntArray  # Of every column, after a round.
    sums: Matrix
    scenario: IntArray  # Of every column, or `FREE`.
    rounds: IntArray
    before: FloatArray  # What the round before has added.
    total: FloatArray  # What all rounds have.
    unit: float  # Half of what one is apart from the next number.


def workspace(
    structure: CascadeStructure, weights: FloatArray, dtype: npt.DTypeLike
) -> BoundColumns:
    """Return a workspace for one thread, of that precision, at rest."""
    firms, markets = len(structure.market), len(structure.market_sales) + 1
    columns = matrix_rows.width(dtype)
    lost, passed, missed = rows(MATRICES * firms).view(dtype).reshape(MATRICES, firms, columns)
    gone, grown, largest, kept = rows(4).view(dtype)
    in_shares, one_sum = batch.slots(structure, dtype)
    unit = float(np.finfo(dtype).eps) / 2
    return BoundColumns(
        in_shares=in_shares,
        one_sum=one_sum,
        out_shares=structure.out_shares.astype(dtype),
        market_share=structure.market_share.astype(dtype),
        weights=weights.astype(dtype),
        in_margins=_margins(in_roundings(structure), unit).astype(dtype),
        out_margins=_margins(out_roundings(structure), unit).astype(dtype),
        lost=lost,
        passed=passed,
        missed=missed,
        market_lost=np.zeros((markets, columns)),
        inverse=rows(markets).view(dtype),
        gone=gone,
        raising=rows(3).view(dtype),
        grown=grown,
        largest=largest,
        kept=kept,
        turn=np.zeros(columns, np.int64),
        sums=rows(3).view(dtype),
        scenario=np.full(columns, FREE),
        rounds=np.zeros(columns, np.int64),
        before=np.zeros(columns),
        total=np.zeros(columns),
        unit=unit,
    )


def in_roundings(structure: CascadeStructure) -> IntArray:
    """Return how many roundings a firm's worst slot of inputs takes at most."""
    essential = structure.in_essential - structure.in_indptr[:-1]
    return essential + _added(structure.in_needed - structure.in_essential)


def out_roundings(structure: CascadeStructure) -> IntArray:
    """Return how many roundings the orders that a firm misses take at most."""
    return _added(np.diff(structure.out_indptr))


def _added(trades: IntArray) -> IntArray:
    """Return the roundings of sums in parts, which are added up in turn."""
    return np.minimum(trades, PART) + trades // PART


def _margins(roundings: IntArray, unit: float) -> FloatArray:
    """Return (1 - unit)^-n - 1 for so many roundings and those of a step."""
    return np.asarray(np.expm1(-(roundings + STEPS) * math.log1p(-unit)), np.float64)


@nb.njit(cache=True, nogil=True)
def run(
    structure: CascadeStructure,
    columns: BoundColumns,
    shocks: ShockArrays,
    aims: Aims,
    found: FloatArray,
) -> None:
    """
    Write what each scenario costs, a row each, with the columns of `bracket.py`.

    A scenario that is not at rest after the most rounds has -1 for its level.
    """
    totals = np.zeros((3, len(columns.scenario)))
    columns.lost[:], columns.missed[:], columns.market_lost[:] = 0, 0, 0
    columns.scenario[:] = FREE
    waiting = _fill(structure, columns, shocks, 0)
    while np.any(columns.scenario != FREE):
        _pass_on(structure, columns)
        _pull(structure, columns)
        if _turned(columns, aims):
            _take(structure, columns, totals)
            _turn(structure, columns, shocks, aims, found, totals)
            waiting = _fill(structure, columns, shocks, waiting)


@nb.njit(cache=True, nogil=True)
def _fill(
    structure: CascadeStructure, columns: BoundColumns, shocks: ShockArrays, waiting: int
) -> int:
    """Give free columns to waiting scenarios; return the first that still waits."""
    for b in range(len(columns.scenario)):
        if columns.scenario[b] != FREE or waiting == len(shocks.offsets) - 1:
            continue
        columns.scenario[b], columns.rounds[b] = waiting, 0
        columns.raising[0, b], columns.raising[1, b], columns.raising[2, b] = -1, 1, 0
        columns.before[b] = columns.total[b] = 0.0
        below = 1.0 - 2.0 * columns.unit
        for q in range(shocks.offsets[waiting], shocks.offsets[waiting + 1]):
            i, down, up = shocks.rows[q], shocks.down[q], shocks.up[q]
            columns.lost[i, b] = down if down in (0.0, 1.0) else down * below
            columns.missed[i, b] = up if up in (0.0, 1.0) else up * below
            columns.total[b] += columns.weights[i] * max(down, up)
            share = structure.market_share[i]
            columns.market_lost[structure.market[i], b] += share * float(columns.lost[i, b])
        waiting += 1
    return waiting


@nb.njit(cache=True, nogil=True)
def _pass_on(structure: CascadeStructure, columns: BoundColumns) -> None:
    alone, off = len(structure.market_sales), SUMMED * columns.unit + TINY
    for market in range(alone + 1):
        first, last = structure.market_indptr[market], structure.market_indptr[market + 1]
        inverse = columns.inverse[market]
        for b in range(len(inverse)):
            side = float(columns.raising[0, b])
            there = 1.0 - columns.market_lost[market, b] * (1.0 + side * off)
            if market == alone or last - first < 2:  # noqa: PLR2004  # Alone, nobody replaces it.
                there = 0.0
            elif there < SCARCE and columns.scenario[b] != FREE:
                there = _afresh(structure, columns, market, b) * (1.0 - side * TINY)
            inverse[b] = 1.0 / max(there, DEAD_ABOVE if side > 0.0 else DEAD_BELOW)
        arrays = (columns.market_share, inverse, columns.lost, columns.passed)
        matrix_rows.pass_on(first, last, arrays)


@nb.njit(cache=True, nogil=True)
def _afresh(structure: CascadeStructure, columns: BoundColumns, market: int, b: int) -> float:
    """Return what is left of a market that has lost most, added up where digits are short."""
    there = 0.0
    for i in range(structure.market_indptr[market], structure.market_indptr[market + 1]):
        there += structure.market_share[i] * (1.0 - float(columns.lost[i, b]))
    return there


@nb.njit(cache=True, nogil=True)
def _pull(structure: CascadeStructure, columns: BoundColumns) -> None:
    """Run one round: inputs of all firms, then orders."""
    columns.market_lost[:], columns.grown[:], columns.largest[:] = 0, 0, 0
    moved = (columns.weights, columns.raising, columns.grown, columns.largest)
    for block in range(len(structure.blocks) - 1):
        first, last = structure.blocks[block], structure.blocks[block + 1]
        market = structure.market[first]
        inputs = (
            structure.in_indptr,
            columns.one_sum,
            structure.in_needed,
            structure.in_suppliers,
            columns.in_shares,
            columns.in_margins,
            columns.market_share,
            columns.inverse[market],
            columns.passed,
            columns.lost,
            columns.gone,
            *moved,
        )
        matrix_rows.bound_inputs(first, last, inputs)
        for b in range(len(columns.gone)):
            columns.market_lost[market, b] += columns.gone[b]
    orders = (
        structure.out_indptr,
        structure.out_buyers,
        columns.out_shares,
        columns.out_margins,
        columns.missed,
        *moved,
    )
    matrix_rows.bound_orders(0, len(structure.market), orders)


@nb.njit(cache=True, nogil=True)
def _turned(columns: BoundColumns, aims: Aims) -> bool:
    """Count the round of every column, note which are far enough, return whether any is."""
    any_turned = False
    for b in range(len(columns.scenario)):
        columns.turn[b], columns.kept[b] = STAYS, 1
        if columns.scenario[b] == FREE:
            continue
        columns.rounds[b] += 1
        grown, before = float(columns.grown[b]), columns.before[b]
        columns.total[b] += grown
        columns.before[b] = grown
        if columns.raising[0, b] > 0.0:
            over = columns.rounds[b] >= aims.rounds_max
            if over or columns.largest[b] == 0.0:
                columns.turn[b] = FAILED if columns.largest[b] > 0.0 else ABOVE
                columns.kept[b] = 0
        else:
            slowing = grown / before if before > 0.0 else SLOWEST
            slowing = max(FASTEST, min(SLOWEST, slowing))
            to_come = grown * slowing / (1.0 - slowing)
            if to_come <= aims.left * columns.total[b] or 2 * columns.rounds[b] >= aims.rounds_max:
                columns.turn[b] = BELOW
        any_turned |= columns.turn[b] != STAYS
    return any_turned


@nb.njit(cache=True, nogil=True)
def _take(structure: CascadeStructure, columns: BoundColumns, totals: FloatArray) -> None:
    """Add up what every column's scenario costs, both losses, down and up; clear those not kept."""
    totals[:] = 0.0
    arrays = (columns.weights, columns.kept, columns.lost, columns.missed, columns.sums)
    for block in range(len(structure.blocks) - 1):
        matrix_rows.take(structure.blocks[block], structure.blocks[block + 1], arrays)
        for place in range(3):
            for b in range(len(columns.scenario)):
                totals[place, b] += columns.sums[place, b]


@nb.njit(cache=True, nogil=True)
def _turn(
    structure: CascadeStructure,
    columns: BoundColumns,
    shocks: ShockArrays,
    aims: Aims,
    found: FloatArray,
    totals: FloatArray,
) -> None:
    """Write the bounds that have been reached; go on from below to above, or to the next."""
    off = SUMMED * columns.unit + TINY
    for b in range(len(columns.scenario)):
        turn, scenario = columns.turn[b], columns.scenario[b]
        if turn == STAYS:
            continue
        row = found[scenario]
        row[ROUNDS] = columns.rounds[b]
        if turn == BELOW:
            for place, column in enumerate((LOWER, DOWN, UP)):
                row[column] = max(0.0, totals[place, b] * (1.0 - off) - NOTHING)
            _begin_upper(structure, columns, shocks, aims, b)
            continue
        for place, column in enumerate((UPPER, DOWN_UPPER, UP_UPPER)):
            above = totals[place, b] * (1.0 + off) + NOTHING
            row[column] = min(1.0, above) if turn == ABOVE else 1.0
        row[GUESS] = 0.5 * (row[LOWER] + row[UPPER])
        row[LEVEL] = UNCERTIFIED if turn == ABOVE else -1.0
        columns.scenario[b], columns.market_lost[:, b] = FREE, 0.0


@nb.njit(cache=True, nogil=True)
def _begin_upper(
    structure: CascadeStructure, columns: BoundColumns, shocks: ShockArrays, aims: Aims, b: int
) -> None:
    """Let a column rise above its fixed point, beginning with its shock."""
    columns.raising[0, b], columns.raising[1, b] = 1, 1.0 + aims.growth
    columns.raising[2, b] = aims.floor * columns.total[b]
    scenario, above = columns.scenario[b], 1.0 + 2.0 * columns.unit
    for q in range(shocks.offsets[scenario], shocks.offsets[scenario + 1]):
        i = shocks.rows[q]
        before = float(columns.lost[i, b])
        columns.lost[i, b] = max(before, min(1.0, shocks.down[q] * above))
        columns.missed[i, b] = max(float(columns.missed[i, b]), min(1.0, shocks.up[q] * above))
        more = float(columns.lost[i, b]) - before
        columns.market_lost[structure.market[i], b] += structure.market_share[i] * more
