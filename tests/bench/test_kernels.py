"""Kernels against the machine: bytes a second of a round in a batch, and of a STREAM triad."""

import time
from collections.abc import Callable

import numba as nb
import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from graph.contagion import prepare
from graph.spread.production.kernels import batch
from graph.spread.production.runs import CascadeRunner, Rules
from tests.bench.figures import promise
from tests.bench.networks import engine_economy

SHARES = {10_000: 1.0, 100_000: 0.9, 1_000_000: 0.75}
TRIAD = 1 << 26  # Doubles in each of its three arrays: far beyond every cache.
FLOAT, INDEX = 4, 8  # Bytes of a single, and of a trade's or firm's own columns.


@nb.njit(cache=True)
def triad(out: np.ndarray, one: np.ndarray, other: np.ndarray, scale: float) -> None:
    """Write one + scale * other."""
    for i in range(len(out)):
        out[i] = one[i] + scale * other[i]


def best(run: Callable[[], object], times: int = 5) -> float:
    """Return the shortest of some runs, in seconds."""
    shortest = np.inf
    for _ in range(times):
        began = time.perf_counter()
        run()
        shortest = min(shortest, time.perf_counter() - began)
    return shortest


@pytest.mark.parametrize("firms", [10_000, 100_000, 1_000_000])
def test_share_of_the_triad(benchmark: BenchmarkFixture, firms: int) -> None:
    production = prepare(engine_economy(firms, stated=True))
    structure = production.structure
    columns = batch.workspace(structure, CascadeRunner(production, Rules()).weights, np.float32)
    width = columns.lost.shape[1]
    for losses in (columns.passed, *columns.missed):
        losses[:] = np.random.default_rng(3).random(width, np.float32) * 1e-3
    run = (structure, columns)
    batch.pull(*run)
    one, other, out = np.ones(TRIAD), np.ones(TRIAD), np.ones(TRIAD)
    triad(out, one, other, 0.5)
    bandwidth = 3 * 8 * TRIAD / best(lambda: triad(out, one, other, 0.5))
    benchmark.pedantic(batch.pull, args=run, rounds=5)
    trades = len(structure.out_buyers)
    moved = 2 * (trades + firms) * (FLOAT * width + INDEX)
    reached = moved / benchmark.stats.stats.min
    benchmark.extra_info["gb_a_second"] = round(reached / 1e9, 1)
    benchmark.extra_info["triad_gb_a_second"] = round(bandwidth / 1e9, 1)
    what = f"a round of {width} columns as a share of STREAM triad, {firms:,} firms, one core"
    promise(benchmark, what, reached / bandwidth, at_least=SHARES[firms])
