"""
What one scenario costs, split over the firms that are hit in it.

With v(S) the loss in fen when only the firms S of the scenario are hit, firm i's part is what it
adds to those before it, in the mean over all n! orders [1]:

    phi_i = sum over S without i of |S|! (n - |S| - 1)! / n! (v(S + i) - v(S))

Up to `EXACT_MAX` players all sets are run and the parts are exact. Above that orders are drawn,
each with its reverse, whose errors are often opposed; every order's parts sum to v(all), so theirs
do, and the standard error is that of the means of such pairs. Parts are rounded by largest
remainder.

[1] L. S. Shapley, A value for n-person games, in Contributions to the Theory of Games II (1953).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from math import factorial
from typing import Any

import numpy as np
import numpy.typing as npt

from graph.arrays.dtypes import FloatArray, IntArray
from graph.errors import InvalidInput
from graph.network.firms import Frame, firm_column, frame, rows_of
from graph.spread.production.economy import Production, Rules
from graph.spread.shocks import Scenarios
from graph.stress.attribution.rounding import apportion
from graph.stress.scenarios.measures import Loss, exact_sum
from graph.stress.scenarios.stakes import Stakes, count

BoolArray = npt.NDArray[np.bool_]
EXACT_MAX = 12
SETS_HELD = 256  # Sets of players laid out as scenarios at a time.
PAIRS, PAIRS_MIN, PAIRS_MAX = 100, 2, 10**6


@dataclass(frozen=True, slots=True, eq=False)
class Shapley:
    """
    A scenario's loss and the parts of its players in fen, which sum to it.

    Attributes:
        players: Their labels; rows of firms where none were given.
        part_fen: What each adds.
        error_fen: Standard error of each part; 0 where all sets were run.
        total_fen: What the scenario costs.
        exact: Whether all sets were run.
        cascades: How many sets were run.
        rules: When a cascade stops.
        called: A column of what the players are called: ids where firms are and have some.
    """

    players: tuple[Any, ...]
    part_fen: IntArray
    error_fen: FloatArray
    total_fen: int
    exact: bool
    cascades: int
    rules: Rules
    called: Any = field(default=None, repr=False)

    def to_pandas(self) -> Frame:
        """Return a row a player: player, part_fen, error_fen."""
        made = frame({"part_fen": self.part_fen, "error_fen": self.error_fen})
        labels = np.fromiter(self.players, object, len(self.players))
        made.insert(0, "player", labels if self.called is None else self.called.tolist())
        return made


@dataclass(frozen=True, slots=True)
class Game:
    """
    Who the players are and what is shared out.

    Args:
        labels: One for every shock, in the scenario's order: shocks of one label are one player;
            None: every firm that is hit is one.
        loss: Lost production or lost loans.
        pairs: Orders drawn, each with its reverse, where there are more than `EXACT_MAX` players.
        seed: Of these draws.
    """

    labels: Sequence[Any] | None = None
    loss: Loss = "production"
    pairs: int = PAIRS
    seed: int = 0

    def __post_init__(self) -> None:
        if self.loss not in ("production", "credit"):
            raise InvalidInput(f"loss {self.loss!r} is neither 'production' nor 'credit'")
        if not PAIRS_MIN <= self.pairs <= PAIRS_MAX:
            raise InvalidInput(f"pairs {self.pairs} is not in {PAIRS_MIN} to {PAIRS_MAX}")
        if self.seed < 0:
            raise InvalidInput(f"seed {self.seed} is negative")


def shapley(
    production: Production,
    scenario: Scenarios,
    stakes: Stakes,
    *,
    game: Game | None = None,
    rules: Rules | None = None,
    threads: int = 1,
) -> Shapley:
    """
    Return what each firm that is hit in a scenario adds to its cost, in fen that sum to it.

    Args:
        production: The prepared economy.
        scenario: One scenario.
        stakes: What can be lost.
        game: Who the players are; by default the firms, for lost production.
        rules: When a cascade stops; the published setting by default.
        threads: How many sets run at a time.

    Raises:
        InvalidInput: There is not one scenario, labels do not fit, or loans are shared out and
            the stakes have none.
        NotFound: The economy has no firm of that id.
        NotConverged: A cascade still moved at the bound on rounds.

    Example:
        Firms 0 and 1 both stop 2, which makes 90; each is half the reason:

        >>> from graph.contagion import Economy, prepare
        >>> trades = Economy(3, [0, 1], [2, 2], [4.0, 4.0], classes=[2, 2], sectors=[0, 1, 2])
        >>> found = shapley(prepare(trades), Scenarios.together([0, 1]), Stakes.build([5, 7, 90]))
        >>> found.part_fen.tolist(), found.total_fen, found.exact
        ([50, 52], 102, True)
    """
    game, rules = game or Game(), rules or Rules()
    scenario.refuse_many()
    if game.loss == "credit" and not stakes.lends:
        raise InvalidInput("the stakes have no exposures to share the loss of")
    rows = rows_of(scenario.rows, production, "rows")
    labels = rows.tolist() if game.labels is None else list(game.labels)
    if len(labels) != len(scenario.rows):
        raise InvalidInput(f"{len(labels)} labels for {len(scenario.rows)} shocks")
    names = list(dict.fromkeys(labels))
    places = {name: place for place, name in enumerate(names)}
    players = np.array([places[label] for label in labels], np.int64)
    cascades = _Cascades(production, scenario, stakes, players, game.loss, rules, threads)
    shares = split(cascades.run, len(names), game)
    firms = np.array(names, np.int64) if game.labels is None else None
    called = None if firms is None else firm_column(stakes.called(production), firms)
    return shares.named(names, rules, called)


@dataclass(frozen=True, slots=True)
class Split:
    """What each of some players adds to a loss in fen, and how sure that is."""

    part_fen: IntArray
    error_fen: FloatArray
    exact: bool
    sets: int  # How many were run.

    def named(self, players: Sequence[Any], rules: Rules, called: Any) -> Shapley:
        """Return it with the players' names."""
        total_fen = sum(self.part_fen.tolist())
        found = (self.part_fen, self.error_fen, total_fen, self.exact, self.sets)
        return Shapley(tuple(players), *found, rules, called)


