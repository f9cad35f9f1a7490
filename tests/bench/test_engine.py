"""
All firms of an economy: the index by rounds and at its fixed point, two threads.

Where running all firms would take minutes, firms drawn at random are run and the rate is what
counts. The ratio to a literal reading in SciPy is taken in test_contagion.py, side by side.
"""

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from graph.contagion import Production, Scenarios, bracket, esri, prepare
from tests.bench.figures import median_seconds, promise
from tests.bench.networks import engine_economy

DRAWN = {10_000: 10_000, 100_000: 20_000, 1_000_000: 4_000}
# Firms a second in single precision, with revenue and with sales inside as denominators.
RATES = {
    10_000: {True: 10_000 / 0.13, False: 10_000 / 0.25},
    100_000: {True: 10_000, False: 100_000 / 29},
    1_000_000: {True: 1_200, False: 400},
}
PREPARE_SECONDS = {100_000: 0.1, 1_000_000: 1.5}
RATE_FIXED_POINT = 500_000


@pytest.fixture(scope="module", params=[10_000, 100_000, 1_000_000])
def firms(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture(scope="module", params=[True, False], ids=["revenue", "network"])
def production(request: pytest.FixtureRequest, firms: int) -> Production:
    return prepare(engine_economy(firms, stated=request.param))


def test_layout(benchmark: BenchmarkFixture, firms: int) -> None:
    given = engine_economy(firms, stated=True)
    benchmark.pedantic(prepare, args=(given,), rounds=3, warmup_rounds=1)
    if firms in PREPARE_SECONDS:
        what, most = f"layout of {firms:,} firms from edge columns", PREPARE_SECONDS[firms]
        promise(benchmark, what, median_seconds(benchmark), unit="s", at_most=most)


@pytest.mark.parametrize("precision", ["single", "double"])
def test_rounds(
    benchmark: BenchmarkFixture, production: Production, firms: int, precision: str
) -> None:
    rows = np.random.default_rng(3).permutation(firms)[: DRAWN[firms]]
    scenarios = Scenarios.alone(rows)
    run = {"precision": precision, "threads": 2}
    esri(production, Scenarios.alone(rows[:200]), **run)
    benchmark.pedantic(esri, args=(production, scenarios), kwargs=run, rounds=3)
    stated = production.denominators == "stated"
    rate = RATES[firms][stated] / (1.0 if precision == "single" else 2.2)
    what = f"index by rounds, {precision}, {firms:,} firms, {production.denominators} denominators"
    reached = len(rows) / median_seconds(benchmark)
    promise(benchmark, what, reached, unit="firms/s", at_least=rate)


def test_fixed_point(benchmark: BenchmarkFixture, firms: int) -> None:
    production = prepare(engine_economy(firms, stated=True))
    everybody = Scenarios.alone(np.arange(firms))
    found = bracket(production, everybody, threads=2)
    run = {"threads": 2}
    benchmark.pedantic(bracket, args=(production, everybody), kwargs=run, rounds=3)
    benchmark.extra_info["iterated_to_the_end"] = int(found.exact.sum())
    benchmark.extra_info["width_median"] = round(float(np.median(found.width)), 3)
    what = f"index at the fixed point, bracketed, all of {firms:,} firms"
    reached = firms / median_seconds(benchmark)
    promise(benchmark, what, reached, unit="firms/s", at_least=RATE_FIXED_POINT)
