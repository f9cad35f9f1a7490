"""Cascades of production losses over an economy: one, many, seen by some, or round by round."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from graph.contagion import running
from graph.contagion.economy import Production, Rules, Scenarios
from graph.errors import InvalidInput
from graph.kernels import esri as plain
from graph.kernels.frontier import State
from graph.kernels.production import FloatArray, IntArray

E12 = 10**12


@dataclass(frozen=True, slots=True)
class Contagion:
    """What one scenario costs every firm, as shares of its production."""

    down: FloatArray  # For want of inputs.
    up: FloatArray  # For want of orders.
    rounds: int
    esri: float
    esri_down: float
    esri_up: float
    rules: Rules

    @property
    def loss(self) -> FloatArray:
        """Return the larger of both losses, firm by firm."""
        return np.maximum(self.down, self.up)


@dataclass(frozen=True, slots=True)
class Esri:
    """The index of many scenarios: the weighted share of production that each costs."""

    total: FloatArray
    down: FloatArray
    up: FloatArray
    rounds: IntArray
    rules: Rules


@dataclass(frozen=True, slots=True)
class Losses:
    """Who loses in one scenario: rows in ascending order, shares down and up, never both 0."""

    rows: IntArray
    down: FloatArray
    up: FloatArray
    rounds: int

    @property
    def loss(self) -> FloatArray:
        """Return the larger of both losses, in the order of `rows`."""
        return np.maximum(self.down, self.up)


def close(
    production: Production, rows: Sequence[int] | Scenarios, *, rules: Rules | None = None
) -> Contagion:
    """
    Close firms, all at once, and return what that costs every other firm.

    Args:
        production: The prepared economy.
        rows: The firms that close; or one scenario with partial shocks.
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
    if len(scenario) != 1:
        raise InvalidInput(f"{len(scenario)} scenarios where one is wanted")
    found = next(losses(production, scenario, rules=rules))
    down, up = np.zeros(len(production)), np.zeros(len(production))
    down[found.rows], up[found.rows] = found.down, found.up
    shares = running.index(production, down, up)
    return Contagion(down, up, found.rounds, *shares, rules or Rules())


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
    unit = rules.dead_sector == "unit"
    caps = running.caps(production, scenario.shocks(len(production)), 0)
    left, largest = caps, 1.0
    yield _contagion(production, left, 0, rules)
    for used in range(1, rules.rounds_max + 1):
        after = (
            plain.step_down(production.structure, left[0], caps[0], unit),
            plain.step_up(production.structure, left[1], caps[1]),
        )
        largest = max(float(np.max(a - b, initial=0.0)) for a, b in zip(left, after, strict=True))
        left = after
        yield _contagion(production, left, used, rules)
        if largest <= rules.tolerance:
            return
    running.refuse_moving(np.array([largest]), rules)


def _contagion(
    production: Production, left: tuple[FloatArray, FloatArray], used: int, rules: Rules
) -> Contagion:
    down, up = 1.0 - left[0], 1.0 - left[1]
    return Contagion(down, up, used, *running.index(production, down, up), rules)


def esri(
    production: Production,
    scenarios: Scenarios,
    *,
    rules: Rules | None = None,
    threads: int = 1,
    progress: Callable[[int], None] | None = None,
) -> Esri:
    """
    Return the index of every scenario: sum_i w_i (1 - min(hd_i, hu_i)).

    Args:
        production: The prepared economy.
        scenarios: The shocks; `Scenarios.alone(range(n))` closes every firm once.
        rules: When to stop; the published setting by default.
        threads: How many scenarios run at a time.
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
    rules = rules or Rules()
    shocks = scenarios.shocks(len(production))

    def run(state: State, first: int, last: int) -> FloatArray:
        return running.totals(production, state, running.part(shocks, first, last), rules)

    parts = running.spread(
        production, len(shocks.offsets) - 1, run, threads=threads, progress=progress
    )
    table = np.concatenate([np.zeros((0, 5)), *parts])
    running.refuse_moving(table[:, 4], rules)
    return Esri(table[:, 0], table[:, 1], table[:, 2], table[:, 3].astype(np.int64), rules)


def observe(
    production: Production,
    scenarios: Scenarios,
    offsets: npt.ArrayLike,
    observers: npt.ArrayLike,
    *,
    rules: Rules | None = None,
    threads: int = 1,
) -> FloatArray:
    """
    Return the production loss, 1 - min(hd, hu), of chosen firms in every scenario.

    Args:
        production: The prepared economy.
        scenarios: The shocks; `Scenarios.alone(rows)` closes each of these firms alone.
        offsets: Where each scenario's observers begin, and one end more.
        observers: Rows of the firms whose loss is wanted, scenario after scenario.
        rules: When to stop; the published setting by default.
        threads: How many scenarios run at a time.

    Raises:
        InvalidInput: Rows or offsets do not fit.
        NotConverged: A scenario still moved after `rounds_max` rounds.

    Example:
        What firm 2 loses when 0 closes, and firms 0 and 1 when 2 does:

        >>> from graph.contagion import Economy, prepare
        >>> economy = Economy(3, suppliers=[0, 1], buyers=[1, 2], amounts=[4.0, 6.0])
        >>> observe(prepare(economy), Scenarios.alone([0, 2]), [0, 1, 3], [2, 0, 1]).tolist()
        [1.0, 1.0, 1.0]
    """
    rules = rules or Rules()
    shocks = scenarios.shocks(len(production))
    starts, rows = np.array(offsets, np.int64), np.array(observers, np.int64)
    if len(starts) != len(scenarios) + 1 or starts[0] != 0 or starts[-1] != len(rows):
        raise InvalidInput("offsets do not give every scenario its observers")
    if bool(((rows < 0) | (rows >= len(production))).any()):
        raise InvalidInput("an observer is no row of a firm")

    def run(state: State, first: int, last: int) -> tuple[FloatArray, FloatArray]:
        own = starts[first : last + 1] - starts[first], rows[starts[first] : starts[last]]
        return running.seen(production, state, running.part(shocks, first, last), own, rules)

    parts = list(running.spread(production, len(scenarios), run, threads=threads))
    running.refuse_moving(np.concatenate([np.zeros(0), *(e[:, 1] for _, e in parts)]), rules)
    return np.concatenate([np.zeros(0), *(found for found, _ in parts)])


def losses(
    production: Production,
    scenarios: Scenarios,
    *,
    rules: Rules | None = None,
    threads: int = 1,
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
    rules = rules or Rules()
    shocks = scenarios.shocks(len(production))

    def run(state: State, first: int, last: int) -> list[Losses]:
        return [
            Losses(*running.lost(production, state, shocks, k, rules)) for k in range(first, last)
        ]

    for block in running.spread(production, len(scenarios), run, threads=threads):
        yield from block


def in_fen(shares: FloatArray, amounts_fen: IntArray) -> IntArray:
    """
    Return what shares of amounts come to, to the nearest fen.

    Example:
        >>> in_fen(np.array([0.5, 1.0]), np.array([101, 7])).tolist()
        [50, 7]
    """
    return np.rint(shares * amounts_fen).astype(np.int64)


def cut_e12(shares: FloatArray) -> IntArray:
    """
    Return shares in units of 1e-12: rounded to 14 places first, which mends a last wrong bit.

    Example:
        >>> cut_e12(np.array([1 / 3, 0.7 - 0.4, 1.0])).tolist()
        [333333333333, 300000000000, 1000000000000]
    """
    return np.rint(shares * (E12 * 100)).astype(np.int64) // 100
