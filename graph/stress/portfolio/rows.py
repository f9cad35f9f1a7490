"""The linear program as columns and rows: amounts, expected losses by factor, losses, the tail."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from scipy import sparse

from graph.arrays.dtypes import FloatArray, IntArray
from graph.stress.portfolio.exact import tail_mean
from graph.stress.portfolio.problem import (
    E6,
    E12,
    NO_CAP,
    Entries,
    LendingProblem,
    LossTail,
)

UNIT_FEN = E6  # Amounts in the program: a number near 1 is solved more exactly than one near 10^12.
ENDLESS = float("inf")


@dataclass(frozen=True, slots=True)
class ProgramRows:
    """
    A linear program in units of `UNIT_FEN`: least of cost x, lower <= A x <= upper, x in bounds.

    Columns: amounts; expected loss by factor; loss by scenario; excess over the tail's threshold by
    scenario; the threshold. Rows: caps; what factors and losses are; what excess is; the tail.
    """

    matrix: Any  # Of scipy, by columns.
    cost: FloatArray
    column_lower: FloatArray
    column_upper: FloatArray
    row_lower: FloatArray
    row_upper: FloatArray
    first_loss: int  # Column.

    amounts: int  # Columns.
    caps: int  # Rows.
    scenarios: int

    tail_there: float  # What is lent already loses over the tail.

    @property
    def first_loss_row(self) -> int:
        """Return the first row that says what a loss is; those of factors are before."""
        return self.caps + self.first_loss - self.amounts

    @property
    def tail_row(self) -> int:
        """Return the row of the tail, which is the last."""
        return len(self.row_upper) - 1


def loss_caps(tail: LossTail) -> tuple[FloatArray, float]:
    """
    Return what may be lost by scenario, and over the tail.

    Where what is lent already loses more than a cap allows, it may lose no more than that.
    """
    caps = np.where(tail.cap_fen == NO_CAP, np.inf, np.maximum(tail.cap_fen, tail.base_fen))
    if tail.tail_cap_fen == NO_CAP:
        return caps / UNIT_FEN, ENDLESS
    there = tail_mean(tail.base_fen.tolist(), tail.worst_e6)
    return caps / UNIT_FEN, float(max(there, Fraction(tail.tail_cap_fen))) / UNIT_FEN


def program(problem: LendingProblem) -> ProgramRows:
    """Return the linear program of a problem."""
    lendable, tail = problem.lendable, problem.tail
    factors, count = tail.load_e6.shape[1], len(tail)
    own, tail_cap = loss_caps(tail)
    columns = (len(lendable), factors, count, count, 1)
    caps, endless = problem.caps.room_fen / UNIT_FEN, np.full(count, -ENDLESS)
    defined = np.concatenate([np.zeros(factors), -tail.base_fen / UNIT_FEN])
    return ProgramRows(
        matrix=_matrix(problem, columns),
        cost=np.concatenate([-lendable.gain_e12 / E12, np.zeros(sum(columns[1:]))]),
        column_lower=np.concatenate([np.zeros(sum(columns[:-1])), [-ENDLESS]]),
        column_upper=np.concatenate(
            [
                usable(lendable.most_fen, lendable.ticket_fen) / UNIT_FEN,
                np.full(factors, ENDLESS),
                own,
                np.full(count + 1, ENDLESS),
            ]
        ),
        row_lower=np.concatenate([np.full(len(caps), -ENDLESS), defined, endless, [-ENDLESS]]),
        row_upper=np.concatenate([caps, defined, np.zeros(count), [tail_cap]]),
        first_loss=len(lendable) + factors,
        amounts=len(lendable),
        caps=len(caps),
        scenarios=count,
        tail_there=float(tail_mean(tail.base_fen.tolist(), tail.worst_e6)) / UNIT_FEN,
    )


def usable(most_fen: IntArray, ticket_fen: IntArray) -> IntArray:
    """Return the most that can be lent: nothing where that is below the ticket."""
    return np.where(most_fen < ticket_fen, 0, most_fen)


def _matrix(problem: LendingProblem, columns: tuple[int, ...]) -> Any:
    tail = problem.tail
    count, (macro, factors) = len(tail), tail.load_e6.shape
    every = np.arange(len(tail.factor), dtype=np.int64)
    expected = _sparse(Entries(tail.factor, every, tail.expected_e12), factors, columns[0])
    alone = _sparse(tail.alone, tail.singles, columns[0])
    loads = sparse.vstack(
        [sparse.csr_matrix((tail.singles, factors)), sparse.csr_matrix(tail.load_e6 / E6)]
    )
    one, excess = sparse.identity(count), np.full((1, count), 1.0)
    scaled = excess * E6 / (tail.worst_e6 * max(1, count))
    return sparse.bmat(
        [
            [_sparse(problem.caps.entries, len(problem.caps.room_fen), columns[0]), *[None] * 4],
            [expected, -sparse.identity(factors), *[None] * 3],
            [
                sparse.vstack([alone, sparse.csr_matrix((macro, columns[0]))]),
                loads,
                -one,
                None,
                None,
            ],
            [None, None, one, -one, sparse.csr_matrix(-excess.T)],
            [*[None] * 3, sparse.csr_matrix(scaled), sparse.csr_matrix([[1.0]])],
        ],
        format="csc",
    )


def _sparse(entries: Entries, rows: int, columns: int) -> Any:
    weights = entries.weight_e12 / E12
    return sparse.csr_matrix((weights, (entries.row, entries.candidate)), (rows, columns))
