"""Whom to support: the equations read literally, every set tried, bounds and laws, refusals."""

from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.contagion import EXACT, Economy, Production, Scenarios, esri, prepare
from graph.errors import InvalidInput
from graph.rescue import Candidates, Change, Rescue, Saving, Stress, bound, choose
from tests.graph.effort import UNCOMPILED, examples

FIRMS, OUTPUT_FEN = 8, 10**12
# Without the compiler, for coverage, a few small economies are enough.
CANDIDATES = 4 if UNCOMPILED else 6
FEW = settings(max_examples=examples(25), deadline=None)
seeds = st.integers(0, 2**32 - 1)
keeping = st.sampled_from(["output", "shock"])


class World:
    """A small economy, two likely shocks, and candidates: all that are shocked and two more."""

    def __init__(self, seed: int, *, candidates: int = CANDIDATES) -> None:
        self.random = random = np.random.default_rng(seed)
        trades = 20
        sectors = random.integers(0, 4, FIRMS)
        suppliers, buyers = random.integers(0, FIRMS, (2, trades))
        table = random.choice([0, 1, 2], (4, 4), p=[0.1, 0.4, 0.5])
        self.economy = Economy(
            FIRMS,
            suppliers,
            buyers,
            random.lognormal(0, 1.0, trades),
            table[sectors[suppliers], sectors[buyers]],
            sectors,
            markets=np.where(random.random(FIRMS) < 0.3, -1, sectors),
            leakage=0.4,
        )
        rows = np.concatenate([random.choice(FIRMS, k, replace=False) for k in (3, 2)])
        self.scenarios = Scenarios(
            np.array([0, 3, 5]), rows, random.uniform(0.5, 1, 5), random.uniform(0.5, 1, 5)
        )
        others = np.setdiff1d(np.arange(FIRMS), rows)
        self.rows = np.concatenate([np.unique(rows), others])[:candidates]
        self.cost_fen = random.integers(1, 9, len(self.rows)) * 1_000_003
        self.floor = random.uniform(0.6, 1.0, len(self.rows))

    def stress(self, economy: Economy | None = None) -> Stress:
        return Stress(prepare(economy or self.economy), self.scenarios, OUTPUT_FEN, [0.7, 0.3])

    def candidates(self, keeps: Any = "output") -> Candidates:
        return Candidates(self.rows, self.cost_fen, self.floor, keeps)


def literal(  # noqa: C901  # It follows the printed equations line by line.
    economy: Economy, down: np.ndarray, up: np.ndarray, ceiling: np.ndarray, held: np.ndarray
) -> np.ndarray:
    """The equations on whole matrices; held firms lose no more than their ceilings."""
    n = economy.firms
    sales = np.zeros((n, n))
    np.add.at(sales, (economy.suppliers, economy.buyers), economy.amounts)
    kind = np.zeros((n, n), int)
    kind[economy.suppliers, economy.buyers] = economy.classes
    sector, market = np.asarray(economy.sectors), np.asarray(economy.markets)
    sold, bought = sales.sum(1), sales.sum(0)
    top = np.where(held, ceiling, 1.0)
    lost, missed = np.minimum(down, ceiling), np.minimum(up, ceiling)
    for _ in range(3000):
        passed = lost.copy()
        for i in range(n):
            there = (sold * (1 - lost))[market == market[i]].sum()
            if market[i] >= 0 and there > sold[i]:
                passed[i] *= sold[i] / there
        after, orders = lost.copy(), missed.copy()
        for j in range(n):
            sums = [0.0]
            for k in set(sector):
                same = (sector == k) & (kind[:, j] == 2)
                total = sales[sector == k, j].sum()
                if total > 0:
                    sums.append((passed * sales[:, j])[same].sum() / total / 1.4)
            if bought[j] > 0:
                sums.append((passed * sales[:, j])[kind[:, j] == 1].sum() / bought[j] / 1.4)
            after[j] = max(lost[j], min(top[j], max(sums)))
            if sold[j] > 0:
                wanted = (sales[j] * missed).sum() / sold[j] / 1.4
                orders[j] = max(missed[j], min(top[j], wanted))
        still = max((after - lost).max(), (orders - missed).max()) < 1e-14
        lost, missed = after, orders
        if still:
            break
    return np.maximum(lost, missed)


