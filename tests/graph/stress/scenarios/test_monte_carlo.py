"""Simulated losses: closed forms, exact enumeration, laws, and what is refused."""

import itertools
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from graph.contagion import Economy, Production, Rules, Scenarios, close, prepare
from graph.errors import InvalidInput, NotConverged
from graph.fsri import Banks, Books, Lending, Terms, bank_losses
from graph.scenarios import (
    Credit,
    Failures,
    Groups,
    MonteCarlo,
    Simulation,
    Stakes,
    count,
    measure,
    simulate,
)
from graph.stress.scenarios.failures import SAMPLINGS
from graph.stress.scenarios.measures import _binomial_quantile, expected_shortfall
from graph.stress.scenarios.monte_carlo import sets
from tests.graph.effort import examples

FIRMS = 7
TIGHT = Rules(1e-12)


class World:
    """A random economy, sales in fen, loans, and two overlapping groups."""

    def __init__(self, seed: int, firms: int = FIRMS, trades: int = 14) -> None:
        random = np.random.default_rng(seed)
        ends = random.integers(0, firms, (2, trades))
        self.production = prepare(
            Economy(
                firms,
                ends[0],
                ends[1],
                random.uniform(1, 9, trades),
                random.integers(0, 3, trades),
                random.integers(0, 3, firms),
                revenue=np.full(firms, 60.0),
            )
        )
        self.sales = random.integers(0, 10**7, firms)
        self.ead = random.integers(0, 10**6, firms) * (random.random(firms) > 0.3)
        self.lgd = random.uniform(0, 1, firms)
        self.pd = random.uniform(0, 0.5, firms)
        self.groups = Groups.build(firms, {"low": [0, 1, 2], "odd": np.arange(1, firms, 2)})

    def stakes(self, **credit: Any) -> Stakes:
        return Stakes.build(
            self.sales, groups=self.groups, credit=Credit(self.ead, self.lgd, **credit)
        )

    def literal(self, failed: list[int], threshold: float | None = None) -> np.ndarray[Any, Any]:
        """Return production (0) and credit (1) losses of every firm."""
        loss = close(self.production, Scenarios.together(failed), rules=TIGHT).loss
        gone = np.isin(np.arange(len(loss)), failed)
        if threshold is not None:
            gone |= loss > threshold
        return np.array([np.rint(loss * self.sales), np.rint(gone * self.lgd * self.ead)])


def lone(firms: int) -> Production:
    """Return an economy in which nobody trades, so nothing spreads."""
    return prepare(Economy(firms, [], [], []))


def test_without_contagion_independent_failures_are_binomial() -> None:
    failures, draws = Failures.build(np.full(40, 0.05)), 20_000
    found = simulate(lone(40), Stakes.build([100] * 40), MonteCarlo(failures, draws, seed=1))

    figures = measure(found, level=0.9)
    law = stats.binom(40, 0.05)
    atoms = np.arange(41)
    # The worst tenth of a binomial, with the part of its atom at the quantile.
    edge = int(law.ppf(0.9))
    shortfall = (law.pmf(atoms[edge + 1 :]) @ atoms[edge + 1 :]) + edge * (law.cdf(edge) - 0.9)

    assert figures.el_fen[0] == pytest.approx(200, abs=4 * figures.el_error_fen[0])
    assert figures.el_error_fen[0] == pytest.approx(100 * law.std() / np.sqrt(draws), rel=0.03)
    assert figures.var_fen[0] == 100 * edge
    assert figures.es_fen[0] == pytest.approx(
        100 * shortfall / 0.1, abs=4 * figures.es_error_fen[0]
    )


def test_unequal_failures_follow_the_poisson_binomial() -> None:
    pd, sales = np.array([0.5, 0.1, 0.0, 1.0, 0.25]), np.array([1, 2, 4, 8, 16])
    found = simulate(lone(5), Stakes.build(sales), MonteCarlo(Failures.build(pd), 20_000, seed=2))

    law = np.zeros(32)
    for fails in itertools.product([0, 1], repeat=5):
        law[int(np.dot(fails, sales))] += np.prod(np.where(fails, pd, 1 - pd))
    seen = np.bincount(found.production_fen[:, 0], minlength=32) / 20_000

    assert np.abs(seen - law).max() < 4 * np.sqrt(0.25 / 20_000)
    assert seen[law == 0].sum() == 0
    assert found.first_fen.tolist() == found.production_fen[:, 0].tolist()
    assert found.cascades == len(np.unique(found.production_fen))


