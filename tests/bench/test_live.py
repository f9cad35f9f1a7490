"""
One trade, exposure or firm changed: all indices refreshed, at a tolerance of a thousandth.

Time is that of the thread: what else runs there should not count. Trades are drawn at random from
all trades, so hubs stand in proportion to theirs. A call is held against what is compiled of it,
and against solving all again, change by change in turns.
"""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from graph.contagion import Economy
from graph.live import Claims, Live, Refresh
from graph.stress.live.lending import LendingChannel
from graph.stress.live.quick import Quick
from graph.stress.live.trading import Trading
from tests.bench.figures import promise, record
from tests.bench.networks import engine_economy

CHANGES = 1000
OWED = 0.15  # Of a year's trade.
OF_COMPILED = 3.0
OF_SOLVING = {10_000: 0.1, 100_000: 1 / 60, 1_000_000: 1 / 250}  # The 99th of 100 changes.


@pytest.fixture(scope="module", params=[10_000, 100_000, 1_000_000])
def economy(request: pytest.FixtureRequest) -> Economy:
    return engine_economy(int(request.param), stated=True)


@pytest.fixture(scope="module")
def claims(economy: Economy) -> Claims:
    revenue = np.asarray(economy.revenue)
    equity = np.maximum(1.0, revenue * np.random.default_rng(5).uniform(0.1, 0.4, economy.firms))
    owed = np.asarray(economy.amounts) * OWED
    return Claims(equity, economy.suppliers, economy.buyers, owed, weights=revenue)


@pytest.fixture(scope="module")
def twins(economy: Economy, claims: Claims) -> tuple[Live, Live]:
    """Return two of the same: one is changed by calls, the other by what is compiled of them."""
    return Live.build(economy, claims, threads=2), Live.build(economy, claims, threads=2)


def seconds(run: Callable[..., Any], *arguments: Any) -> float:
    began = time.thread_time()
    run(*arguments)
    return time.thread_time() - began


def measured(
    benchmark: BenchmarkFixture,
    economy: Economy,
    what: str,
    calls: tuple[Callable[[int], Refresh], Callable[[int], Any]],
    solving: float,
) -> None:
    chosen = np.random.default_rng(3).integers(0, len(np.asarray(economy.suppliers)), CHANGES)
    for e in chosen[:20].tolist():
        for call in calls:
            call(e)

    def run() -> list[tuple[float, float]]:
        return [(seconds(calls[0], e), seconds(calls[1], e)) for e in rest]

    rest = chosen[20:].tolist()
    called, compiled = np.array(benchmark.pedantic(run, rounds=1)).T
    ratio = float(np.median(called) / np.median(compiled))
    named = f"{what} of {economy.firms:,} firms changed"
    promise(benchmark, f"{named}: the call to what is compiled of it", ratio, at_most=OF_COMPILED)
    p99 = float(np.percentile(called, 99))
    of_solving = {"at_most": OF_SOLVING[economy.firms]}
    promise(benchmark, f"{named}, p99, to solving anew", p99 / solving, **of_solving)
    record(benchmark, f"{named}, median", float(np.median(called)) * 1e6, unit="us")
    record(benchmark, f"{named}, p99", p99 * 1e6, unit="us")


def columns(economy: Economy) -> tuple[list[int], list[int], list[float]]:
    ends = np.asarray(economy.suppliers).tolist(), np.asarray(economy.buyers).tolist()
    return *ends, np.asarray(economy.amounts).tolist()


def test_trade(benchmark: BenchmarkFixture, economy: Economy, twins: tuple[Live, Live]) -> None:
    suppliers, buyers, amounts = columns(economy)
    live, other = twins
    quick = Quick(other._state, other._telling.told)

    def change(e: int) -> Refresh:
        return live.change_trade(suppliers[e], buyers[e], amounts[e] * 1.5)

    def compiled(e: int) -> Any:
        return quick.trade(suppliers[e], buyers[e], amounts[e] * 1.5, -1)

    anew = Trading.of(economy, tolerance=1e-3, slack=0.02, replaceability=True)
    measured(benchmark, economy, "a trade", (change, compiled), seconds(lambda: solve_alone(anew)))
    assert not live.due


def test_exposure(
    benchmark: BenchmarkFixture, economy: Economy, claims: Claims, twins: tuple[Live, Live]
) -> None:
    suppliers, buyers, amounts = columns(economy)
    live, other = twins
    quick = Quick(other._state, other._telling.told)

    def change(e: int) -> Refresh:
        return live.change_exposure(suppliers[e], buyers[e], amounts[e] * OWED * 1.5)

    def compiled(e: int) -> Any:
        return quick.exposure(suppliers[e], buyers[e], amounts[e] * OWED * 1.5)

    anew = LendingChannel.of(claims, tolerance=1e-3)
    measured(benchmark, economy, "an exposure", (change, compiled), seconds(lambda: anew.solve(1)))
    assert not live.due


def solve_alone(trading: Trading) -> None:
    """Solve both channels in the thread whose time is taken."""
    trading.orders.solve(lags=False)
    trading.inputs.solve(lags=True)
