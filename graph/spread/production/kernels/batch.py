"""
Production losses of many scenarios at a time, a column each, the whole network in every round.

The same rounds as `esri.py`, over matrices with a row a firm and a column a
scenario (`matrix_rows.py`). Scenarios come from where `frontier.py` left
them off; a column that settles is answered and given to the next scenario at once, so no column
waits for the slowest. Columns do not touch each other: mixing rounds in a batch is exact, and a
scenario has the same bits wherever it stands.

In single precision two things can go wrong beyond rounding: a growth so near the tolerance that
the other precision would decide otherwise, and a market that has lost nearly all, whose rest has
few digits. Such scenarios are marked doubtful, to be run again in double.
"""

from typing import NamedTuple

import numba as nb
import numpy as np
import numpy.typing as npt

from graph.arrays.dtypes import IntArray, Matrix, RowArray
from graph.arrays.vectors import PART, ROW_BYTES
from graph.spread.production.kernels import cascades, matrix_rows
from graph.spread.production.kernels.cascades import Answers, Spill
from graph.spread.production.kernels.frontier import AFRESH, Limits
from graph.spread.production.kernels.structures import CascadeStructure

# A growth as near to the tolerance, by its ratio or as such, is doubtful in single precision.
NEAR_RATIO, NEAR = 1e-4, 5e-7
SCARCE = 0.05  # So is a market of which less is left.
DEAD = 1e-12  # Less than this share of a market is nothing.
FREE = -1
MATRICES = 4  # With a row a firm.


class RoundColumns(NamedTuple):
    """The workspace of one thread, and the network's figures in the same precision."""

    in_shares: Matrix
    one_sum: IntArray  # Where a buyer's trades end whose slots are short: added up in one go.
    out_shares: Matrix
    market_share: Matrix
    weights: Matrix
    lost: Matrix  # For want of inputs: a row a firm, a column a scenario.
    passed: Matrix  # What of it reaches buyers, after replacement.
    missed: tuple[Matrix, Matrix]  # For want of orders: this round's and the other's.
    side: IntArray  # One figure: which of both is this round's.
    market_lost: npt.NDArray[np.float64]
    inverse: Matrix  # One by what is left of a market.
    gone: Matrix  # Rows: what a block of firms lost, the largest growth, what is kept, sums.
    largest: Matrix
    kept: Matrix
    sums: Matrix
    scenario: IntArray  # Of every column: its place in the spill, or `FREE`.
    rounds: IntArray
    doubtful: RowArray
    width: tuple[()] | None  # `matrix_rows.ONE` or `matrix_rows.MANY`: code is compiled for either.


def rows(count: int) -> npt.NDArray[np.uint8]:
    """Return bytes for so many rows of matrices, in either precision; they begin where lines do."""
    memory = np.zeros((count + 1) * ROW_BYTES, np.uint8)
    shift = -memory.ctypes.data % ROW_BYTES
    return memory[shift : shift + count * ROW_BYTES].reshape(count, ROW_BYTES)


def workspace(
    structure: CascadeStructure,
    weights: Matrix,
    dtype: npt.DTypeLike,
    memory: npt.NDArray[np.uint8] | None = None,
) -> RoundColumns:
    """
    Return a workspace for one thread, of that precision.

    Most of it lies in `memory`, if there is one: `MATRICES` rows a firm, which another workspace
    that rests may have used.
    """
    firms = len(structure.market)
    memory = rows(MATRICES * firms) if memory is None else memory
    matrices = memory.view(dtype).reshape(MATRICES, firms, matrix_rows.width(dtype))
    return _columns(structure, weights, matrices, slots(structure, dtype), matrix_rows.MANY)


def lone(structure: CascadeStructure, weights: Matrix, dtype: npt.DTypeLike) -> RoundColumns:
    """
    Return a workspace of a single column, for scenarios one after another.

    It adds up inputs that are not essential in a loop of their own: the same sums, and figures in
    double precision are not copied.
    """
    matrices = np.zeros((MATRICES, len(structure.market), 1), dtype)
    shares = structure.in_shares.astype(dtype, copy=False)
    return _columns(structure, weights, matrices, (shares, structure.in_essential), matrix_rows.ONE)