def failing(model: MonteCarlo) -> Simulation:
    """Return a simulation that counts first failures at 100 fen each and runs no cascade."""
    failed = np.concatenate([np.diff(each.offsets) for _, each in sets(model, range_of(model))])
    most = (np.array([100 * len(model.failures)]), np.zeros(1, np.int64))
    fen = 100 * failed
    return Simulation(("all",), fen[:, None], None, failed, fen, range_of(model), most, model)


def range_of(model: MonteCarlo) -> Any:
    return np.arange(model.draws)


@pytest.mark.parametrize("sampling", ["plain", "antithetic", "stratified"])
def test_many_small_firms_come_to_vasiceks_limit(sampling: Any) -> None:
    firms, pd, common, level = 3000, 0.02, 0.15, 0.9
    failures = Failures.correlated(np.full(firms, pd), common=common)

    found = measure(failing(MonteCarlo(failures, 2048, seed=4, sampling=sampling)), level=level)

    below = stats.norm.ppf(pd) + np.sqrt(common) * stats.norm.ppf(level)
    limit = firms * 100 * stats.norm.cdf(below / np.sqrt(1 - common))
    assert found.var_low_fen[0] * 0.98 <= limit <= found.var_high_fen[0] * 1.02
    assert found.el_fen[0] == pytest.approx(firms * pd * 100, abs=4 * found.el_error_fen[0])


@pytest.mark.parametrize("sampling", ["plain", "antithetic", "stratified"])
def test_few_firms_of_one_factor_follow_its_mixed_binomial(sampling: Any) -> None:
    firms, pd, common, draws = 20, 0.1, 0.3, 4096
    model = MonteCarlo(
        Failures.correlated(np.full(firms, pd), common=common), draws, seed=7, sampling=sampling
    )

    found = measure(simulate(lone(firms), Stakes.build([100] * firms), model), level=0.95)

    at, weight = np.polynomial.hermite_e.hermegauss(80)
    chance = stats.norm.cdf((stats.norm.ppf(pd) - np.sqrt(common) * at) / np.sqrt(1 - common))
    atoms = np.arange(firms + 1)
    mass = stats.binom.pmf(atoms[:, None], firms, chance) @ (weight / weight.sum())
    edge = int(np.searchsorted(np.cumsum(mass), 0.95))
    shortfall = edge + np.maximum(0, atoms - edge) @ mass / 0.05
    assert found.var_low_fen[0] <= 100 * edge <= found.var_high_fen[0]
    assert found.el_fen[0] == pytest.approx(100 * firms * pd, abs=4 * found.el_error_fen[0] + 1)
    assert found.es_fen[0] == pytest.approx(100 * shortfall, abs=4 * found.es_error_fen[0])


def test_pairs_and_strata_are_nearer_to_the_truth_and_say_so() -> None:
    failures = Failures.correlated(np.full(500, 0.05), common=0.2)
    errors, means = {}, {}
    for sampling in SAMPLINGS:
        found = [measure(failing(MonteCarlo(failures, 512, seed, sampling))) for seed in range(20)]
        errors[sampling] = np.mean([each.el_error_fen[0] for each in found])
        means[sampling] = np.std([each.el_fen[0] for each in found])

    assert errors["antithetic"] < 0.8 * errors["plain"]
    assert errors["stratified"] < 0.5 * errors["plain"]
    # What is said of an error is what repeated simulations scatter by.
    for sampling in SAMPLINGS:
        assert 0.6 <= means[sampling] / errors[sampling] <= 1.5


