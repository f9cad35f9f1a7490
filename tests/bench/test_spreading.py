"""
Ties and credit of a hundred cores at once, on the economies of the engine.

Ties are held against damped rounds in SciPy, core by core; credit against the second reading of
`tests/oracles`, column by column in NumPy, core by core. One thread each.
"""

from fractions import Fraction

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture
from scipy import sparse

from graph.contagion import Economy
from graph.credit import Claims, Debts, Held, Rules, pass_each, pass_on, pass_together
from graph.diffusion import Sources, Ties, Walk, spread_all
from tests.bench import twins
from tests.bench.figures import beside, median_seconds, processor, promise, record
from tests.bench.networks import engine_economy
from tests.oracles import credit as oracle

CORES = 100
TWINS = 2  # Cores that the twins run.
TIMES_WALK, TIMES_CREDIT = 5.0, 4.0
READ_TWICE = 100_000
OWED = 0.25  # Of a year's trade: three months.
TIERS = Rules(Fraction(4, 5), steps_max=4, cut_off_fen=10_000_000)


@pytest.fixture(scope="module", params=[10_000, 100_000, 1_000_000])
def economy(request: pytest.FixtureRequest) -> Economy:
    return engine_economy(int(request.param), stated=True)


@pytest.fixture(scope="module")
def walk(economy: Economy) -> Walk:
    given = {name: getattr(economy, name) for name in ("suppliers", "buyers", "amounts")}
    return Walk.prepare(Ties.build(economy.firms, **given))


@pytest.fixture(scope="module")
def papers(economy: Economy) -> tuple[Held, Claims]:
    """Return all that the largest buyers owe, confirmed, and what everybody owes."""
    firms = economy.firms
    ends = np.asarray(economy.suppliers) * firms + np.asarray(economy.buyers)
    pairs, place = np.unique(ends, return_inverse=True)
    amounts = np.rint(np.bincount(place, economy.amounts) * OWED * 100).astype(np.int64)
    owed = np.bincount(pairs % firms, amounts, firms).astype(np.int64)
    cores = np.argsort(-owed, kind="stable")[:CORES]
    claims = Claims(pairs // firms, pairs % firms, amounts)
    return Held(cores, cores, owed[cores]), claims


@pytest.fixture(scope="module")
def credit(papers: tuple[Held, Claims]) -> tuple[Held, Debts]:
    """Return the same, laid out."""
    return papers[0], Debts.of(papers[1])


def test_ties_of_cores(benchmark: BenchmarkFixture, economy: Economy, walk: Walk) -> None:
    bought = np.bincount(economy.buyers, economy.amounts, economy.firms)
    sources = Sources.alone(np.argsort(-bought, kind="stable")[:CORES])
    run = {"tolerance": 1e-6, "threads": 2}
    found = spread_all(walk, sources, **run)
    benchmark.pedantic(spread_all, args=(walk, sources), kwargs=run, rounds=5)
    benchmark.extra_info["rounds_mean"] = round(float(found.rounds.mean()), 1)
    what = f"proximity to {CORES} cores among {economy.firms:,} firms, distance 1e-6"
    steps = sparse.csr_array((walk.ties.shares, walk.ties.buyers, walk.ties.indptr))
    steps.resize((economy.firms, economy.firms))
    few = np.argsort(-bought, kind="stable")[:TWINS].tolist()
    ours, twin = beside(
        lambda: spread_all(walk, sources, tolerance=1e-6, threads=1),
        lambda: [twins.ties(steps, core, walk.damping, 1e-6) for core in few],
        times=1,
    )
    named = f"{what}: damped rounds in SciPy, to ours, a core"
    promise(benchmark, named, twin / TWINS * CORES / ours, at_least=TIMES_WALK)
    record(benchmark, what, median_seconds(benchmark), unit="s")


def test_ties_prepared(benchmark: BenchmarkFixture, walk: Walk) -> None:
    benchmark.pedantic(Walk.prepare, args=(walk.ties,), rounds=3, warmup_rounds=1)
    assert len(walk) == len(walk.ties)


@pytest.mark.parametrize("run", [pass_each, pass_together])
def test_credit_of_cores(
    benchmark: BenchmarkFixture, economy: Economy, credit: tuple[Held, Debts], run: type
) -> None:
    found = run(*credit, TIERS)
    benchmark.pedantic(run, args=(*credit, TIERS), kwargs={"threads": 2}, rounds=9)
    benchmark.extra_info["amounts_moved"] = len(found)
    what = f"{run.__name__}: {CORES} cores, 4 tiers, {economy.firms:,} firms"
    record(benchmark, what, 1e3 * median_seconds(benchmark), unit="ms")


def test_credit_beside_the_second_reading(
    benchmark: BenchmarkFixture, economy: Economy, papers: tuple[Held, Claims]
) -> None:
    """From the same columns; what laying them out takes is not counted of either."""
    if economy.firms > READ_TWICE:
        pytest.skip("the second reading takes minutes")
    found = benchmark.pedantic(pass_on, args=(*papers, TIERS), rounds=1, warmup_rounds=1)
    held, claims = papers
    debts, listed = Debts.of(claims), processor(lambda: oracle._Debts(claims))
    ours, twin = beside(
        lambda: pass_on(held, debts, TIERS), lambda: oracle.pass_on(held, claims, TIERS), times=1
    )
    twin -= listed
    assert len(found) == len(oracle.pass_on(*papers, TIERS))
    what = f"credit of {CORES} cores, 4 tiers, {economy.firms:,} firms"
    promise(
        benchmark, f"{what}: NumPy column by column, to ours", twin / ours, at_least=TIMES_CREDIT
    )


def test_credit_of_one_core(
    benchmark: BenchmarkFixture, economy: Economy, credit: tuple[Held, Debts]
) -> None:
    held, debts = credit
    turn = iter(range(10**9))

    def refresh() -> int:
        own = slice(place := next(turn) % CORES, place + 1)
        one = Held(held.firm[own], held.core[own], held.amount_fen[own])
        return len(pass_each(one, debts, TIERS))

    benchmark.pedantic(refresh, rounds=3 * CORES, warmup_rounds=CORES)
    slow = 1e3 * float(np.percentile(benchmark.stats.stats.data, 99))
    record(benchmark, f"credit of one core afresh, {economy.firms:,} firms, p99", slow, unit="ms")
    assert refresh() > 0
