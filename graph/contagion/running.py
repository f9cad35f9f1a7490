"""How scenarios run: chunks over threads, one workspace each, and which kernel takes them."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Literal

import numpy as np

from graph.contagion.economy import Observers, Production, Rules
from graph.errors import InvalidInput, NotConverged
from graph.kernels import batch, cascades, frontier
from graph.kernels import esri as plain
from graph.kernels.batch import Columns
from graph.kernels.cascades import Answers, Shocks, Spill
from graph.kernels.frontier import Limits, State
from graph.kernels.layout import FloatArray, IntArray

Precision = Literal["double", "single"]
# Scenarios that a thread takes at a time: many, to keep all columns of a batch busy.
CHUNK_MIN, CHUNK_MAX = 64, 5000
AHEAD = 4  # Chunks a thread may be ahead of who reads: bounds what is held in memory.
# A scenario goes from the frontier to a batch once it has pushed along this part of all trades:
# the best of those tried; reaching a firm costs more where the network leaves the cache.
BUDGET, BUDGET_LARGE, LARGE = 1500, 4000, 500_000
SPILL_A_FIRM, SPILL_MAX = 40, 4_000_000  # Rows of firms held between frontier and batch.
Progress = Callable[[int], None]


@dataclass(slots=True)
class Workspace:
    """What one thread writes to."""

    state: State
    left: Spill
    columns: dict[str, Columns] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Runner:
    """A network and the way to run scenarios on it."""

    production: Production
    rules: Rules
    precision: Precision = "double"
    weights: FloatArray = field(init=False)

    def __post_init__(self) -> None:
        if self.precision not in ("double", "single"):
            raise InvalidInput(f"precision {self.precision!r} is neither 'double' nor 'single'")
        by_place = self.production.weights[self.production.rows]
        object.__setattr__(self, "weights", by_place)

    def workspace(self) -> Workspace:
        """Return what one thread needs."""
        firms = len(self.production)
        rows = firms + min(SPILL_MAX, SPILL_A_FIRM * firms)
        state = frontier.workspace(self.production.structure)
        return Workspace(state, cascades.spill(CHUNK_MAX, rows))

    def chunk(self, space: Workspace, shocks: Shocks, observers: Observers) -> Answers:
        """Return the answers of some scenarios, double where single precision is in doubt."""
        found = cascades.answers(self.weights, observers.offsets, observers.rows)
        if self.rules.dead_sector == "unit":
            self._whole(shocks, found)
            return found
        self._cascade(space, shocks, found, self.precision)
        doubtful = np.flatnonzero(found.doubtful)
        if len(doubtful) and self.precision == "single":
            again = cascades.answers(self.weights, *_some(found.offsets, found.rows, doubtful))
            self._cascade(space, some_shocks(shocks, doubtful), again, "double")
            _put(found, again, doubtful)
        return found

    def _cascade(
        self, space: Workspace, shocks: Shocks, found: Answers, precision: Precision
    ) -> None:
        structure, count = self.production.structure, len(shocks.offsets) - 1
        trades = len(structure.out_buyers)
        part = BUDGET if len(self.production) < LARGE else BUDGET_LARGE
        limits = Limits(self.rules.tolerance, self.rules.rounds_max, trades // part)
        start, columns = 0, None
        while start < count:
            start = frontier.advance(
                structure, space.state, shocks, start, limits, found, space.left
            )
            if columns is None and space.left.filled[0]:
                columns = self._columns(space, precision)
            if columns is not None:
                batch.run(structure, columns, space.left, limits, found, drain=start == count)

    def _columns(self, space: Workspace, precision: Precision) -> Columns:
        if precision not in space.columns:
            dtype = np.float32 if precision == "single" else np.float64
            columns = batch.workspace(self.production.structure, self.weights, dtype)
            space.columns[precision] = columns
        batch.clear(space.columns[precision])
        return space.columns[precision]

    def _whole(self, shocks: Shocks, found: Answers) -> None:
        """Run the kernel for which a dead market's availability counts as 1."""
        for k in range(len(shocks.offsets) - 1):
            left_down, left_up, rounds, largest = plain.settle(
                self.production.structure,
                *caps(len(self.production), shocks, k),
                self.rules.tolerance,
                self.rules.rounds_max,
                dead_unit=True,
            )
            down, up = 1.0 - left_down, 1.0 - left_up
            found.totals[k] = *index(self.weights, down, up), rounds, largest
            own = slice(found.offsets[k], found.offsets[k + 1])
            found.down[own], found.up[own] = down[found.rows[own]], up[found.rows[own]]


