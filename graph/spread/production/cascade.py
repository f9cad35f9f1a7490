"""Cascades of production losses over an economy: one, many, seen by some, or round by round."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from graph.arrays.dtypes import FloatArray
from graph.arrays.shocks import ShockArrays, some_shocks
from graph.executors import Executor, executor_of
from graph.network import firms
from graph.spread.production import runs
from graph.spread.production.economy import Production, Rules
from graph.spread.production.kernels import cascades
from graph.spread.production.kernels import esri as plain
from graph.spread.production.results import Block, Contagion, Esri, Losses, Observed
from graph.spread.production.runs import CascadeRunner, Precision
from graph.spread.shocks import Observers, Scenarios

LOSSES_HELD = 1 << 22  # Losses that a thread may hold.


def close(
    production: Production,
    rows: Sequence[int] | Sequence[str] | Scenarios,
    *,
    rules: Rules | None = None,
) -> Contagion:
    """
    Close firms, all at once, and return what that costs every other firm.

    Args:
        production: The prepared economy.
        rows: The firms that close, by row or by id; or one scenario with partial shocks.
        rules: When to stop; the published setting by default.

    Raises:
        InvalidInput: A row is not in the economy, or there is more than one scenario.
        NotConverged: Losses still moved after `rounds_max` rounds.

    Example:
        Firm 0 sells to 1 and 1 to 2, who sells to nobody: without 0 nothing is made.

        >>> from graph.contagion import Economy, prepare
        >>> economy = Economy(3, suppliers=[0, 1], buyers=[1, 2], amounts=[4.0, 6.0])
        >>> found = close(prepare(economy), [0])
        >>> found.down.tolist(), found.up.tolist(), found.rounds
        ([1.0, 1.0, 1.0], [1.0, 0.0, 0.0], 3)
    """
    scenario = rows if isinstance(rows, Scenarios) else Scenarios.together(rows)
    scenario.refuse_many()
    found = next(losses(production, scenario, rules=rules))
    down, up = np.zeros(len(production)), np.zeros(len(production))
    down[found.rows], up[found.rows] = found.down, found.up
    shares = runs.index(production.weights, down, up)
    return Contagion(down, up, found.rounds, *shares, rules or Rules(), production.ids)


def rounds(
    production: Production, scenario: Scenarios, *, rules: Rules | None = None
) -> Iterator[Contagion]:
    """
    Yield the state of one scenario after each round, from round 0, the shock itself.

    Raises:
        InvalidInput: The scenario names a firm outside the economy.
        NotConverged: Losses still moved after `rounds_max` rounds.

    Example:
        >>> from graph.contagion import Economy, prepare
        >>> economy = Economy(3, suppliers=[0, 1], buyers=[1, 2], amounts=[4.0, 6.0])
        >>> [r.down.tolist() for r in rounds(prepare(economy), Scenarios.together([0]))]
        [[1.0, 0.0, 0.0], [1.0, 1.0, 0.0], [1.0, 1.0, 1.0], [1.0, 1.0, 1.0]]
    """
    rules = rules or Rules()
    for used, left in enumerate(settling(production, scenario, rules)):
        down, up = 1.0 - left[0][production.places], 1.0 - left[1][production.places]
        shares = runs.index(production.weights, down, up)
        yield Contagion(down, up, used, *shares, rules, production.ids)


def settling(
    production: Production, scenario: Scenarios, rules: Rules
) -> Iterator[tuple[FloatArray, FloatArray]]:
    """
    Yield what is left of every firm, down and up, by place, after each round from round 0.

    Raises:
        InvalidInput: The scenario names a firm outside the economy.
        NotConverged: Losses still moved after `rounds_max` rounds.

    Example:
        >>> from graph.contagion import Economy, prepare
        >>> production = prepare(Economy(2, suppliers=[0], buyers=[1], amounts=[4.0]))
        >>> every = settling(production, Scenarios.together([0]), Rules())
        >>> [down[production.places].tolist() for down, _ in every]
        [[0.0, 1.0], [0.0, 0.0], [0.0, 0.0]]
    """
    unit = rules.dead_sector == "unit"
    caps = runs.caps(len(production), _shocks(production, scenario), 0)
    left, largest = caps, 1.0
    yield left
    for _ in range(rules.rounds_max):
        after = (
            plain.step_down(production.structure, left[0], caps[0], unit),
            plain.step_up(production.structure, left[1], caps[1]),
        )
        largest = max(float(np.max(a - b, initial=0.0)) for a, b in zip(left, after, strict=True))
        left = after
        yield left
        if largest <= rules.tolerance:
            return
    runs.refuse_moving(np.array([largest]), rules, scenarios=scenario.names(production))


def esri(
    production: Production,
    scenarios: Scenarios,
    *,
    rules: Rules | None = None,
    precision: Precision = "double",
    threads: int | Executor = 1,
    progress: Callable[[int], None] | None = None,
) -> Esri:
    """
    Return the index of every scenario: sum_i w_i (1 - min(hd_i, hu_i)).

    Args:
        production: The prepared economy.
        scenarios: The shocks; `Scenarios.alone(range(n))` closes every firm once.
        rules: When to stop; the published setting by default.
        precision: `single` takes half the time; a scenario whose rounds it cannot decide is run
            again in double, and the index is within 2e-6 of itself.
        threads: How many scenarios run at a time here; or where they run.
        progress: Told how many more scenarios are done, in order.

    Raises:
        InvalidInput: A scenario names a firm outside the economy.
        NotConverged: A scenario still moved after `rounds_max` rounds.

    Example:
        >>> from graph.contagion import Economy, prepare
        >>> economy = Economy(3, suppliers=[0, 1], buyers=[1, 2], amounts=[4.0, 6.0])
        >>> esri(prepare(economy), Scenarios.alone([0, 1, 2])).total.tolist()
        [1.0, 1.0, 1.0]
    """
    runner = CascadeRunner(production, rules or Rules(), precision)
    names = scenarios.names(production)
    parts = runs.spread(
        runner,
        _shocks(production, scenarios),
        Observers.none(len(scenarios)),
        threads=threads,
        progress=progress,
        asked=runs.Batching(names),
    )
    return _esri(runner, [found.totals for found in parts], names)


def _esri(runner: CascadeRunner, parts: list[FloatArray], scenarios: Any) -> Esri:
    table = np.concatenate([np.zeros((0, 5)), *parts])
    return Esri(
        scenarios=scenarios,
        total=table[:, cascades.TOTAL],
        down=table[:, cascades.DOWN],
        up=table[:, cascades.UP],
        rounds=table[:, cascades.ROUNDS].astype(np.int64),
        rules=runner.rules,
        precision=runner.precision,
        denominators=runner.production.denominators,
    )


def _shocks(production: Production, scenarios: Scenarios) -> ShockArrays:
    shocks = scenarios.shocks(production)
    return shocks._replace(rows=production.places[shocks.rows])


def observe(
    production: Production,
    scenarios: Scenarios,
    observers: Observers,
    *,
    rules: Rules | None = None,
    precision: Precision = "double",
    threads: int | Executor = 1,
) -> Observed:
    """
    Return the index of every scenario and the production loss of chosen firms in it.

    Args:
        production: The prepared economy.
        scenarios: The shocks; `Scenarios.alone(rows)` closes each of these firms alone.
        observers: The firms whose loss is wanted in each scenario.
        rules: When to stop; the published setting by default.
        precision: As in `esri`.
        threads: How many scenarios run at a time here; or where they run.

    Raises:
        InvalidInput: Rows or offsets do not fit.
        NotConverged: A scenario still moved after `rounds_max` rounds.

    Example:
        What firm 2 loses when 0 closes, and firms 0 and 1 when 2 does:

        >>> from graph.contagion import Economy, prepare
        >>> economy = Economy(3, suppliers=[0, 1], buyers=[1, 2], amounts=[4.0, 6.0])
        >>> seen = Observers([0, 1, 3], [2, 0, 1])
        >>> observe(prepare(economy), Scenarios.alone([0, 2]), seen).loss.tolist()
        [1.0, 1.0, 1.0]
    """
    runner = CascadeRunner(production, rules or Rules(), precision)
    shocks = _shocks(production, scenarios)
    seen = observers.checked(len(scenarios), len(production))
    watched = Observers(seen.offsets, production.places[seen.rows])
    totals, losses = [], [np.zeros(0)]
    names = scenarios.names(production)
    asked = runs.Batching(names)
    for found in runs.spread(runner, shocks, watched, threads=threads, asked=asked):
        totals.append(found.totals)
        losses.append(np.maximum(found.down, found.up))
    return Observed(_esri(runner, totals, names), np.concatenate(losses))


def losses(
    production: Production,
    scenarios: Scenarios,
    *,
    rules: Rules | None = None,
    threads: int | Executor = 1,
) -> Iterator[Losses]:
    """
    Yield who loses what, scenario by scenario; few are held in memory at a time.

    Raises:
        InvalidInput: A scenario names a firm outside the economy.
        NotConverged: A scenario still moved after `rounds_max` rounds.

    Example:
        >>> from graph.contagion import Economy, prepare
        >>> economy = Economy(3, suppliers=[0, 1], buyers=[1, 2], amounts=[4.0, 6.0])
        >>> found = next(losses(prepare(economy), Scenarios.alone([1])))
        >>> found.rows.tolist(), found.loss.tolist()
        ([0, 1, 2], [1.0, 1.0, 1.0])
    """
    everybody = np.arange(len(production))
    for block in losses_of(production, scenarios, everybody, rules=rules, threads=threads):
        for down, up, used in zip(block.down, block.up, block.rounds.tolist(), strict=True):
            rows = np.flatnonzero((down > 0) | (up > 0))
            yield Losses(rows, down[rows], up[rows], used, production.ids)


def losses_of(
    production: Production,
    scenarios: Scenarios,
    chosen: npt.ArrayLike,
    *,
    rules: Rules | None = None,
    threads: int | Executor = 1,
) -> Iterator[Block]:
    """
    Yield what chosen firms lose in all scenarios, in order; few are held in memory at a time.

    Args:
        production: The prepared economy.
        scenarios: What fails first.
        chosen: The firms whose losses are wanted, by row or by id.
        rules: When to stop; the published setting by default.
        threads: How many scenarios run at a time here; or where they run.

    Raises:
        InvalidInput: A scenario or a row names a firm outside the economy.
        NotConverged: A scenario still moved after `rounds_max` rounds.

    Example:
        >>> from graph.contagion import Economy, prepare
        >>> economy = Economy(3, suppliers=[0, 1], buyers=[1, 2], amounts=[4.0, 6.0])
        >>> blocks = losses_of(prepare(economy), Scenarios.alone([0, 1]), np.array([1, 2]))
        >>> next(blocks).down.tolist()
        [[1.0, 1.0], [1.0, 1.0]]
    """
    runner = CascadeRunner(production, rules or Rules())
    wanted = firms.rows_of(chosen, production, "firms")
    columns, shocks = len(wanted), _shocks(production, scenarios)
    Observers(np.array([0, columns]), wanted).checked(1, len(production))
    size = min(runs.CHUNK_MAX, max(1, LOSSES_HELD // max(1, columns)))
    executor = executor_of(threads)
    workers, names = executor.workers, scenarios.names(production)
    for first in range(0, len(scenarios), size * workers):
        last = min(first + size * workers, len(scenarios))
        watched = Observers(
            np.arange(last - first + 1) * columns, np.tile(production.places[wanted], last - first)
        )
        part = some_shocks(shocks, np.arange(first, last))
        chunk = max(1, -(-(last - first) // workers))
        asked = runs.Batching(names[first:last], chunk=chunk)
        for found in runs.spread(runner, part, watched, threads=executor, asked=asked):
            shape = (len(found.totals), columns)
            used = found.totals[:, cascades.ROUNDS].astype(np.int64)
            yield Block(found.down.reshape(shape), found.up.reshape(shape), used)
