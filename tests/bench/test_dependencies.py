"""
Single points of failure around cores, and risk on dependence, 100,000 firms, one thread.

Points are held against networkx finding the immediate dominators of the same region, from which
its articulations are read.
"""

from collections.abc import Callable
from typing import Any

import networkx as nx
import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from graph.dependence import Dealings, Dependence, Links, chains, dependence
from graph.single_points import (
    Region,
    Supply,
    around,
    articulations,
    cut_firms,
    cut_trades,
    region,
    shared,
)
from tests.bench.figures import median_seconds, processor, promise, record
from tests.bench.networks import engine_economy

FIRMS = 100_000
CORES = 160  # The largest buyers; every tenth is measured.
POINTS: dict[str, Callable[[Region], object]] = {
    "articulations": articulations,
    "common suppliers": shared,
    "least cut in money": cut_trades,
    "fewest firms of a cut": cut_firms,
}
OF_NETWORKX = 0.5


@pytest.fixture(scope="module")
def trades() -> tuple[Any, Any, Any]:
    economy = engine_economy(FIRMS, stated=False)
    whole = np.maximum(1, np.round(economy.amounts)).astype(np.int64)
    return economy.suppliers, economy.buyers, whole


@pytest.fixture(scope="module")
def supply(trades: tuple[Any, Any, Any]) -> Supply:
    suppliers, buyers, amount_fen = trades
    return Supply.build(FIRMS, suppliers=suppliers, buyers=buyers, amount_fen=amount_fen)


@pytest.fixture(scope="module")
def largest(supply: Supply) -> list[int]:
    rows: list[int] = np.argsort(-np.diff(supply.bought.indptr), kind="stable")[:CORES].tolist()
    return rows


@pytest.fixture(scope="module")
def upstream(supply: Supply, largest: list[int]) -> Region:
    return region(supply, largest[0])


@pytest.fixture(scope="module")
def dominated(upstream: Region) -> float:
    """Return the seconds that networkx takes for the dominators of the region."""
    bought = upstream.trades.bought
    buyers = np.repeat(np.arange(len(upstream.firm_rows)), np.diff(bought.indptr))
    graph = nx.DiGraph(zip(buyers.tolist(), bought.others.tolist(), strict=True))
    return processor(lambda: nx.immediate_dominators(graph, 0))


@pytest.mark.parametrize("name", POINTS)
def test_points(benchmark: BenchmarkFixture, upstream: Region, dominated: float, name: str) -> None:
    find = POINTS[name]
    benchmark.pedantic(find, args=(upstream,), rounds=3, warmup_rounds=1)
    what = f"{name} of the largest core of {FIRMS:,} firms"
    ratio = processor(lambda: find(upstream)) / dominated
    promise(benchmark, f"{what}, to dominators by networkx", ratio, at_most=OF_NETWORKX)
    record(benchmark, what, median_seconds(benchmark), unit="s")


def test_around(benchmark: BenchmarkFixture, supply: Supply, largest: list[int]) -> None:
    chosen = largest[:: CORES // 16]

    def every() -> None:
        for row in chosen:
            around(supply, row)

    benchmark.pedantic(every, rounds=1, warmup_rounds=0)
    mean = median_seconds(benchmark) / len(chosen)
    what = f"all single points around one of the {CORES} largest cores, mean"
    record(benchmark, what, mean, unit="s")


@pytest.fixture(scope="module")
def dealings(trades: tuple[Any, Any, Any]) -> Dealings:
    suppliers, buyers, amount_fen = trades
    owed = (amount_fen * np.random.default_rng(1).uniform(0, 0.4, len(amount_fen))).astype(np.int64)
    return Dealings(suppliers, buyers, amount_fen, owed, 0.3)


@pytest.fixture(scope="module")
def equity_fen(trades: tuple[Any, Any, Any]) -> Any:
    suppliers, _, amount_fen = trades
    part = np.random.default_rng(2).uniform(0, 0.5, FIRMS)
    return (np.bincount(suppliers, amount_fen, FIRMS) * part).astype(np.int64)


@pytest.fixture(scope="module")
def risk(equity_fen: Any, dealings: Dealings) -> tuple[Links, Any, Any, Dependence]:
    random = np.random.default_rng(3)
    ref = random.uniform(0.003, 0.1, FIRMS)
    now = np.minimum(1.0, ref * np.exp(random.standard_normal(FIRMS)))
    links = Links.build(equity_fen, dealings)
    return links, now, ref, dependence(links, now, ref)


def test_links(benchmark: BenchmarkFixture, equity_fen: Any, dealings: Dealings) -> None:
    benchmark.pedantic(Links.build, args=(equity_fen, dealings), rounds=5, warmup_rounds=1)
    what = f"links of {FIRMS:,} firms"
    record(benchmark, what, median_seconds(benchmark), unit="s")


def test_dependence(benchmark: BenchmarkFixture, risk: tuple[Links, Any, Any, Dependence]) -> None:
    benchmark.pedantic(dependence, args=risk[:3], rounds=5)
    what = f"risk on dependence of {FIRMS:,} firms"
    record(benchmark, what, median_seconds(benchmark), unit="s")


def test_chains(benchmark: BenchmarkFixture, risk: tuple[Links, Any, Any, Dependence]) -> None:
    benchmark.pedantic(chains, args=risk[3:], rounds=5, warmup_rounds=1)
    what = f"the three chains that carry most to each of {FIRMS:,} firms"
    record(benchmark, what, median_seconds(benchmark), unit="s")
