"""
Whom to support under a budget: greedy from three starts, then local search; or every set.

Starts: (1) add who saves most per fen, one at a time; (2) the one firm that saves most, because
greedy may spend its budget on trifles; (3) begin with all and give up who saves least per fen
until the budget is kept, because two firms that help only together are never found one by one.
The best of them is improved by dropping who saves nothing, adding, and swapping one for one or two.
Equal figures are decided by cost, then by row: equal input, equal choice.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import combinations, islice
from typing import Literal

import numpy as np

from graph.errors import InvalidInput
from graph.network.firms import Frame, firm_column, frame
from graph.stress.rescue import bounds
from graph.stress.rescue.bounds import Bound
from graph.stress.rescue.losses import Candidates, Saving, Set, Stress

Method = Literal["greedy", "exhaustive"]
EXHAUSTIVE_MAX = 15  # Candidates: 32,768 sets.
BACKWARD_MAX = 64  # Candidates of whom the third start is tried: it evaluates half their square.
PASSES_MAX = 30  # Of local search, one change each.
MOVES_MAX = 2048  # Sets that a pass of local search looks at.


@dataclass(frozen=True, slots=True)
class Step:
    """One more firm is supported, after those before it."""

    row: int
    cost_fen: int
    loss_before_fen: int
    loss_after_fen: int

    @property
    def gain_fen(self) -> int:
        """Return what it saves beside those before it."""
        return self.loss_before_fen - self.loss_after_fen

    @property
    def gain_per_fen(self) -> float:
        """Return what it saves per fen spent."""
        return self.gain_fen / self.cost_fen


@dataclass(frozen=True, slots=True)
class Change:
    """What one pass of local search did: who came, who went, and the loss after it."""

    added: tuple[int, ...]
    dropped: tuple[int, ...]
    loss_after_fen: int


@dataclass(frozen=True, slots=True)
class Rescue:
    """Whom to support, what it saves step by step, and what nothing could do better than."""

    steps: tuple[Step, ...]  # In the order in which each saves most per fen.
    budget_fen: int
    loss_before_fen: int
    loss_after_fen: int
    changes: tuple[Change, ...]
    settled: bool  # Whether the last pass of local search looked at every change and found none.
    bound: Bound
    method: Method
    evaluations: int  # Cascades that were run.
    ids: Sequence[str] | None = field(default=None, repr=False)

    def to_pandas(self) -> Frame:
        """Return a row a supported firm, in the order of the steps: firm, and what it saves."""
        firms = firm_column(self.ids, np.array(self.rows, np.int64))
        names = ("cost_fen", "loss_before_fen", "loss_after_fen", "gain_fen")
        return frame(
            {"firm": firms, **{n: [getattr(step, n) for step in self.steps] for n in names}}
        )

    @property
    def rows(self) -> tuple[int, ...]:
        """Return the supported firms, in the order of the steps."""
        return tuple(step.row for step in self.steps)

    @property
    def cost_fen(self) -> int:
        """Return what they cost together."""
        return sum(step.cost_fen for step in self.steps)

    @property
    def saved_fen(self) -> int:
        """Return what they save together: the sum of the steps' gains."""
        return self.loss_before_fen - self.loss_after_fen

    @property
    def saved_fen_max(self) -> int:
        """Return what any set within the budget saves at most; all sets tried, it is the best."""
        return self.saved_fen if self.method == "exhaustive" else self.bound.saved_fen_max

    @property
    def gap_fen(self) -> int:
        """Return how much more than these another set could save at most."""
        return self.saved_fen_max - self.saved_fen


def choose(
    stress: Stress,
    candidates: Candidates,
    *,
    budget_fen: int,
    method: Method = "greedy",
    threads: int = 1,
) -> Rescue:
    """
    Return which candidates to support within a budget, so that the stress costs least.

    Losses are those at the fixed point. `greedy` promises no share of the best, as savings are not
    submodular; its bound (`bounds.py`) says how far from the best it can be.
    `exhaustive` tries every set of at most fifteen candidates; of equal losses the cheapest wins.

    Args:
        stress: What may happen, and the value of production.
        candidates: Firms that may be supported.
        budget_fen: What may be spent, not negative.
        method: `greedy` or `exhaustive`.
        threads: How many scenarios run at a time; the choice is the same on any number.

    Raises:
        InvalidInput: A column is not what it must be, or too many candidates for `exhaustive`.
        NotConverged: Losses still moved at the bound on rounds.

    Example:
        Firm 0 is all that 1 lives on, and 2 feeds nobody; there is money for one of both:

        >>> from graph.contagion import Economy, Scenarios, prepare
        >>> economy = Economy(3, [0, 2], [1, 1], [90.0, 10.0], weights=[90, 100, 10])
        >>> stress = Stress(prepare(economy), Scenarios.together([0, 2]), output_fen=200)
        >>> found = choose(stress, Candidates([0, 2], [5, 5]), budget_fen=5)
        >>> found.rows, found.loss_before_fen, found.loss_after_fen
        ((0,), 200, 20)
    """
    if budget_fen < 0:
        raise InvalidInput(f"budget_fen {budget_fen} is negative")
    if method not in ("greedy", "exhaustive"):
        raise InvalidInput(f"method {method!r} is neither 'greedy' nor 'exhaustive'")
    table = candidates.checked(stress.production)
    payable = np.flatnonzero(table.cost_fen <= budget_fen).tolist()
    if method == "exhaustive" and len(payable) > EXHAUSTIVE_MAX:
        raise InvalidInput(f"{len(payable)} candidates, exhaustive takes {EXHAUSTIVE_MAX} at most")
    search = _Search(Saving(stress, table, threads), payable, budget_fen)
    changes: list[Change] = []
    if method == "exhaustive":
        chosen, settled = search.every(), True
    else:
        chosen = min(search.forward(payable), search.single(), search.backward(), key=search.rank)
        chosen, settled = search.improve(chosen, changes)
    steps = search.steps(chosen)
    before, after = search.saving.loss_fen([(), chosen])
    proven = bounds.of(search.saving, budget_fen)
    done = search.saving.evaluations
    return Rescue(
        steps,
        budget_fen,
        before,
        after,
        tuple(changes),
        settled,
        proven,
        method,
        done,
        stress.production.ids,
    )


