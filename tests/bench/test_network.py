"""
How long a large network takes to build, open and walk, and what memory it needs.

Sizes come from the environment: DEEPTIER_BENCH_FIRMS (a million), DEEPTIER_BENCH_TRADES (ten
million). Every firm sells to about ten others; buyers and amounts have heavy tails, and nothing is
local, so that four tiers reach a third of all firms: the hard case. Peak memory is the process's.
"""

import os
import resource
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from graph.chains import belonging, find_chains
from graph.network import Network

FIRMS = int(os.environ.get("DEEPTIER_BENCH_FIRMS", "1000000"))
TRADES = int(os.environ.get("DEEPTIER_BENCH_TRADES", "10000000"))
CORES = 100
TIERS = 4


def heavy_tailed(firms: int, trades: int) -> tuple[pa.Table, pa.Table]:
    """Return firms and trades whose degrees and amounts both have heavy tails, rows mixed."""
    random = np.random.default_rng(11)
    rank = random.permutation(firms)
    supplier = random.integers(0, firms, trades)
    buyer = rank[(firms * random.random(trades) ** 3).astype(np.int64)]
    amount = np.exp(random.normal(11, 2.5, trades)).astype(np.int64) + 1
    ids = pa.array([f"F{i:08}" for i in range(firms)])
    columns = {"supplier": ids.take(supplier), "buyer": ids.take(buyer), "amount_fen": amount}
    return pa.table({"firm": ids}), pa.table(columns)


@pytest.fixture(scope="module")
def tables() -> tuple[pa.Table, pa.Table]:
    return heavy_tailed(FIRMS, TRADES)


@pytest.fixture(scope="module")
def network(tables: tuple[pa.Table, pa.Table]) -> Network:
    return Network.build(*tables)


def largest(network: Network, count: int) -> npt.NDArray[np.int64]:
    return np.sort(np.argsort(-network.purchases_fen, kind="stable")[:count])


def peak_gb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def test_build(benchmark: BenchmarkFixture, tables: tuple[pa.Table, pa.Table]) -> None:
    Network.build(tables[0].slice(0, 1), tables[1].slice(0, 0))  # Compiles.
    network = benchmark.pedantic(Network.build, args=tables, rounds=3)
    benchmark.extra_info |= {"firms": FIRMS, "edges": network.edges, "peak_gb": peak_gb()}


def test_open(benchmark: BenchmarkFixture, network: Network, tmp_path: Path) -> None:
    network.save(tmp_path / "1")
    opened = benchmark.pedantic(Network.open, args=(tmp_path / "1",), rounds=10)
    benchmark.extra_info |= {"firms": len(opened), "edges": opened.edges}


def test_chains_of_cores(benchmark: BenchmarkFixture, network: Network) -> None:
    cores = largest(network, CORES)
    find_chains(network, cores[:1], tiers_max=1)
    found = benchmark.pedantic(
        find_chains, args=(network, cores), kwargs={"tiers_max": TIERS}, rounds=3
    )
    benchmark.extra_info |= {"members": len(found), "tiers": TIERS, "peak_gb": peak_gb()}


def test_belonging(benchmark: BenchmarkFixture) -> None:
    network = Network.build(*heavy_tailed(100_000, 1_000_000))
    cores = largest(network, 1000)
    belonging(network, cores[:1])
    found = benchmark.pedantic(belonging, args=(network, cores), rounds=1)
    benchmark.extra_info |= {"cores": len(cores), "entries": len(found.share_e12)}