@pytest.mark.parametrize("threshold", [None, 0.2])
def test_all_sets_of_failures_weighed_by_their_chance_are_what_draws_come_to(
    threshold: float | None,
) -> None:
    world, draws = World(3), 20_000
    model = MonteCarlo(Failures.build(world.pd), draws, seed=6, rules=TIGHT)
    found = simulate(world.production, world.stakes(threshold=threshold), model)

    values, chances = [], []
    for fails in itertools.product([False, True], repeat=FIRMS):
        rows = np.flatnonzero(fails).tolist()
        values.append(world.groups.sums(world.literal(rows, threshold).astype(np.int64)))
        chances.append(np.prod(np.where(fails, world.pd, 1 - world.pd)))
    exact = np.tensordot(np.array(chances), np.array(values), axes=1)

    for place, loss in enumerate(("production", "credit")):
        figures = measure(found, loss=loss, level=0.9)  # type: ignore[arg-type]
        distance = np.abs(figures.el_fen - exact[place])
        assert (distance <= 4 * figures.el_error_fen + 1).all()
        order = np.argsort(np.array(values)[:, place, 0])
        ordered, mass = np.array(values)[order, place, 0], np.cumsum(np.array(chances)[order])
        quantile = ordered[np.searchsorted(mass, 0.9)]
        beyond = np.maximum(ordered - quantile, 0) @ np.array(chances)[order]
        assert figures.var_low_fen[0] <= quantile <= figures.var_high_fen[0]
        assert figures.es_fen[0] == pytest.approx(
            quantile + beyond / 0.1, abs=4 * figures.es_error_fen[0]
        )


@settings(max_examples=examples(8), deadline=None)
@given(seed=st.integers(0, 10**6), threshold=st.sampled_from([None, 0.0, 0.3]))
def test_every_draw_costs_what_its_failures_cost(seed: int, threshold: float | None) -> None:
    world = World(seed)
    model = MonteCarlo(Failures.correlated(world.pd, common=0.3), 16, seed=seed, rules=TIGHT)

    found = simulate(world.production, world.stakes(threshold=threshold), model)

    drawn = model.failures.draw(seed=seed, block=0, size=16)
    assert found.credit_fen is not None
    for draw in range(16):
        rows = drawn.rows[drawn.offsets[draw] : drawn.offsets[draw + 1]].tolist()
        production, credit = world.groups.sums(world.literal(rows, threshold).astype(np.int64))
        assert np.abs(found.production_fen[draw] - production).max() <= FIRMS
        assert np.abs(found.credit_fen[draw] - credit).max() <= FIRMS
        assert found.failed[draw] == len(rows)
        assert found.first_fen[draw] == world.sales[rows].sum()


@settings(max_examples=examples(5), deadline=None)
@given(seed=st.integers(0, 10**6), more=st.floats(0, 0.5))
def test_larger_chances_never_cost_less_in_any_draw(seed: int, more: float) -> None:
    world = World(seed)

    def cost(pd: Any) -> Simulation:
        model = MonteCarlo(Failures.correlated(pd, common=0.2), 64, seed=seed, rules=TIGHT)
        return simulate(world.production, world.stakes(threshold=0.2), model)

    less, most = cost(world.pd), cost(np.minimum(1.0, world.pd + more))

    assert less.credit_fen is not None
    assert most.credit_fen is not None
    assert (less.production_fen <= most.production_fen + FIRMS).all()
    assert (less.first_fen <= most.first_fen).all()


@settings(max_examples=examples(5), deadline=None)
@given(seed=st.integers(0, 10**6))
def test_threads_and_the_number_of_draws_change_no_bit(seed: int) -> None:
    world = World(seed)
    failures = Failures.correlated(world.pd, common=0.2)

    def cost(draws: int, threads: int) -> Simulation:
        model = MonteCarlo(failures, draws, seed=seed)
        return simulate(world.production, world.stakes(), model, threads=threads)

    whole, half = cost(200, 1), cost(100, 2)

    assert cost(200, 2).production_fen.tolist() == whole.production_fen.tolist()
    for name in ("production_fen", "credit_fen", "failed", "first_fen", "source"):
        assert getattr(half, name).tolist() == getattr(whole, name)[:100].tolist()


