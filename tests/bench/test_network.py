"""
How long a large network takes to build, open and walk, and what memory it needs.

Sizes come from the environment: DEEPTIER_BENCH_FIRMS (a million), DEEPTIER_BENCH_TRADES (ten
million). Every firm sells to about ten others; buyers and amounts have heavy tails, and nothing is
local, so that four tiers reach a third of all firms: the hard case.
"""

import os
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from graph.chains import belonging, find_chains
from graph.network import Network
from tests.bench.figures import alone, median_seconds, promise, record

FIRMS = int(os.environ.get("DEEPTIER_BENCH_FIRMS", "1000000"))
TRADES = int(os.environ.get("DEEPTIER_BENCH_TRADES", "10000000"))
CORES = 100
TIERS = 4
SCRIPT = """
import sys
import numpy as np, pyarrow as pa
from pathlib import Path
from graph.chains import find_chains
from graph.network import Network

firms, trades = (pa.ipc.open_file(pa.memory_map(path)).read_all() for path in sys.argv[1:3])
network = Network.build(firms, trades)
network.save(Path(sys.argv[3]))
del firms, trades, network
network = Network.open(Path(sys.argv[3]))
cores = np.sort(np.argsort(-network.purchases_fen, kind="stable")[:int(sys.argv[4])])
print(len(find_chains(network, cores, tiers_max=int(sys.argv[5]))))
"""


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


def test_build(benchmark: BenchmarkFixture, tables: tuple[pa.Table, pa.Table]) -> None:
    Network.build(tables[0].slice(0, 1), tables[1].slice(0, 0))  # Compiles.
    network = benchmark.pedantic(Network.build, args=tables, rounds=3)
    benchmark.extra_info |= {"firms": FIRMS, "edges": network.edges}
    seconds = median_seconds(benchmark)
    record(benchmark, "network of 1M firms, 10M trades: build", seconds, unit="s")


def test_open(benchmark: BenchmarkFixture, network: Network, tmp_path: Path) -> None:
    network.save(tmp_path / "1")
    opened = benchmark.pedantic(Network.open, args=(tmp_path / "1",), rounds=10)
    benchmark.extra_info |= {"firms": len(opened), "edges": opened.edges}
    milliseconds = 1000 * median_seconds(benchmark)
    record(benchmark, "network of 1M firms, 10M trades: open", milliseconds, unit="ms")


def test_chains_of_cores(benchmark: BenchmarkFixture, network: Network) -> None:
    cores = largest(network, CORES)
    find_chains(network, cores[:1], tiers_max=1)
    found = benchmark.pedantic(
        find_chains, args=(network, cores), kwargs={"tiers_max": TIERS}, rounds=5, warmup_rounds=1
    )
    benchmark.extra_info |= {"cores": CORES, "members": len(found), "tiers": TIERS}
    seconds = median_seconds(benchmark)
    record(
        benchmark,
        "network of 1M firms, 10M trades: chains of 100 cores, 4 tiers",
        seconds,
        unit="s",
    )


def test_memory(
    benchmark: BenchmarkFixture, tables: tuple[pa.Table, pa.Table], tmp_path: Path
) -> None:
    files = [tmp_path / "firms.arrow", tmp_path / "trades.arrow"]
    for path, table in zip(files, tables, strict=True):
        with pa.ipc.new_file(path, table.schema) as file:
            file.write_table(table)
    arguments = (*files, tmp_path / "network", str(CORES), str(TIERS))

    _, peak = benchmark.pedantic(alone, args=(SCRIPT, *arguments), rounds=1)

    what = "network of 1M firms, 10M trades: peak memory, build, save, open, chains"
    promise(benchmark, what, peak, unit="GB", at_most=2.5)


def test_belonging(benchmark: BenchmarkFixture) -> None:
    network = Network.build(*heavy_tailed(100_000, 1_000_000))
    cores = largest(network, 1000)
    belonging(network, cores[:1])
    found = benchmark.pedantic(belonging, args=(network, cores), rounds=1)
    benchmark.extra_info |= {"cores": len(cores), "entries": len(found.share_e12)}