def _columns(
    structure: CascadeStructure,
    weights: Matrix,
    matrices: Matrix,
    inputs: tuple[Matrix, IntArray],
    width: tuple[()] | None,
) -> RoundColumns:
    markets, (columns, dtype) = len(structure.market_sales) + 1, (matrices.shape[2], matrices.dtype)
    lost, passed, *missed = matrices
    largest, kept, gone = np.zeros((3, columns), dtype)
    in_shares, one_sum = inputs
    return RoundColumns(
        in_shares=in_shares,
        one_sum=one_sum,
        out_shares=structure.out_shares.astype(dtype, copy=False),
        market_share=structure.market_share.astype(dtype, copy=False),
        weights=weights.astype(dtype, copy=False),
        lost=lost,
        passed=passed,
        missed=(missed[0], missed[1]),
        side=np.zeros(1, np.int64),
        market_lost=np.zeros((markets, columns)),
        inverse=np.zeros((markets, columns), dtype),
        gone=gone,
        largest=largest,
        kept=kept,
        sums=np.zeros((3, columns), dtype),
        scenario=np.full(columns, FREE),
        rounds=np.zeros(columns, np.int64),
        doubtful=np.zeros(columns, np.int32),
        width=width,
    )


def slots(structure: CascadeStructure, dtype: npt.DTypeLike) -> tuple[Matrix, IntArray]:
    """
    Return shares and ends of slots, inputs that are not essential as one more slot if they are few.

    One loop over a buyer's trades in place of two: processors guess wrong where loops end.
    """
    shares, essential = structure.in_shares.astype(dtype), structure.in_essential
    others = structure.in_needed - essential
    few = (others > 0) & (others <= PART)
    first = essential[few]
    shares[first] = np.copysign(shares[first], -1)
    return shares, np.where(few, structure.in_needed, essential)


@nb.njit(cache=True, nogil=True)
def clear(columns: RoundColumns) -> None:
    """Put every column at rest, whatever an interrupted run has left there."""
    columns.lost[:] = 0
    columns.missed[columns.side[0]][:] = 0
    columns.market_lost[:] = 0
    columns.scenario[:] = FREE


@nb.njit(cache=True, nogil=True)
def run(
    structure: CascadeStructure,
    columns: RoundColumns,
    left: Spill,
    limits: Limits,
    found: Answers,
    drain: bool,
) -> None:
    """
    Give all scenarios of the spill to columns and empty it.

    Returns when none waits any more: columns still run, for the next spill to fill up beside
    them; with `drain` when all columns are at their end.
    """
    order = np.argsort(-left.largest[: left.filled[0]])
    waiting = _fill(structure, columns, left, order, 0)
    while np.any(columns.scenario != FREE):
        if waiting == len(order) and not drain:
            break
        _pass_on(structure, columns)
        columns.largest[:] = 0
        pull(structure, columns)
        if _settled(columns, limits, found):
            _take(structure, columns, found)
            waiting = _fill(structure, columns, left, order, waiting)
    left.filled[0] = 0


@nb.njit(cache=True, nogil=True)
def _fill(
    structure: CascadeStructure, columns: RoundColumns, left: Spill, order: IntArray, waiting: int
) -> int:
    """Give free columns to waiting scenarios; return the first that still waits."""
    missed = columns.missed[columns.side[0]]
    for b in range(len(columns.scenario)):
        if columns.scenario[b] != FREE or waiting == len(order):
            continue
        k = order[waiting]
        waiting += 1
        columns.scenario[b], columns.rounds[b] = left.scenarios[k], left.rounds[k]
        columns.doubtful[b] = 0
        for q in range(left.offsets[k], left.offsets[k + 1]):
            i = left.rows[q]
            columns.lost[i, b], missed[i, b] = left.down[q], left.up[q]
            columns.market_lost[structure.market[i], b] += structure.market_share[i] * left.down[q]
    return waiting


@nb.njit(cache=True, nogil=True)
def _pass_on(structure: CascadeStructure, columns: RoundColumns) -> None:
    alone = len(structure.market_sales)
    for market in range(alone + 1):
        first, last = structure.market_indptr[market], structure.market_indptr[market + 1]
        inverse = columns.inverse[market]
        for b in range(len(inverse)):
            there = 1.0 - columns.market_lost[market, b]
            if market == alone or last - first < 2:  # noqa: PLR2004  # Alone, nobody replaces it.
                inverse[b] = 1.0 / DEAD
                continue
            if there < SCARCE:
                there = _afresh(structure, columns, market, b, there)
            inverse[b] = 1.0 / max(there, DEAD)
        arrays = (columns.market_share, inverse, columns.lost, columns.passed, columns.width)
        matrix_rows.pass_on(first, last, arrays)


