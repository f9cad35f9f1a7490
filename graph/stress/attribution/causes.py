"""Whose failing costs how much: lost production and unpaid debts of one scenario together."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from graph.arrays.dtypes import IntArray
from graph.errors import InvalidInput
from graph.network.firms import firm_column
from graph.spread.payments.clearing import Debts, stop_paying
from graph.spread.production.economy import Production, Rules
from graph.spread.shocks import Scenarios
from graph.stress.attribution.shapley import SETS_HELD, Game, Shapley, split, subsets
from graph.stress.scenarios.measures import exact_sum
from graph.stress.scenarios.resolve import Resolved
from graph.stress.scenarios.stakes import Stakes, count

BoolArray = npt.NDArray[np.bool_]


def hit_rows(hit: Resolved) -> IntArray:
    """Return the rows of all that are hit in any channel, ascending."""
    return np.union1d(np.asarray(hit.shocks.rows, np.int64), hit.unpaid.rows)


def causes(
    production: Production,
    hit: Resolved,
    stakes: Stakes,
    *,
    debts: Debts | None = None,
    game: Game | None = None,
    rules: Rules | None = None,
) -> Shapley:
    """
    Return what each firm that is hit adds to what a scenario costs, in fen that sum to it.

    Unlike `shapley` it counts what creditors are not paid beside lost production.

    Args:
        production: The prepared economy.
        hit: One scenario, looked up in its network.
        stakes: Sales that can be lost.
        debts: Who owes whom, where anybody stops paying.
        game: Labels by row of `hit_rows`, and how many orders are drawn.
        rules: When a cascade stops; the published setting by default.

    Raises:
        InvalidInput: There is not one scenario, labels do not fit, or no debts are given though
            somebody stops paying.
        NotConverged: A cascade still moved at the bound on rounds.

    Example:
        Firm 0 makes what 1 lives on, and 1 owes 2 what it cannot pay:

        >>> from graph.contagion import Economy, Scenarios, prepare
        >>> from graph.scenarios import Resolved, Unpaid
        >>> production = prepare(Economy(3, suppliers=[0, 1], buyers=[1, 2], amounts=[4.0, 6.0]))
        >>> unpaid = Unpaid(np.array([0, 1]), np.array([1]), np.array([1.0]))
        >>> hit = Resolved(("x",), Scenarios.together([0]), unpaid)
        >>> debts = Debts(3, [2], [1], [50.0], np.zeros(3), np.zeros(3))
        >>> causes(production, hit, Stakes.build([40, 60, 5]), debts=debts).part_fen.tolist()
        [105, 50]
    """
    game, rules = game or Game(), rules or Rules()
    if len(hit) != 1:
        raise InvalidInput(f"{len(hit)} scenarios where one is wanted")
    if len(hit.unpaid.rows) and debts is None:
        raise InvalidInput("the scenario stops payments, and no debts are given")
    rows = hit_rows(hit)
    labels = rows.tolist() if game.labels is None else list(game.labels)
    if len(labels) != len(rows):
        raise InvalidInput(f"{len(labels)} labels for {len(rows)} firms that are hit")
    names = list(dict.fromkeys(labels))
    places = {name: place for place, name in enumerate(names)}
    players = np.array([places[label] for label in labels], np.int64)
    shocked, stopped = (
        players[np.searchsorted(rows, each)] for each in (hit.shocks.rows, hit.unpaid.rows)
    )
    both = _Both(production, hit, stakes, debts, rules, shocked, stopped)
    called = None if game.labels is not None else firm_column(stakes.called(production), rows)
    return split(both.run, len(names), game).named(names, rules, called)


@dataclass(frozen=True, slots=True)
class _Both:
    """What sets of players cost in production and in payments."""

    production: Production
    hit: Resolved
    stakes: Stakes
    debts: Debts | None
    rules: Rules
    shocked: IntArray  # Player of each shock.
    stopped: IntArray  # Player of each firm that stops paying.

    def run(self, sets: BoolArray) -> Iterator[int]:
        """Yield the loss of every set."""
        for first in range(0, len(sets), SETS_HELD):
            some = sets[first : first + SETS_HELD]
            yield from map(sum, zip(self._made(some), self._paid(some), strict=True))

    def _made(self, sets: BoolArray) -> Iterator[int]:
        if not len(self.shocked):
            yield from (0 for _ in sets)
            return
        shocks: Scenarios = subsets(self.hit.shocks, sets[:, self.shocked])
        for part in count(self.production, shocks, self.stakes, rules=self.rules):
            yield from (exact_sum(row) for row in part.production_fen)

    def _paid(self, sets: BoolArray) -> Iterator[int]:
        unpaid = self.hit.unpaid
        for marks in sets[:, self.stopped]:
            rows = unpaid.rows[marks].tolist()
            if self.debts is None or not rows:
                yield 0
                continue
            lost = stop_paying(self.debts, rows, recovery=1.0 - unpaid.shares[marks]).losses
            yield exact_sum(np.rint(lost).astype(np.int64))