@settings(max_examples=examples(25), deadline=None)
@given(seeds, keeping, st.sampled_from([0.0, 1e9]), st.data())
def test_losses_with_support_are_those_of_the_equations(
    seed: int, keeps: Any, pushes: float, data: st.DataObject
) -> None:
    world = World(seed)
    table = world.candidates(keeps).checked(FIRMS)
    chosen = tuple(sorted(data.draw(st.sets(st.sampled_from(range(len(table)))))))
    held, ceiling = np.zeros(FIRMS, bool), np.ones(FIRMS)
    ceiling[table.rows[list(chosen)]] = table.ceiling[list(chosen)]
    held[table.rows[list(chosen)]] = keeps == "output"
    wanted = []
    for k in range(2):
        own = slice(world.scenarios.offsets[k], world.scenarios.offsets[k + 1])
        down, up = np.zeros((2, FIRMS))
        down[world.scenarios.rows[own]] = world.scenarios.down[own]
        up[world.scenarios.rows[own]] = world.scenarios.up[own]
        wanted.append(literal(world.economy, down, up, ceiling, held))

    stress = world.stress()
    saving = Saving(stress, table, budget_share=pushes)
    losses = next(saving.losses([chosen]))

    np.testing.assert_allclose(losses, wanted, rtol=0, atol=1e-9)
    total = np.array([0.7, 0.3]) @ losses @ stress.production.weights
    assert saving.loss_fen([chosen])[0] == pytest.approx(total * OUTPUT_FEN, abs=1)


def brute(world: World, keeps: Any, budget_fen: int) -> int:
    """The least loss of all sets within the budget."""
    table = world.candidates(keeps).checked(FIRMS)
    saving = Saving(world.stress(), table)
    places = range(len(table))
    sets = [each for k in range(len(table) + 1) for each in combinations(places, k)]
    return min(saving.loss_fen([each for each in sets if table.cost(each) <= budget_fen]))


@FEW
@given(seeds, keeping, st.integers(0, 30))
def test_no_set_saves_more_than_the_bound_and_all_sets_tried_none_more_than_the_best(
    seed: int, keeps: Any, budget: int
) -> None:
    world, budget_fen = World(seed), budget * 1_000_003
    stress, candidates = world.stress(), world.candidates(keeps)
    least = brute(world, keeps, budget_fen)

    greedy = choose(stress, candidates, budget_fen=budget_fen)
    best = choose(stress, candidates, budget_fen=budget_fen, method="exhaustive")

    assert best.loss_after_fen == least <= greedy.loss_after_fen
    saved = best.loss_before_fen - least
    for each in (greedy.bound, best.bound, bound(stress, candidates, budget_fen=budget_fen)):
        assert saved <= min(each.all_fen, each.knapsack_fen, each.bottleneck_fen)
    assert greedy.gap_fen >= 0 == best.gap_fen
    for found in (greedy, best):
        assert_consistent(found, world)


def assert_consistent(found: Rescue, world: World) -> None:
    prices = dict(zip(world.rows.tolist(), world.cost_fen.tolist(), strict=True))

    assert [step.cost_fen for step in found.steps] == [prices[row] for row in found.rows]
    assert found.cost_fen <= found.budget_fen
    assert sum(step.gain_fen for step in found.steps) == found.saved_fen
    losses = [found.loss_before_fen, *(step.loss_after_fen for step in found.steps)]
    assert losses[:-1] == [step.loss_before_fen for step in found.steps]
    assert losses[-1] == found.loss_after_fen
    assert all(step.gain_per_fen == step.gain_fen / step.cost_fen for step in found.steps)


@FEW
@given(seeds, keeping)
def test_to_support_more_never_costs_more(seed: int, keeps: Any) -> None:
    world = World(seed)
    saving = Saving(world.stress(), world.candidates(keeps).checked(FIRMS))
    order = world.random.permutation(len(world.rows)).tolist()
    sets = [tuple(sorted(order[:k])) for k in range(len(order) + 1)]

    losses = saving.loss_fen(sets)

    assert losses == sorted(losses, reverse=True)


@FEW
@given(seeds, st.integers(2, 20))
def test_a_larger_budget_never_saves_less_when_all_sets_are_tried(seed: int, budget: int) -> None:
    world = World(seed, candidates=4)
    stress, candidates = world.stress(), world.candidates()

    small, large = (
        choose(stress, candidates, budget_fen=fen * 1_000_003, method="exhaustive")
        for fen in (budget, 2 * budget)
    )

    assert large.loss_after_fen <= small.loss_after_fen