@nb.njit(cache=True, nogil=True)
def _afresh(
    structure: CascadeStructure, columns: RoundColumns, market: int, b: int, there: float
) -> float:
    """Return what is left of a market that has lost most, added up where digits are short."""
    if columns.scenario[b] == FREE:
        return 1.0
    if there < AFRESH:
        there = 0.0
        for i in range(structure.market_indptr[market], structure.market_indptr[market + 1]):
            there += structure.market_share[i] * (1.0 - columns.lost[i, b])
    if there > DEAD:
        columns.doubtful[b] = 1
    return there


@nb.njit(cache=True, nogil=True)
def pull(structure: CascadeStructure, columns: RoundColumns) -> None:
    """Run one round: inputs of all firms, then orders, as both together overflow the cache."""
    columns.market_lost[:] = 0
    inputs = (
        structure.in_indptr,
        columns.one_sum,
        structure.in_needed,
        structure.in_suppliers,
        columns.in_shares,
        columns.passed,
        columns.lost,
        columns.market_share,
        columns.gone,
        columns.largest,
        columns.width,
    )
    for block in range(len(structure.blocks) - 1):
        first, last = structure.blocks[block], structure.blocks[block + 1]
        matrix_rows.pull_inputs(first, last, inputs)
        market = structure.market[first]
        for b in range(len(columns.gone)):
            columns.market_lost[market, b] += columns.gone[b]
    orders = (
        structure.out_indptr,
        structure.out_buyers,
        columns.out_shares,
        columns.missed[columns.side[0]],
        columns.missed[1 - columns.side[0]],
        columns.largest,
        columns.width,
    )
    matrix_rows.pull_orders(0, len(structure.market), orders)
    columns.side[0] = 1 - columns.side[0]


@nb.njit(cache=True, nogil=True)
def _settled(columns: RoundColumns, limits: Limits, found: Answers) -> bool:
    """Count the round of every column, mark those at their end, return whether one is."""
    any_ended = False
    for b in range(len(columns.scenario)):
        scenario = columns.scenario[b]
        if scenario == FREE:
            columns.kept[b] = 0
            continue
        columns.kept[b] = 1
        largest = float(columns.largest[b])
        columns.rounds[b] += 1
        if abs(largest - limits.tolerance) < NEAR_RATIO * limits.tolerance + NEAR:
            columns.doubtful[b] = 1
        if largest <= limits.tolerance or columns.rounds[b] >= limits.rounds_max:
            found.totals[scenario, cascades.ROUNDS] = columns.rounds[b]
            found.totals[scenario, cascades.LARGEST] = largest
            found.doubtful[scenario] = columns.doubtful[b]
            columns.kept[b] = 0
            any_ended = True
    return any_ended


@nb.njit(cache=True, nogil=True)
def _take(structure: CascadeStructure, columns: RoundColumns, found: Answers) -> None:
    """Answer the columns at their end and clear them."""
    totals = np.zeros((3, len(columns.scenario)))
    for b in range(len(columns.scenario)):
        if columns.kept[b] == 0 and columns.scenario[b] != FREE:
            _show(columns, found, b)
            columns.market_lost[:, b] = 0
    missed = columns.missed[columns.side[0]]
    arrays = (columns.weights, columns.kept, columns.lost, missed, columns.sums, columns.width)
    for block in range(len(structure.blocks) - 1):
        matrix_rows.take(structure.blocks[block], structure.blocks[block + 1], arrays)
        for place in range(3):
            for b in range(len(columns.scenario)):
                totals[place, b] += columns.sums[place, b]
    for b in range(len(columns.scenario)):
        scenario = columns.scenario[b]
        if columns.kept[b] == 0 and scenario != FREE:
            found.totals[scenario, cascades.TOTAL] = totals[0, b]
            found.totals[scenario, cascades.DOWN] = totals[1, b]
            found.totals[scenario, cascades.UP] = totals[2, b]
            columns.scenario[b] = FREE


@nb.njit(cache=True, nogil=True)
def _show(columns: RoundColumns, found: Answers, b: int) -> None:
    scenario = columns.scenario[b]
    for q in range(found.offsets[scenario], found.offsets[scenario + 1]):
        found.down[q] = columns.lost[found.rows[q], b]
        found.up[q] = columns.missed[columns.side[0]][found.rows[q], b]
