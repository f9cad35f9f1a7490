"""What kernels of cascades take and give: answers, and states to go on from."""

from typing import NamedTuple

import numba as nb
import numpy as np

from graph.arrays.dtypes import FloatArray, IntArray, RowArray

# Columns of `Answers.totals`.
TOTAL, DOWN, UP, ROUNDS, LARGEST = range(5)


class Answers(NamedTuple):
    """Where results go: a row a scenario, and the losses of each scenario's observers."""

    weights: FloatArray  # What every firm counts.
    totals: FloatArray  # Weighted loss, downstream, upstream, rounds and last decrease.
    offsets: IntArray  # Observers of every scenario, and one end more.
    rows: IntArray
    down: FloatArray
    up: FloatArray
    doubtful: RowArray  # 1 where single precision may have decided a round otherwise.


class Spill(NamedTuple):
    """Scenarios left off in the middle: who has lost what after how many rounds."""

    scenarios: IntArray
    rounds: IntArray
    largest: FloatArray
    offsets: IntArray
    rows: RowArray
    down: FloatArray
    up: FloatArray
    filled: IntArray  # One figure: how many scenarios stand here.


def answers(weights: FloatArray, offsets: IntArray, rows: IntArray) -> Answers:
    """Return arrays for the results of as many scenarios as have observers, none or more each."""
    count = len(offsets) - 1
    return Answers(
        weights,
        np.zeros((count, 5)),
        offsets,
        rows,
        np.zeros(len(rows)),
        np.zeros(len(rows)),
        np.zeros(count, np.int32),
    )


def spill(scenarios: int, rows: int) -> Spill:
    """Return arrays for so many scenarios, and rows of firms over all of them."""
    return Spill(
        np.zeros(scenarios, np.int64),
        np.zeros(scenarios, np.int64),
        np.zeros(scenarios),
        np.zeros(scenarios + 1, np.int64),
        np.zeros(rows, np.int32),
        np.zeros(rows),
        np.zeros(rows),
        np.zeros(1, np.int64),
    )


@nb.njit(cache=True, nogil=True)
def add(found: Answers, scenario: int, row: int, down: float, up: float) -> None:
    """Add one firm's loss to what its scenario costs."""
    weight = found.weights[row]
    found.totals[scenario, TOTAL] += weight * max(down, up)
    found.totals[scenario, DOWN] += weight * down
    found.totals[scenario, UP] += weight * up