@settings(max_examples=examples(5), deadline=None)
@given(seed=st.integers(0, 10**6))
def test_another_order_of_firms_costs_the_same(seed: int) -> None:
    random = np.random.default_rng(seed)
    order = random.permutation(FIRMS)
    place = np.argsort(order)
    ends, amounts = random.integers(0, FIRMS, (2, 14)), random.integers(1, 9, 14)
    sectors, sales = random.integers(0, 3, FIRMS), random.integers(0, 10**7, FIRMS)
    one = prepare(Economy(FIRMS, *ends, amounts, sectors=sectors))
    other = prepare(Economy(FIRMS, place[ends[0]], place[ends[1]], amounts, sectors=sectors[order]))
    shocks = Scenarios.together([0, 3])
    moved = Scenarios.together(place[[0, 3]].tolist())

    first = next(count(one, shocks, Stakes.build(sales)))
    second = next(count(other, moved, Stakes.build(sales[order])))

    assert np.abs(_spread(first, sales)[order] - _spread(second, sales[order])).max() <= 1


def _spread(counted: Any, sales: Any) -> Any:
    found = np.zeros(len(sales), np.int64)
    found[sales > 0] = counted.production_fen[0]
    return found


def test_books_say_who_defaults_as_they_do_for_the_banks() -> None:
    world, terms = World(5), Terms(default="gradual")
    random = np.random.default_rng(1)
    books = Books(
        *(random.uniform(*ends, FIRMS) for ends in ((50, 99), (10, 40), (5, 30), (5, 30)))
    )
    shocks = Scenarios.together([2, 4])
    bank = Banks.build([1.0], banks=[0] * FIRMS, firms=range(FIRMS), amounts=world.ead)  # type: ignore[arg-type]
    stakes = Stakes.build(world.sales, credit=Credit(world.ead, books=books, terms=terms))

    counted = next(count(world.production, shocks, stakes, rules=TIGHT))

    closed = Terms(default="gradual", closed_default=True)
    lost = next(bank_losses(world.production, shocks, Lending(books, bank, closed), rules=TIGHT))
    assert counted.credit_fen is not None
    assert counted.credit_fen.sum() == pytest.approx(lost.loss[0], abs=FIRMS)


def test_nobody_failing_runs_nothing_and_costs_nothing() -> None:
    world = World(1)
    model = MonteCarlo(Failures.build(np.zeros(FIRMS)), 10, seed=0)

    found = simulate(world.production, world.stakes(), model)

    assert (found.cascades, found.production_fen.max(), found.failed.max()) == (0, 0, 0)
    assert measure(found, level=0.9).var_high_fen[0] == world.sales.sum()
    assert len(simulate(lone(0), Stakes.build([]), MonteCarlo(Failures.build([]), 4, 0))) == 4


def test_a_firm_may_lose_a_part_when_it_fails() -> None:
    model = MonteCarlo(Failures.build([1.0]), 4, seed=0, down=0.25, up=0.5)
    stakes = Stakes.build([100], credit=Credit([10], 0.4))

    found = simulate(lone(1), stakes, model)

    assert found.credit_fen is not None
    assert (found.production_fen[0, 0], found.first_fen[0], found.credit_fen[0, 0]) == (50, 50, 4)


def test_progress_tells_of_every_draw() -> None:
    told: list[int] = []
    model = MonteCarlo(Failures.build([0.5]), 150, seed=0)

    simulate(lone(1), Stakes.build([100]), model, progress=told.append)

    assert sum(told) == 150


@settings(max_examples=examples(200))
@given(
    losses=st.lists(st.integers(0, 6), min_size=10, max_size=40),
    level=st.sampled_from([0.5, 0.75, 0.9, 0.07, 0.333]),
)
def test_quantile_and_shortfall_read_literally(losses: list[int], level: float) -> None:
    exact, size = Fraction(str(level)), len(losses)
    worst, left, total = sorted(losses, reverse=True), (1 - exact) * len(losses), Fraction(0)
    for loss in worst:
        part = min(Fraction(1), left)
        total, left = total + part * loss, left - part
    model = MonteCarlo(Failures.build([0.5]), size, seed=0)
    column = np.array(losses)[:, None]
    blank = np.zeros(size, np.int64)
    whole = (np.array([6]), np.array([0]))
    drawn = Simulation(("all",), column, None, blank, blank, blank, whole, model)

    found = measure(drawn, level=level)

    smallest = min(x for x in losses if Fraction(sum(y <= x for y in losses), size) >= exact)
    assert found.var_fen[0] == smallest
    assert expected_shortfall(np.array(losses), exact) == total / ((1 - exact) * size)
    assert found.var_low_fen[0] <= smallest <= found.var_high_fen[0]
    beyond = smallest + np.maximum(0, np.array(losses) - smallest) / (1 - level)
    assert found.es_error_fen[0] == pytest.approx(stats.sem(beyond), abs=1e-9)