@FEW
@given(seeds, keeping)
def test_names_do_not_matter_and_threads_change_nothing(seed: int, keeps: Any) -> None:
    world = World(seed)
    order = world.random.permutation(FIRMS)
    inverse = np.argsort(order)
    given_economy = world.economy
    renamed = replace(
        given_economy,
        suppliers=inverse[given_economy.suppliers],
        buyers=inverse[given_economy.buyers],
        sectors=np.asarray(given_economy.sectors)[order],
        markets=np.asarray(given_economy.markets)[order],
    )
    other = replace(
        world.stress(renamed),
        scenarios=replace(world.scenarios, rows=inverse[world.scenarios.rows]),
    )
    shuffled = Candidates(inverse[world.rows], world.cost_fen, world.floor, keeps)

    one = choose(world.stress(), world.candidates(keeps), budget_fen=15_000_000)
    three = choose(world.stress(), world.candidates(keeps), budget_fen=15_000_000, threads=3)
    again = choose(other, shuffled, budget_fen=15_000_000, method="exhaustive")
    every = choose(
        world.stress(), world.candidates(keeps), budget_fen=15_000_000, method="exhaustive"
    )

    assert one == three
    assert again.loss_after_fen == pytest.approx(every.loss_after_fen, abs=2)
    # The knapsack may differ: of firms that hurt somebody equally the first stands for him.
    for name in ("all_fen", "bottleneck_fen"):
        assert getattr(again.bound, name) == pytest.approx(getattr(every.bound, name), abs=2)


def test_nobody_held_the_losses_are_those_of_the_index() -> None:
    production = mixed(200)
    scenarios = Scenarios.together(range(0, 200, 20))
    saving = Saving(Stress(production, scenarios, OUTPUT_FEN), Candidates([1], [1]).checked(200))

    wanted = float(esri(production, scenarios, rules=EXACT).total[0])

    assert saving.loss_fen([()])[0] == pytest.approx(wanted * OUTPUT_FEN, abs=2)


def mixed(firms: int) -> Production:
    """An economy whose firms lean on few others."""
    random = np.random.default_rng(11)
    ends = random.integers(0, firms, (2, 3 * firms))
    sectors = random.integers(0, 9, firms)
    amounts = random.lognormal(0, 1.5, 3 * firms)
    return prepare(Economy(firms, *ends, amounts, sectors=sectors, leakage=1.0))


def test_two_that_help_only_together_are_found_by_giving_up_the_rest() -> None:
    production = prepare(
        Economy(
            4,
            [0, 1, 3],
            [2, 2, 2],
            [1.0, 1.0, 1.0],
            [2, 2, 0],
            sectors=[0, 1, 2, 3],
            weights=[0, 0, 90, 10],
        )
    )
    stress = Stress(production, Scenarios.together([0, 1, 3]), output_fen=1000)
    # Alone neither 0 nor 1 saves anything; 3 saves a tenth.
    candidates = Candidates([0, 1, 3], [10, 10, 11])

    found = choose(stress, candidates, budget_fen=20)

    assert (sorted(found.rows), found.saved_fen) == ([0, 1], 900)
    assert [step.gain_fen for step in found.steps] == [0, 900]


def test_one_dear_firm_is_chosen_before_many_trifles() -> None:
    production = prepare(Economy(3, [], [], [], weights=[10, 90, 0]))
    stress = Stress(production, Scenarios.together([0, 1]), output_fen=1000)

    found = choose(stress, Candidates([0, 1], [1, 20]), budget_fen=20)

    assert (found.rows, found.saved_fen, found.gap_fen <= 96) == ((1,), 900, True)


def test_local_search_says_what_it_changed() -> None:
    production = prepare(Economy(4, [], [], [], weights=[60, 45, 45, 0]))
    stress = Stress(production, Scenarios.together([0, 1, 2]), output_fen=150)
    # Every start takes 0, ten a fen; there is no room beside it for 1 or 2, nine a fen.
    candidates = Candidates([0, 1, 2], [6, 5, 5])

    found = choose(stress, candidates, budget_fen=10)

    assert found.changes == (Change(added=(1, 2), dropped=(0,), loss_after_fen=60),)
    assert (found.rows, found.saved_fen, found.settled) == ((1, 2), 90, True)


