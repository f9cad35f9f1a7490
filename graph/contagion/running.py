"""How scenarios run: blocks over threads, one workspace each, and which kernel takes them."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from typing import TypeVar

import numpy as np

from graph.contagion.economy import Production, Rules
from graph.errors import InvalidInput, NotConverged
from graph.kernels import esri as plain
from graph.kernels import frontier
from graph.kernels.frontier import Shocks, State
from graph.kernels.production import FloatArray, IntArray

BLOCK = 32  # Scenarios a thread takes at a time: milliseconds of work, evenly spread.
AHEAD = 4  # Blocks a thread may be ahead of who reads: bounds what is held in memory.
_Result = TypeVar("_Result")
Run = Callable[[State, int, int], _Result]


def spread(
    production: Production,
    count: int,
    run: Run[_Result],
    *,
    threads: int,
    progress: Callable[[int], None] | None = None,
) -> Iterator[_Result]:
    """Yield what `run(workspace, first, last)` gives for every block of scenarios, in order."""
    if threads < 1:
        raise InvalidInput(f"threads {threads} is not at least 1")
    spare: SimpleQueue[State] = SimpleQueue()
    for _ in range(threads):
        spare.put(frontier.workspace(production.structure))

    def work(first: int, last: int) -> _Result:
        state = spare.get()
        try:
            return run(state, first, last)
        finally:
            spare.put(state)

    waiting: deque[tuple[int, Future[_Result]]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for first in range(0, count, BLOCK):
            last = min(first + BLOCK, count)
            waiting.append((last - first, pool.submit(work, first, last)))
            if len(waiting) >= threads * AHEAD:
                yield _take(waiting, progress)
        while waiting:
            yield _take(waiting, progress)


def _take(
    waiting: deque[tuple[int, Future[_Result]]], progress: Callable[[int], None] | None
) -> _Result:
    size, future = waiting.popleft()
    found = future.result()
    if progress is not None:
        progress(size)
    return found


def part(shocks: Shocks, first: int, last: int) -> Shocks:
    """Return some scenarios of many."""
    start, end = shocks.offsets[first], shocks.offsets[last]
    offsets = shocks.offsets[first : last + 1] - start
    return Shocks(offsets, shocks.rows[start:end], shocks.down[start:end], shocks.up[start:end])


def totals(production: Production, state: State, shocks: Shocks, rules: Rules) -> FloatArray:
    """Return one row a scenario: index, down, up, rounds, last decrease."""
    if rules.dead_sector == "one":
        return frontier.totals(
            production.structure,
            state,
            shocks,
            production.weights,
            rules.tolerance,
            rules.rounds_max,
        )
    table = np.zeros((len(shocks.offsets) - 1, 5))
    for k in range(len(table)):
        left_down, left_up, rounds, largest = _whole(production, shocks, k, rules)
        shares = index(production, 1.0 - left_down, 1.0 - left_up)
        table[k] = *shares, rounds, largest
    return table


def seen(
    production: Production,
    state: State,
    shocks: Shocks,
    observers: tuple[IntArray, IntArray],
    rules: Rules,
) -> tuple[FloatArray, FloatArray]:
    """Return the losses of observers (offsets, rows), and rounds and last decrease by scenario."""
    if rules.dead_sector == "one":
        return frontier.seen(
            production.structure, state, shocks, *observers, rules.tolerance, rules.rounds_max
        )
    offsets, rows = observers
    found, ends = np.zeros(len(rows)), np.zeros((len(shocks.offsets) - 1, 2))
    for k in range(len(ends)):
        left_down, left_up, rounds, largest = _whole(production, shocks, k, rules)
        own = slice(offsets[k], offsets[k + 1])
        found[own] = 1.0 - np.minimum(left_down, left_up)[rows[own]]
        ends[k] = rounds, largest
    return found, ends


def lost(
    production: Production, state: State, shocks: Shocks, scenario: int, rules: Rules
) -> tuple[IntArray, FloatArray, FloatArray, int]:
    """Return who loses in one scenario, the share down and up, and the rounds."""
    if rules.dead_sector == "one":
        rows, down, up, rounds, largest = frontier.losses(
            production.structure, state, shocks, scenario, rules.tolerance, rules.rounds_max
        )
    else:
        left_down, left_up, rounds, largest = _whole(production, shocks, scenario, rules)
        rows, down, up = np.arange(len(left_down), dtype=np.int32), 1.0 - left_down, 1.0 - left_up
    refuse_moving(np.array([largest]), rules)
    kept = (down > 0) | (up > 0)
    return rows[kept].astype(np.int64), down[kept], up[kept], rounds


def _whole(
    production: Production, shocks: Shocks, scenario: int, rules: Rules
) -> tuple[FloatArray, FloatArray, int, float]:
    """Run the kernel for which a dead market's availability counts as 1."""
    found: tuple[FloatArray, FloatArray, int, float] = plain.settle(
        production.structure,
        *caps(production, shocks, scenario),
        rules.tolerance,
        rules.rounds_max,
        dead_unit=True,
    )
    return found


def caps(production: Production, shocks: Shocks, scenario: int) -> tuple[FloatArray, FloatArray]:
    """Return what one scenario's shocks leave of every firm, down and up."""
    down, up = np.ones(len(production)), np.ones(len(production))
    own = slice(shocks.offsets[scenario], shocks.offsets[scenario + 1])
    down[shocks.rows[own]] -= shocks.down[own]
    up[shocks.rows[own]] -= shocks.up[own]
    return down, up


def index(production: Production, down: FloatArray, up: FloatArray) -> tuple[float, float, float]:
    """Return the weighted loss, and down and up alone."""
    weights = production.weights
    return (
        float(np.sum(weights * np.maximum(down, up))),
        float(np.sum(weights * down)),
        float(np.sum(weights * up)),
    )


def refuse_moving(largest: FloatArray, rules: Rules) -> None:
    """Raise `NotConverged` for the first scenario whose last decrease is above the tolerance."""
    moving = np.flatnonzero(largest > rules.tolerance)
    if len(moving):
        raise NotConverged(
            f"scenario {moving[0]}: losses still moved by {largest[moving[0]]:.2e} after "
            f"{rules.rounds_max} rounds (tolerance {rules.tolerance:g})"
        )
