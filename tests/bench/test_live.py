"""
One trade, exposure or firm changed: all indices refreshed, at a tolerance of a thousandth.

Time is that of the thread: the target is for a quiet machine, and what else runs there should not
count. Trades are drawn at random from all trades, so hubs stand in proportion to theirs.
"""

import time
from collections.abc import Callable

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from graph.contagion import Economy
from graph.live import Claims, Live, Refresh
from tests.bench.figures import promise
from tests.bench.networks import engine_economy

CHANGES = 1000
P99_MS = {10_000: 1.0, 100_000: 1.0, 1_000_000: 5.0}
OWED = 0.15  # Of a year's trade.


@pytest.fixture(scope="module", params=[10_000, 100_000, 1_000_000])
def economy(request: pytest.FixtureRequest) -> Economy:
    return engine_economy(int(request.param), stated=True)


@pytest.fixture(scope="module")
def live(economy: Economy) -> Live:
    revenue = np.asarray(economy.revenue)
    equity = np.maximum(1.0, revenue * np.random.default_rng(5).uniform(0.1, 0.4, economy.firms))
    owed = np.asarray(economy.amounts) * OWED
    claims = Claims(equity, economy.suppliers, economy.buyers, owed, weights=revenue)
    return Live.build(economy, claims, threads=2)


def measured(
    benchmark: BenchmarkFixture, economy: Economy, what: str, change: Callable[[int], Refresh]
) -> None:
    chosen = np.random.default_rng(3).integers(0, len(np.asarray(economy.suppliers)), CHANGES)
    for e in chosen[:20]:
        change(int(e))
    spent = []

    def run() -> list[Refresh]:
        found = []
        for e in chosen[20:]:
            start = time.thread_time()
            found.append(change(int(e)))
            spent.append(time.thread_time() - start)
        return found

    found = benchmark.pedantic(run, rounds=1)
    p50, p99 = np.percentile(spent, [50, 99]) * 1e3
    benchmark.extra_info["p50_ms"] = round(float(p50), 3)
    benchmark.extra_info["pushes"] = round(float(np.mean([each.pushes for each in found])), 1)
    benchmark.extra_info["error"] = found[-1].error
    named = f"{what} of {economy.firms:,} firms changed, p99"
    promise(benchmark, named, float(p99), unit="ms", at_most=P99_MS[economy.firms])


def test_trade(benchmark: BenchmarkFixture, economy: Economy, live: Live) -> None:
    suppliers, buyers, amounts = (
        np.asarray(each) for each in (economy.suppliers, economy.buyers, economy.amounts)
    )

    def change(e: int) -> Refresh:
        return live.change_trade(int(suppliers[e]), int(buyers[e]), float(amounts[e]) * 1.5)

    measured(benchmark, economy, "a trade", change)
    assert not live.due


def test_exposure(benchmark: BenchmarkFixture, economy: Economy, live: Live) -> None:
    suppliers, buyers, amounts = (
        np.asarray(each) for each in (economy.suppliers, economy.buyers, economy.amounts)
    )

    def change(e: int) -> Refresh:
        amount = float(amounts[e]) * OWED * 1.5
        return live.change_exposure(int(suppliers[e]), int(buyers[e]), amount)

    measured(benchmark, economy, "an exposure", change)
    assert not live.due
