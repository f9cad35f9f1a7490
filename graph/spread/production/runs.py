"""How scenarios run: chunks over threads, one workspace each, and which kernel takes them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from graph.arrays.dtypes import FloatArray, IntArray
from graph.arrays.shocks import ShockArrays, entries, some_shocks
from graph.errors import InvalidInput, NotConverged
from graph.executors import Executor, executor_of
from graph.executors.work import Progress
from graph.spread.production import stored
from graph.spread.production.economy import Production, Rules
from graph.spread.production.kernels import batch, cascades, frontier
from graph.spread.production.kernels import esri as plain
from graph.spread.production.kernels.batch import RoundColumns
from graph.spread.production.kernels.cascades import Answers, Spill
from graph.spread.production.kernels.frontier import Limits, State
from graph.spread.shocks import Observers

Precision = Literal["double", "single"]
# Scenarios that a thread takes at a time: many, to keep all columns of a batch busy.
CHUNK_MIN, CHUNK_MAX = 64, 5000
# A scenario goes from the frontier to a batch before it pushes along more than this part of all
# trades: the best of those tried; reaching a firm costs more where the network leaves the cache.
BUDGET, BUDGET_LARGE, LARGE = 100, 200, 500_000
LONE_MAX = 8  # So many scenarios are as fast one after another as in columns.
DTYPES = {"double": np.float64, "single": np.float32}
SPILL_A_FIRM, SPILL_MAX = 40, 4_000_000  # Rows of firms held between frontier and batch.
Part = tuple[ShockArrays, Observers]
NOTHING = np.zeros(0)


@dataclass(slots=True)
class Workspace:
    """What one thread writes to."""

    state: State
    left: Spill
    memory: npt.NDArray[np.uint8] | None = None  # Of columns, in one precision after the other.
    columns: dict[tuple[str, bool], RoundColumns] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CascadeRunner:
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

    def workspace(self, scenarios: int = CHUNK_MAX) -> Workspace:
        """Return what one thread needs that mostly runs so many scenarios at a time."""
        firms, scenarios = len(self.production), max(1, min(CHUNK_MAX, scenarios))
        rows = firms + min(SPILL_MAX, min(SPILL_A_FIRM, scenarios) * firms)
        state = frontier.workspace(self.production.structure)
        return Workspace(state, cascades.spill(scenarios, rows))

    def worker(self) -> Callable[[Part], Answers]:
        """Return what runs chunks in a workspace of its own, made for the first of them."""
        space: Workspace | None = None

        def run(part: Part) -> Answers:
            """Return the answers of some scenarios."""
            nonlocal space
            if space is None:
                space = self.workspace(len(part[0].offsets) - 1)
            found = self.chunk(space, *part)
            return found._replace(weights=NOTHING)  # Those of all firms need not travel.

        return run

    def __reduce__(self) -> tuple[Any, ...]:
        return stored.on_opened(CascadeRunner, self.production, self.rules, self.precision)

    def chunk(self, space: Workspace, shocks: ShockArrays, observers: Observers) -> Answers:
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
            found.totals[doubtful] = again.totals
            _, places = entries(found.offsets, doubtful)
            found.down[places], found.up[places] = again.down, again.up
        return found

    def _cascade(
        self, space: Workspace, shocks: ShockArrays, found: Answers, precision: Precision
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
                last = start == count
                columns = self._columns(
                    space, precision, few=last and bool(space.left.filled[0] <= LONE_MAX)
                )
            if columns is not None:
                batch.run(structure, columns, space.left, limits, found, drain=start == count)

    def _columns(self, space: Workspace, precision: Precision, *, few: bool) -> RoundColumns:
        """Return columns at rest: one where few scenarios are left, which take it in turn."""
        structure, dtype = self.production.structure, DTYPES[precision]
        key = (precision, few)
        if key not in space.columns:
            if few:
                space.columns[key] = batch.lone(structure, self.weights, dtype)
            else:
                if space.memory is None:
                    space.memory = batch.rows(batch.MATRICES * len(self.production))
                space.columns[key] = batch.workspace(structure, self.weights, dtype, space.memory)
        batch.clear(space.columns[key])
        return space.columns[key]

    def _whole(self, shocks: ShockArrays, found: Answers) -> None:
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


@dataclass(frozen=True, slots=True)
class Batching:
    """What scenarios are called, and how many are run at a time."""

    names: Any = None
    chunk: int | None = None


def spread(
    runner: CascadeRunner,
    shocks: ShockArrays,
    observers: Observers,
    *,
    threads: int | Executor,
    progress: Progress | None = None,
    asked: Batching | None = None,
) -> Iterator[Answers]:
    """Yield the answers of all scenarios, chunk by chunk, in order."""
    asked = asked or Batching()
    executor = executor_of(threads)
    count = len(shocks.offsets) - 1
    if not count:
        return
    size = asked.chunk or min(CHUNK_MAX, max(CHUNK_MIN, -(-count // (2 * executor.workers))))

    def parts() -> Iterator[Part]:
        """Yield scenarios with their observers, some at a time."""
        for first in range(0, count, size):
            chosen = np.arange(first, min(first + size, count))
            own = Observers(*_some(observers.offsets, observers.rows, chosen))
            yield some_shocks(shocks, chosen), own

    for number, found in enumerate(executor.map(runner, parts())):
        moving = found.totals[:, cascades.LARGEST] > runner.rules.tolerance
        if runner.rules.unsettled == "keep":
            found.totals[moving, : cascades.UP + 1] = np.nan
            unknown = np.repeat(moving, np.diff(found.offsets))
            found.down[unknown], found.up[unknown] = np.nan, np.nan  # Nor have observers a figure.
        elif moving.any():
            largest = found.totals[:, cascades.LARGEST]
            refuse_moving(largest, runner.rules, first=number * size, scenarios=asked.names)
        if progress is not None:
            progress(len(found.totals))
        yield found


def _some(offsets: IntArray, rows: IntArray, chosen: IntArray) -> tuple[IntArray, IntArray]:
    """Return offsets and entries of chosen scenarios."""
    ends, places = entries(offsets, chosen)
    return ends, rows[places]


class Index(NamedTuple):
    """The weighted loss of all firms: the larger of both channels, down alone and up alone."""

    total: float
    down: float
    up: float


def caps(firms: int, shocks: ShockArrays, scenario: int) -> tuple[FloatArray, FloatArray]:
    """Return what one scenario's shocks leave of every firm, down and up."""
    down, up = np.ones(firms), np.ones(firms)
    own = slice(shocks.offsets[scenario], shocks.offsets[scenario + 1])
    down[shocks.rows[own]] -= shocks.down[own]
    up[shocks.rows[own]] -= shocks.up[own]
    return down, up


def index(weights: FloatArray, down: FloatArray, up: FloatArray) -> Index:
    """Return what losses of all firms come to."""
    return Index(
        float(np.sum(weights * np.maximum(down, up))),
        float(np.sum(weights * down)),
        float(np.sum(weights * up)),
    )


def refuse_moving(
    largest: FloatArray, rules: Rules, *, first: int = 0, scenarios: Any = None
) -> None:
    """
    Raise for the first scenario whose last decrease is above the tolerance.

    Args:
        largest: The last decrease of each.
        rules: When a scenario is at rest.
        first: Number of the first of them.
        scenarios: What each is called, as a column of text; by its number where there is none.

    Raises:
        NotConverged: One moves.
    """
    moving = np.flatnonzero(largest > rules.tolerance)
    if len(moving):
        at = first + int(moving[0])
        called = getattr(scenarios, "slice", lambda *_: None)(at, 1)
        name = "" if called is None else f" (firm {called[0].as_py()!r})"
        raise NotConverged(
            f"scenario {at}{name}: losses still moved by {largest[moving[0]]:.2e} after "
            f"{rules.rounds_max} rounds (tolerance {rules.tolerance:g})"
        )
