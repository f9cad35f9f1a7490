"""
Where a large program begins: at the place where a part of it stands when it is solved.

A part of all candidates, under caps that are as much smaller, is solved in a fraction of the time,
and its caps have nearly the same prices. What those prices say of everybody else leaves the simplex
method little to do but the caps that few stand under.
"""

from dataclasses import dataclass, replace

import numpy as np

from graph.arrays.dtypes import BoolArray, FloatArray
from graph.stress.portfolio.rows import ProgramRows

PART = 8  # One of so many is in the part.
TOGETHER = 16  # Candidates that follow each other: all that one firm may be lent in a chain.


@dataclass(frozen=True, slots=True)
class PartOfProgram:
    """A program of some columns; its rows are those of the whole."""

    rows: ProgramRows
    columns: BoolArray  # Of the whole: whether it is in the part.


def part_of(rows: ProgramRows) -> PartOfProgram:
    """Return a part of the candidates of a program, under as much smaller a part of its caps."""
    amounts, scenarios = rows.amounts, rows.scenarios
    inside = np.ones(len(rows.cost), bool)
    inside[:amounts] = np.arange(amounts) // TOGETHER % PART == 0
    asked = rows.matrix[:, :amounts]
    most = rows.column_upper[:amounts]
    full, taken = asked @ most, asked @ (most * inside[:amounts])
    caps = slice(rows.caps)
    overall = float(taken[caps].sum() / max(full[caps].sum(), 1.0))
    share = np.divide(taken, full, out=np.full(len(full), overall), where=full > 0)
    row_upper, column_upper = rows.row_upper.copy(), rows.column_upper.copy()
    row_upper[caps] *= share[caps]
    # What is lent already loses as much either way.
    there = rows.tail_there
    row_upper[rows.tail_row] = there + (row_upper[rows.tail_row] - there) * overall
    losses = slice(rows.first_loss, rows.first_loss + scenarios)
    defined = slice(rows.first_loss_row, rows.first_loss_row + scenarios)
    lost = -rows.row_upper[defined]
    column_upper[losses] = lost + (column_upper[losses] - lost) * share[defined]
    left = int((~inside).sum())
    part = replace(
        rows,
        matrix=rows.matrix[:, inside],
        cost=rows.cost[inside],
        column_lower=rows.column_lower[inside],
        column_upper=column_upper[inside],
        row_upper=row_upper,
        first_loss=rows.first_loss - left,
        amounts=amounts - left,
    )
    return PartOfProgram(part, inside)


def at_most(rows: ProgramRows, row_duals: FloatArray) -> BoolArray:
    """Return the columns that are worth more than their caps' prices: they stand at their most."""
    worth = rows.cost - rows.matrix.T @ row_duals
    found: BoolArray = (worth < 0) & np.isfinite(rows.column_upper)
    return found