def test_a_firm_that_is_not_shocked_gains_only_where_its_output_is_kept() -> None:
    chain = prepare(Economy(3, [0, 1], [1, 2], [5.0, 5.0], weights=[1, 1, 2]))
    stress = Stress(chain, Scenarios.together([0]), output_fen=400)

    kept = choose(stress, Candidates([1], [7]), budget_fen=7)
    mended = choose(stress, Candidates([1], [7], keeps="shock"), budget_fen=7)

    assert (kept.loss_before_fen, kept.loss_after_fen) == (400, 100)
    assert (mended.rows, mended.saved_fen) == ((), 0)


def test_a_floor_keeps_its_share_and_no_more() -> None:
    chain = prepare(Economy(3, [0, 1], [1, 2], [5.0, 5.0], weights=[1, 1, 2]))
    stress = Stress(chain, Scenarios.together([0]), output_fen=400)

    found = choose(stress, Candidates([0], [7], floor=0.75), budget_fen=7)

    assert (found.loss_before_fen, found.loss_after_fen) == (400, 100)


def test_nobody_nothing_and_no_money_save_nothing() -> None:
    chain = prepare(Economy(3, [0, 1], [1, 2], [5.0, 5.0]))
    shocked = Stress(chain, Scenarios.together([0]), output_fen=400)
    empty = Stress(prepare(Economy(0, [], [], [])), Scenarios.together([]), output_fen=0)

    for stress, candidates, budget_fen in (
        (shocked, Candidates([], []), 9),
        (shocked, Candidates([0], [7]), 6),
        (Stress(chain, Scenarios.together([]), output_fen=400), Candidates([0], [7]), 9),
        (empty, Candidates([], []), 9),
    ):
        for method in ("greedy", "exhaustive"):
            found = choose(stress, candidates, budget_fen=budget_fen, method=method)  # type: ignore[arg-type]
            assert (found.rows, found.saved_fen, found.cost_fen) == ((), 0, 0)
            assert found.saved_fen_max <= 1


CHAIN = prepare(Economy(3, [0, 1], [1, 2], [5.0, 5.0]))
SHOCK = Scenarios.together([0])


@pytest.mark.parametrize(
    ("stress", "candidates", "said"),
    [
        ({}, Candidates([3], [7]), "rows: entry 0 is no row of a firm"),
        ({}, Candidates([1, 1], [7, 8]), "rows: entry 0 in ascending order, stands twice"),
        ({}, Candidates([1], [0]), "cost_fen: entry 0 is not above 0"),
        ({}, Candidates([1], [7.5]), "cost_fen is not in whole fen"),
        ({}, Candidates([1, 2], [7]), "differ in length"),
        ({}, Candidates([1], [7], floor=1.2), "floor: entry 0 is not in"),
        ({}, Candidates([1], [7], keeps="all"), "keeps 'all' is neither"),  # type: ignore[arg-type]
        ({"likelihoods": [0.4]}, Candidates([1], [7]), "likelihoods sum to 0.4, not to 1"),
        ({"likelihoods": [0.5, 0.5]}, Candidates([1], [7]), "2 likelihoods for 1 scenarios"),
        ({"likelihoods": [float("nan")]}, Candidates([1], [7]), "likelihoods: one is negative"),
        ({"output_fen": -1}, Candidates([1], [7]), "output_fen -1 is negative"),
        ({"scenarios": Scenarios.alone([])}, Candidates([1], [7]), "no scenario is given"),
        ({"scenarios": Scenarios.alone([9])}, Candidates([1], [7]), "rows: entry 0 is no row"),
    ],
)
def test_wrong_columns_are_refused(
    stress: dict[str, Any], candidates: Candidates, said: str
) -> None:
    given_stress = replace(Stress(CHAIN, SHOCK, output_fen=400), **stress)
    with pytest.raises(InvalidInput, match=said):
        choose(given_stress, candidates, budget_fen=9)


def test_wrong_ways_to_ask_are_refused() -> None:
    stress, one = Stress(CHAIN, SHOCK, output_fen=400), Candidates([1], [7])
    many = prepare(Economy(16, [], [], []))

    with pytest.raises(InvalidInput, match="budget_fen -1 is negative"):
        choose(stress, one, budget_fen=-1)
    with pytest.raises(InvalidInput, match="method 'best' is neither"):
        choose(stress, one, budget_fen=1, method="best")  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="threads 0 is not at least 1"):
        choose(stress, one, budget_fen=1, threads=0)
    with pytest.raises(InvalidInput, match="16 candidates, exhaustive takes 15 at most"):
        choose(
            Stress(many, Scenarios.together([0]), output_fen=1),
            Candidates(range(16), [1] * 16),
            budget_fen=20,
            method="exhaustive",
        )
