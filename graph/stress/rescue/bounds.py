"""
What no set of supported firms within a budget can do better than.

Let A be the candidates that the budget can pay one by one, S any set of them within it, O = A
without S those it leaves out, and l_j(S) what firm j loses while S is supported. Supporting one
firm more never makes anybody lose more (`kernels/held.py`), and S lies within A without i
for each i in O. So, with x_ij = l_j(A without i) - l_j(A) >= 0,

    l_j(S) >= l_j(A) + max_{i in O} x_ij >= l_j(A) + sum_{i in O} a_ij x_ij

for any a >= 0 with sum_i a_ij <= 1; here a_ij is 1 for the i whose x_ij is largest. Summed with
what firms count, V_i = sum_j w_j a_ij x_ij:

    saved(S) <= saved(A) - sum_{i in A} V_i + sum_{i in S} V_i,

and the last sum is at most the best of a knapsack filled with fractions. Also, leaving out O
costs at least its dearest member alone, r_i = sum_j w_j x_ij:

    saved(S) <= saved(A) - min over O that cost enough of max_{i in O} r_i.

The smaller of both is the bound. Nothing is asked of savings beyond that they rise with the set:
they are in general not submodular (two suppliers of one input help only together), so no share of
the best is promised for a greedy choice; the bound is what a choice is measured by.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np

from graph.arrays.dtypes import FloatArray, IntArray
from graph.stress.rescue.losses import Candidates, Saving, Set, Stress

ROUNDING = 4e-9  # Of the whole loss: four sums, each off by what slow rounds may still add up to.


@dataclass(frozen=True, slots=True)
class Bound:
    """What any set within the budget saves at most; each of the three holds by itself."""

    budget_fen: int
    all_fen: int  # Saved if all that the budget can pay one by one were supported.
    knapsack_fen: int
    bottleneck_fen: int

    @property
    def saved_fen_max(self) -> int:
        """Return the smallest of them."""
        return min(self.all_fen, self.knapsack_fen, self.bottleneck_fen)


def bound(stress: Stress, candidates: Candidates, *, budget_fen: int, threads: int = 1) -> Bound:
    """
    Return what any set of candidates within the budget saves at most (proof on top of the module).

    Args:
        stress: What may happen, and the value of production.
        candidates: Firms that may be supported; one evaluation each.
        budget_fen: What may be spent.
        threads: How many scenarios run at a time.

    Raises:
        InvalidInput: A column is not what it must be.
        NotConverged: Losses still moved at the bound on rounds.

    Example:
        Firms 0 and 1 fail, and each sells half of what 2 needs; there is money for one:

        >>> from graph.contagion import Economy, Scenarios, prepare
        >>> economy = Economy(4, [0, 1, 2], [2, 2, 3], [50.0, 50.0, 100.0], revenue=[100.0] * 4)
        >>> stress = Stress(prepare(economy), Scenarios.together([0, 1]), output_fen=200)
        >>> found = bound(stress, Candidates([0, 1], [10, 10]), budget_fen=10)
        >>> found.all_fen, found.saved_fen_max
        (201, 101)
    """
    table = candidates.checked(stress.production)
    return of(Saving(stress, table, threads), budget_fen)


def of(saving: Saving, budget_fen: int) -> Bound:
    """Return the bound for evaluations that have begun."""
    table, output = saving.table, saving.stress.output_fen
    payable: Set = tuple(np.flatnonzero(table.cost_fen <= budget_fen).tolist())
    nobody, everybody = (next(saving.losses([each])) for each in ((), payable))
    before, after = (float(saving.likely(each).sum()) for each in (nobody, everybody))
    saved, spare = before - after, ROUNDING * before

    def in_fen(share: float) -> int:
        """Return a share of production in fen, rounded up."""
        return ceil((min(share, saved) + spare) * output)

    cost_fen = table.cost_fen[list(payable)]
    if int(cost_fen.sum()) <= budget_fen:
        return Bound(budget_fen, *[in_fen(saved)] * 3)
    owned, alone = _left_out(saving, payable, everybody)
    filled = _knapsack(owned, cost_fen, budget_fen)
    least = _bottleneck(alone, cost_fen, budget_fen)
    return Bound(
        budget_fen,
        in_fen(saved),
        in_fen(saved - float(owned.sum()) + filled),
        in_fen(saved - least),
    )


def _left_out(
    saving: Saving, payable: Sequence[int], everybody: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return V and r: what it costs to leave each out, of the firms it hurts most, and of all."""
    without = [tuple(p for p in payable if p != place) for place in payable]
    worst = np.zeros_like(everybody)
    owner = np.full(everybody.shape, -1)
    alone = np.zeros(len(payable))
    for k, losses in enumerate(saving.losses(without)):
        more = np.maximum(0.0, losses - everybody)
        alone[k] = saving.likely(more).sum()
        better = more > worst
        worst[better], owner[better] = more[better], k
    counted = saving.likely(worst).reshape(-1)
    named = owner.reshape(-1)
    hurt = named >= 0
    owned = np.bincount(named[hurt], counted[hurt], len(payable))
    return owned.astype(np.float64), alone


def _knapsack(values: FloatArray, cost_fen: IntArray, budget_fen: int) -> float:
    """Return the largest value that fits where fractions may be taken."""
    order = np.argsort(-values / cost_fen, kind="stable")
    before = np.cumsum(cost_fen[order]) - cost_fen[order]
    taken = np.clip((budget_fen - before) / cost_fen[order], 0.0, 1.0)
    return float((values[order] * taken).sum())


def _bottleneck(alone: FloatArray, cost_fen: IntArray, budget_fen: int) -> float:
    """Return the least that the dearest costs of those who are left out in any case."""
    order = np.argsort(alone, kind="stable")
    needed = int(cost_fen.sum()) - budget_fen
    return float(alone[order][np.searchsorted(np.cumsum(cost_fen[order]), needed)])