@dataclass(frozen=True, slots=True)
class _Search:
    """The evaluations of one search, who can be paid alone, and the budget."""

    saving: Saving
    payable: list[int]
    budget_fen: int

    def rank(self, chosen: Set) -> tuple[int, int, Set]:
        """Return what sets are compared by: the loss, the cost, the rows."""
        return self.saving.loss_fen([chosen])[0], self.saving.table.cost(chosen), chosen

    def within(self, sets: Iterable[Set]) -> Iterator[Set]:
        """Yield the sets that the budget can pay."""
        return (each for each in sets if self.saving.table.cost(each) <= self.budget_fen)

    def every(self) -> Set:
        """Return the best of all sets."""
        sizes = range(len(self.payable) + 1)
        sets = list(self.within(each for k in sizes for each in combinations(self.payable, k)))
        self.saving.loss_fen(sets)
        return min(sets, key=self.rank)

    def single(self) -> Set:
        """Return the one firm that saves most, or nobody."""
        sets: list[Set] = [(), *((place,) for place in self.payable)]
        self.saving.loss_fen(sets)
        return min(sets, key=self.rank)

    def forward(self, places: Sequence[int], *, whole: bool = False) -> Set:
        """Return who is added one by one; with `whole` also who adds nothing, to the last."""
        return tuple(sorted(self._added(places, whole=whole)))

    def _added(self, places: Sequence[int], *, whole: bool) -> list[int]:
        table, chosen = self.saving.table, list[int]()
        for _ in places:
            spent = table.cost(chosen)
            others = [place for place in places if place not in chosen]
            able = [p for p in others if spent + table.cost([p]) <= self.budget_fen]
            sets = [tuple(sorted([*chosen, p])) for p in able]
            (now, *losses) = self.saving.loss_fen([tuple(sorted(chosen)), *sets])
            gains = [
                Fraction(now - loss, table.cost([p])) for p, loss in zip(able, losses, strict=True)
            ]
            if not able or (max(gains) <= 0 and not whole):
                break
            chosen.append(able[gains.index(max(gains))])
        return chosen

    def backward(self) -> Set:
        """Return who is left when who saves least per fen is given up until the budget is kept."""
        table, chosen = self.saving.table, list(self.payable)
        if len(chosen) > BACKWARD_MAX:
            return ()
        while table.cost(chosen) > self.budget_fen:
            sets = [tuple(p for p in chosen if p != place) for place in chosen]
            (now, *losses) = self.saving.loss_fen([tuple(chosen), *sets])
            prices = [
                Fraction(loss - now, table.cost([p]))
                for p, loss in zip(chosen, losses, strict=True)
            ]
            del chosen[prices.index(min(prices))]
        return tuple(chosen)

    def improve(self, chosen: Set, changes: list[Change]) -> tuple[Set, bool]:
        """Return a set that no looked-at change improves, and whether that is known of all."""
        for _ in range(PASSES_MAX):
            sets = self._neighbours(chosen)
            looked = sets[:MOVES_MAX]
            self.saving.loss_fen(looked)
            best = min([chosen, *looked], key=self.rank)
            if best == chosen:
                return chosen, len(looked) == len(sets)
            rows = self.saving.table.rows
            added = tuple(rows[sorted(set(best) - set(chosen))].tolist())
            dropped = tuple(rows[sorted(set(chosen) - set(best))].tolist())
            changes.append(Change(added, dropped, self.rank(best)[0]))
            chosen = best
        return chosen, False

    def _neighbours(self, chosen: Set) -> list[Set]:
        """Return the sets a drop, an addition or a swap for one or two away, within the budget."""
        others = [place for place in self.payable if place not in chosen]
        less = [tuple(p for p in chosen if p != place) for place in chosen]
        bases = [chosen, *less]
        more = [tuple(sorted([*base, place])) for base in bases for place in others]
        pairs = combinations(others, 2)
        both = (tuple(sorted([*base, *pair])) for pair in pairs for base in less)
        # One more than is looked at shows that not all were.
        return [*less, *self.within(more), *islice(self.within(both), MOVES_MAX + 1)]

    def steps(self, chosen: Set) -> tuple[Step, ...]:
        """Return the firms of a set in the order in which each saves most per fen."""
        table, steps = self.saving.table, list[Step]()
        order = self._added(chosen, whole=True)
        sets = [tuple(sorted(order[:k])) for k in range(len(order) + 1)]
        losses = self.saving.loss_fen(sets)
        for k, place in enumerate(order):
            row, cost = int(table.rows[place]), table.cost([place])
            steps.append(Step(row, cost, losses[k], losses[k + 1]))
        return tuple(steps)