def split(run: Callable[[BoolArray], Iterable[int]], players: int, game: Game) -> Split:
    """
    Return what each player adds to a loss, of which any function of sets of players says how much.

    Args:
        run: Gives the loss in fen of every set (row) of players (columns) that is not empty.
        players: How many there are.
        game: How many orders are drawn where there are more than `EXACT_MAX`, and their seed.

    Example:
        Either of the first two costs 10, both no more; the third adds 5:

        >>> def run(sets):
        ...     return [10 * bool(a or b) + 5 * bool(c) for a, b, c in sets.tolist()]
        >>> split(run, 3, Game()).part_fen.tolist()
        [5, 5, 5]
    """
    values = _Values(run)
    exact = players <= EXACT_MAX
    parts, whole, errors = _all_sets(values, players) if exact else _orders(values, players, game)
    return Split(apportion(parts, whole), errors, exact, len(values.known) - 1)


@dataclass(slots=True)
class _Values:
    """Values of sets of players, each run once."""

    run: Callable[[BoolArray], Iterable[int]]
    known: dict[bytes, int] = field(default_factory=dict)

    def values(self, sets: BoolArray) -> list[int]:
        """Return what sets of players (rows) cost."""
        if not self.known:
            self.known[np.packbits(np.zeros(sets.shape[1], np.bool_)).tobytes()] = 0
        keys = [row.tobytes() for row in np.packbits(sets, axis=1)]
        fresh = {key: place for place, key in enumerate(keys) if key not in self.known}
        for key, value in zip(fresh, self.run(sets[list(fresh.values())]), strict=True):
            self.known[key] = value
        return [self.known[key] for key in keys]


@dataclass(frozen=True, slots=True)
class _Cascades:
    """What sets of the players of a scenario cost."""

    production: Production
    scenario: Scenarios
    stakes: Stakes
    players: IntArray  # By shock.
    loss: Loss
    rules: Rules
    threads: int

    def run(self, sets: BoolArray) -> Iterator[int]:
        """Yield the loss of every set."""
        for first in range(0, len(sets), SETS_HELD):
            hit = sets[first : first + SETS_HELD][:, self.players]
            for part in count(
                self.production,
                subsets(self.scenario, hit),
                self.stakes,
                rules=self.rules,
                threads=self.threads,
            ):
                losses = part.production_fen if self.loss == "production" else part.credit_fen
                if losses is not None:
                    yield from (exact_sum(row) for row in losses)


def subsets(scenario: Scenarios, hit: BoolArray) -> Scenarios:
    """Return a scenario for every row of marks, with the shocks that are marked."""
    which = np.nonzero(hit)[1]
    ends = np.concatenate([[0], np.cumsum(hit.sum(axis=1))]).astype(np.int64)
    rows = np.asarray(scenario.rows)[which]
    return Scenarios(ends, rows, np.asarray(scenario.down)[which], np.asarray(scenario.up)[which])


def _all_sets(runs: _Values, players: int) -> tuple[list[int], int, FloatArray]:
    """Return parts as numerators, their denominator, and that nothing is in doubt."""
    sets = np.arange(1 << players)
    inside = (sets[:, None] >> np.arange(players)) & 1 > 0
    values = np.array(runs.values(inside), object)
    sizes = inside.sum(axis=1)
    times = np.array([factorial(k) * factorial(players - 1 - k) for k in range(players)], object)
    parts = []
    for player in range(players):
        without = sets[~inside[:, player]]
        added = values[without | 1 << player] - values[without]
        parts.append(int((times[sizes[without]] * added).sum()))
    return parts, factorial(players), np.zeros(players)


def _orders(runs: _Values, players: int, game: Game) -> tuple[list[int], int, FloatArray]:
    """Return the same from drawn orders, with the standard errors of the parts."""
    random = np.random.default_rng(game.seed)
    sums = np.zeros(players, object)
    means = np.zeros((game.pairs, players))
    for pair in range(game.pairs):
        order = random.permutation(players)
        added = _added(runs, order) + _added(runs, order[::-1])
        sums += added
        means[pair] = added.astype(np.float64) / 2.0
    errors = means.std(axis=0, ddof=1) / np.sqrt(game.pairs)
    return [int(each) for each in sums], 2 * game.pairs, errors


def _added(runs: _Values, order: IntArray) -> npt.NDArray[np.object_]:
    """Return what each player adds to those before it in one order."""
    place = np.argsort(order)
    sets = place <= np.arange(len(order))[:, None]
    values = np.array([0, *runs.values(sets)], object)
    found = np.zeros(len(order), object)
    found[order] = values[1:] - values[:-1]
    return found