def spread(
    runner: Runner,
    shocks: Shocks,
    observers: Observers,
    *,
    threads: int,
    chunk: int | None = None,
    progress: Progress | None = None,
) -> Iterator[Answers]:
    """Yield the answers of all scenarios, chunk by chunk, in order."""
    if threads < 1:
        raise InvalidInput(f"threads {threads} is not at least 1")
    spare: SimpleQueue[Workspace] = SimpleQueue()
    count = len(shocks.offsets) - 1
    size = chunk or min(CHUNK_MAX, max(CHUNK_MIN, -(-count // (2 * threads))))

    def work(first: int, last: int) -> Answers:
        try:
            space = spare.get_nowait()
        except Empty:
            space = runner.workspace()
        chosen = np.arange(first, last)
        own = Observers(*_some(observers.offsets, observers.rows, chosen))
        try:
            return runner.chunk(space, some_shocks(shocks, chosen), own)
        finally:
            spare.put(space)

    waiting: deque[tuple[int, Future[Answers]]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for first in range(0, count, size):
            waiting.append((first, pool.submit(work, first, min(first + size, count))))
            if len(waiting) >= threads * AHEAD:
                yield _next(waiting, runner.rules, progress)
        while waiting:
            yield _next(waiting, runner.rules, progress)


def _next(
    waiting: deque[tuple[int, Future[Answers]]], rules: Rules, progress: Progress | None
) -> Answers:
    first, future = waiting.popleft()
    found = future.result()
    refuse_moving(found.totals[:, cascades.LARGEST], rules, first=first)
    if progress is not None:
        progress(len(found.totals))
    return found


def _some(offsets: IntArray, rows: IntArray, chosen: IntArray) -> tuple[IntArray, IntArray]:
    """Return offsets and entries of chosen scenarios."""
    places, ends = _entries(offsets, chosen)
    return ends, rows[places]


def _entries(offsets: IntArray, chosen: IntArray) -> tuple[IntArray, IntArray]:
    sizes = np.diff(offsets)[chosen]
    ends = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    shift = np.repeat(offsets[chosen] - ends[:-1], sizes)
    return np.arange(int(ends[-1])) + shift, ends


def some_shocks(shocks: Shocks, chosen: IntArray) -> Shocks:
    """Return some scenarios of many."""
    places, ends = _entries(shocks.offsets, chosen)
    return Shocks(ends, shocks.rows[places], shocks.down[places], shocks.up[places])


def _put(found: Answers, again: Answers, chosen: IntArray) -> None:
    """Replace the answers of chosen scenarios."""
    found.totals[chosen] = again.totals
    places, _ = _entries(found.offsets, chosen)
    found.down[places], found.up[places] = again.down, again.up


def caps(firms: int, shocks: Shocks, scenario: int) -> tuple[FloatArray, FloatArray]:
    """Return what one scenario's shocks leave of every firm, down and up."""
    down, up = np.ones(firms), np.ones(firms)
    own = slice(shocks.offsets[scenario], shocks.offsets[scenario + 1])
    down[shocks.rows[own]] -= shocks.down[own]
    up[shocks.rows[own]] -= shocks.up[own]
    return down, up


def index(weights: FloatArray, down: FloatArray, up: FloatArray) -> tuple[float, float, float]:
    """Return the weighted loss, and down and up alone."""
    return (
        float(np.sum(weights * np.maximum(down, up))),
        float(np.sum(weights * down)),
        float(np.sum(weights * up)),
    )


def refuse_moving(largest: FloatArray, rules: Rules, *, first: int = 0) -> None:
    """Raise `NotConverged` for the first scenario whose last decrease is above the tolerance."""
    moving = np.flatnonzero(largest > rules.tolerance)
    if len(moving):
        raise NotConverged(
            f"scenario {first + moving[0]}: losses still moved by {largest[moving[0]]:.2e} after "
            f"{rules.rounds_max} rounds (tolerance {rules.tolerance:g})"
        )