@pytest.mark.parametrize("draws", [1, 2, 10, 1_000, 2**20])
@pytest.mark.parametrize("chance", [0.3, 0.9, 0.999])
def test_a_quantile_of_hits_is_that_of_the_binomial_distribution(draws: int, chance: float) -> None:
    for share in (0.005, 0.025, 0.5, 0.975, 0.995):
        assert _binomial_quantile(share, draws, chance) == stats.binom.ppf(share, draws, chance)


def test_the_interval_holds_the_quantile_as_often_as_it_says() -> None:
    random, hits = np.random.default_rng(8), 0
    model = MonteCarlo(Failures.build([0.5]), 400, seed=0)
    blank, whole = np.zeros(400, np.int64), (np.array([10**9]), np.array([0]))
    truth = -np.log(0.05) * 1e6
    for _ in range(400):
        column = (random.exponential(1e6, 400)).astype(np.int64)[:, None]
        found = measure(
            Simulation(("all",), column, None, blank, blank, blank, whole, model), level=0.95
        )
        hits += bool(found.var_low_fen[0] <= truth <= found.var_high_fen[0])

    assert 0.93 <= hits / 400 <= 0.99


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"draws": 1}, "draws 1 is no multiple of 1, at least twice"),
        ({"draws": 5, "sampling": "antithetic"}, "draws 5 is no multiple of 2"),
        ({"draws": 100, "sampling": "stratified"}, "draws 100 is no multiple of 64"),
        ({"sampling": "quasi"}, "sampling 'quasi'"),
        ({"seed": -1}, "seed -1"),
        ({"down": 1.5}, "down 1.5 is not in"),
    ],
)
def test_a_wrong_model_is_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        MonteCarlo(**({"failures": Failures.build([0.5]), "draws": 10, "seed": 0} | wrong))


def test_wrong_measures_are_refused() -> None:
    found = simulate(lone(1), Stakes.build([1]), MonteCarlo(Failures.build([0.5]), 10, 0))

    with pytest.raises(InvalidInput, match=r"level 1\.0 is not in"):
        measure(found, level=1.0)
    with pytest.raises(InvalidInput, match=r"level 0\.99 needs 100 draws, there are 10"):
        measure(found)
    with pytest.raises(InvalidInput, match="confidence 0"):
        measure(found, level=0.5, confidence=0)
    with pytest.raises(InvalidInput, match="no credit losses were simulated"):
        measure(found, level=0.5, loss="credit")
    with pytest.raises(InvalidInput, match="loss 'all' is neither"):
        measure(found, level=0.5, loss="all")  # type: ignore[arg-type]


def test_parts_that_do_not_fit_are_refused() -> None:
    with pytest.raises(InvalidInput, match="an economy of 2 firms, stakes of 1, failures of 1"):
        simulate(lone(2), Stakes.build([1]), MonteCarlo(Failures.build([0.5]), 10, 0))
    with pytest.raises(InvalidInput, match="stakes of 1 firms, an economy of 2"):
        next(count(lone(2), Scenarios.alone([0]), Stakes.build([1])))
    with pytest.raises(InvalidInput, match="draws times groups is 268435456, more than"):
        simulate(lone(1), Stakes.build([1]), MonteCarlo(Failures.build([0.5]), 2**28, 0))


def test_a_cascade_without_an_end_says_so() -> None:
    world = World(2)
    model = MonteCarlo(Failures.build([1.0] + [0.0] * 6), 4, seed=0, rules=Rules(0.0, rounds_max=1))

    with pytest.raises(NotConverged, match="losses still moved"):
        simulate(world.production, world.stakes(), model)
