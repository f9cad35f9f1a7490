"""
All firms of an economy: the index by rounds and at its fixed point, two threads.

Where running all firms would take minutes, firms drawn at random are run and the rate is what
counts. Ratios are of one thread to one, side by side: to a literal reading in SciPy, and to the
twins of `twins.py`.
"""

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from graph import digests
from graph.contagion import (
    Observers,
    Production,
    Rules,
    Scenarios,
    bracket,
    close,
    esri,
    observe,
    prepare,
)
from graph.spread.production.cascade import _shocks as shocks_of
from graph.spread.production.kernels import esri as plain
from graph.spread.production.runs import caps
from graph.spread.production.stored import load, save
from tests.bench import twins
from tests.bench.figures import alone, beside, median_seconds, processor, promise, record
from tests.bench.literal import Literal
from tests.bench.networks import engine_economy

DRAWN = {10_000: 10_000, 100_000: 20_000, 1_000_000: 5_000}
RUNS = {10_000: 3, 100_000: 1, 1_000_000: 1}
# To the twins, one thread each; a register of 256 bits holds half of one of 512.
OF_LAID_OUT, OF_MAPPED, OF_HASHED = 1.0, 3.0, 1.5
HASHED = 100_000  # A smaller folder is mostly opening files.
TIMES_PLAIN, PLAIN_CLOSED = 30.0, {10_000: 200, 100_000: 40, 1_000_000: 6}
PLAIN_DRAWN = {10_000: 10_000, 100_000: 5_000, 1_000_000: 1_000}
OF_SOLVED = 2.0
TIMES_SETTLED, SETTLED_CLOSED = 4.0, 8
RATIO_LITERAL, LITERAL_CLOSURES = 1000, 20
REFINED = {100_000: 500, 1_000_000: 64}  # Of the top per cent, drawn at random.
RATIO_OBSERVED = 1.5
CLOSED_ONE_BY_ONE, RATIO_ONE_CLOSURE, RATIO_ONE_BRACKET = 60, 1.2, 0.2
PEAK_GB = {10_000: 0.3, 100_000: 0.7, 1_000_000: 4.0}
RUN = """
import sys
from graph.contagion import Scenarios, esri, prepare
from tests.bench.networks import engine_economy
firms = int(sys.argv[1])
production = prepare(engine_economy(firms, stated=True))
closed = Scenarios.alone(range(firms // 2, firms // 2 + 2000))
esri(production, closed, precision="single", threads=2)
"""
FIRST = """
import time
began = time.perf_counter()
import graph
imported = time.perf_counter()
from graph.contagion import Economy, Scenarios, bracket, esri, prepare
production = prepare(Economy(3, [0, 1], [1, 2], [4.0, 6.0], leakage=0.25))
esri(production, Scenarios.alone([0, 1, 2]), precision="single")
bracket(production, Scenarios.alone([0, 1, 2]))
print(imported - began, time.perf_counter() - imported)
"""
LIBRARIES = """
import time
began = time.perf_counter()
import numpy
imported = time.perf_counter()
import numba, numpy, pyarrow, scipy.sparse
print(imported - began, time.perf_counter() - imported)
"""
OF_NUMPY, OF_LIBRARIES = 0.5, 4.0


@pytest.fixture(scope="module", params=[10_000, 100_000, 1_000_000])
def firms(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture(scope="module", params=[True, False], ids=["revenue", "network"])
def production(request: pytest.FixtureRequest, firms: int) -> Production:
    return prepare(engine_economy(firms, stated=request.param))


def test_layout(benchmark: BenchmarkFixture, firms: int) -> None:
    given = engine_economy(firms, stated=True)
    benchmark.pedantic(prepare, args=(given,), rounds=3, warmup_rounds=1)
    ours, twin = beside(lambda: prepare(given), lambda: twins.laid_out(given))
    what = f"layout of {firms:,} firms from edge columns, to SciPy and one sort"
    promise(benchmark, what, ours / twin, at_most=OF_LAID_OUT)
    record(benchmark, f"layout of {firms:,} firms from edge columns", ours, unit="s")


def test_open(benchmark: BenchmarkFixture, firms: int, tmp_path: Path) -> None:
    """Digests are compared at the first opening of a process; later ones map the files."""
    folder = tmp_path / "network"
    save(prepare(engine_economy(firms, stated=True)), folder)
    benchmark.pedantic(load, args=(folder,), rounds=5, warmup_rounds=1)
    files = sorted(folder.glob("*.npy"))
    first, hashed = beside(
        lambda: load(folder, verify=True), lambda: [digests.sha256(path) for path in files]
    )
    again, mapped = beside(lambda: load(folder), lambda: twins.mapped(folder), times=9)
    what = f"a prepared network of {firms:,} firms opened"
    if firms >= HASHED:
        named = f"{what} first, to hashing its files"
        promise(benchmark, named, first / hashed, at_most=OF_HASHED)
    promise(benchmark, f"{what} again, to mapping its files", again / mapped, at_most=OF_MAPPED)
    record(benchmark, f"{what} first", first * 1e3, unit="ms")
    record(benchmark, f"{what} again", again * 1e3, unit="ms")


def test_memory(benchmark: BenchmarkFixture, firms: int) -> None:
    _, peak = benchmark.pedantic(alone, args=(RUN, str(firms)), rounds=1)
    what = f"peak memory of a run by rounds, single, {firms:,} firms, network made in it"
    promise(benchmark, what, peak, unit="GB", at_most=PEAK_GB[firms])


def test_first_call(benchmark: BenchmarkFixture) -> None:
    """In a process of its own, after the kernels were compiled at install."""
    (imported, called), _ = benchmark.pedantic(alone, args=(FIRST,), rounds=3, warmup_rounds=1)
    (numpy_alone, libraries), _ = alone(LIBRARIES)
    what = "`import graph`, to `import numpy`"
    promise(benchmark, what, float(imported) / float(numpy_alone), at_most=OF_NUMPY)
    what = "the first index by rounds and the first bracket of a new process, to importing numba"
    promise(benchmark, f"{what} and SciPy", float(called) / float(libraries), at_most=OF_LIBRARIES)
    record(benchmark, "`import graph`", float(imported) * 1e3, unit="ms")
    record(benchmark, "the first index and bracket of a new process", float(called), unit="s")


@pytest.mark.parametrize("precision", ["single", "double"])
def test_rounds(
    benchmark: BenchmarkFixture, production: Production, firms: int, precision: str
) -> None:
    rows = np.random.default_rng(3).permutation(firms)[: DRAWN[firms]]
    scenarios = Scenarios.alone(rows)
    run = {"precision": precision, "threads": 2}
    esri(production, Scenarios.alone(rows[:200]), **run)
    benchmark.pedantic(esri, args=(production, scenarios), kwargs=run, rounds=RUNS[firms])
    what = f"index by rounds, {precision}, {firms:,} firms, {production.denominators} denominators"
    record(benchmark, what, len(rows) / median_seconds(benchmark), unit="firms/s")


def test_rounds_beside_the_plain_loop(
    benchmark: BenchmarkFixture, production: Production, firms: int
) -> None:
    rows = np.random.default_rng(3).permutation(firms)[: PLAIN_DRAWN[firms]]
    few = rows[: PLAIN_CLOSED[firms]]
    run = {"precision": "single", "threads": 1}
    found = esri(production, Scenarios.alone(few), **run).total
    np.testing.assert_allclose(found, twins.closed(production, few), rtol=1e-5)

    def both() -> tuple[float, float]:
        ours = processor(lambda: esri(production, Scenarios.alone(rows), **run))
        return ours / len(rows), processor(lambda: twins.closed(production, few)) / len(few)

    ours, twin = benchmark.pedantic(both, rounds=1)
    what = f"index by rounds, single, {firms:,} firms, {production.denominators} denominators"
    promise(benchmark, f"{what}, to a plain compiled loop", twin / ours, at_least=TIMES_PLAIN)


def test_fixed_point(benchmark: BenchmarkFixture, firms: int) -> None:
    production = prepare(engine_economy(firms, stated=True))
    everybody = Scenarios.alone(np.arange(firms))
    found = bracket(production, everybody, threads=2)

    def anew(threads: int) -> None:
        bracket(replace(production), everybody, threads=threads)  # A copy begins without solves.

    benchmark.pedantic(anew, args=(2,), rounds=3)
    benchmark.extra_info["iterated_to_the_end"] = int(found.exact.sum())
    benchmark.extra_info["width_median"] = round(float(np.median(found.width)), 3)
    ours, twin = beside(lambda: anew(1), lambda: twins.costs(production))
    what = f"index at the fixed point, bracketed, all of {firms:,} firms"
    promise(benchmark, f"{what}, to its two solves in SciPy", ours / twin, at_most=OF_SOLVED)
    record(benchmark, what, firms / median_seconds(benchmark), unit="firms/s")


def test_top_percent_refined(benchmark: BenchmarkFixture, firms: int) -> None:
    """Beside a plain loop of the same rounds until nothing moves by a thousandth of the index."""
    if firms not in REFINED:
        pytest.skip("too few to tell")
    production = prepare(engine_economy(firms, stated=True))
    everybody = bracket(production, Scenarios.alone(np.arange(firms)), threads=2)
    top = np.argsort(-everybody.total)[: firms // 100]
    drawn = np.random.default_rng(3).permutation(top)[: REFINED[firms]]
    few = drawn[:SETTLED_CLOSED]

    def both() -> tuple[float, float]:
        scenarios = Scenarios.alone(drawn)
        ours = processor(lambda: bracket(production, scenarios, width=1e-3, threads=1))
        plainly = processor(lambda: twins.closed(production, few, tolerance=1e-6))
        return ours / len(drawn), plainly / len(few)

    ours, twin = benchmark.pedantic(both, rounds=1)
    what = f"one of the top 1 % of {firms:,} firms bracketed to 1e-3"
    named = f"{what}, to a plain compiled loop to rest"
    promise(benchmark, named, twin / ours, at_least=TIMES_SETTLED)
    record(benchmark, what, ours * 1e3, unit="ms")


@pytest.mark.parametrize("stated", [True, False], ids=["revenue", "network"])
@pytest.mark.parametrize("size", [10_000, 100_000])
def test_ratio_to_the_literal(benchmark: BenchmarkFixture, size: int, *, stated: bool) -> None:
    given = engine_economy(size, stated=stated)
    production = prepare(given)
    rows = np.random.default_rng(3).permutation(size)[: DRAWN[size]]
    literal = Literal(given, production)
    esri(production, Scenarios.alone(rows[:200]), precision="single")
    few = rows[:LITERAL_CLOSURES]
    literal_seconds = processor(lambda: [literal.close(row) for row in few]) / LITERAL_CLOSURES
    run = {"precision": "single", "threads": 1}
    ours = benchmark.pedantic(
        lambda: processor(lambda: esri(production, Scenarios.alone(rows), **run)), rounds=1
    )
    ratio = literal_seconds / (ours / len(rows))
    benchmark.extra_info["ms_a_literal_closure"] = round(literal_seconds * 1e3, 2)
    what = f"ratio to a literal SciPy reading, {size:,} firms, {production.denominators}, one core"
    promise(benchmark, what, ratio, at_least=RATIO_LITERAL)


def test_observers_in_the_same_run(benchmark: BenchmarkFixture) -> None:
    """The loss of either end of every trade, and of all firms when a core fails."""
    firms, cores = 100_000, 100
    given = engine_economy(firms, stated=True)
    production = prepare(given)
    rows = np.random.default_rng(3).permutation(firms)[:20_000]
    ends = np.asarray(given.suppliers), np.asarray(given.buyers)
    partners = np.concatenate([np.stack(ends, axis=1), np.stack(ends[::-1], axis=1)])
    partners = np.unique(partners, axis=0)
    first, last = (np.searchsorted(partners[:, 0], rows, side) for side in ("left", "right"))
    everybody = np.arange(firms)
    seen = [
        everybody if at < cores else partners[f:e, 1]
        for at, (f, e) in enumerate(zip(first, last, strict=True))
    ]
    offsets = np.concatenate([[0], np.cumsum([len(each) for each in seen])])
    observers = Observers(offsets, np.concatenate(seen))
    scenarios = Scenarios.alone(rows)
    esri(production, Scenarios.alone(rows[:200]), threads=2)
    began = time.perf_counter()
    esri(production, scenarios, threads=2)
    alone = time.perf_counter() - began
    run = {"threads": 2}
    benchmark.pedantic(observe, args=(production, scenarios, observers), kwargs=run, rounds=1)
    benchmark.extra_info["losses_observed"] = len(observers.rows)
    what = "index and losses of trading partners and chains, to the index alone, 100,000 firms"
    promise(benchmark, what, median_seconds(benchmark) / alone, at_most=RATIO_OBSERVED)


@pytest.mark.parametrize("size", [10_000, 100_000])
def test_one_closure_beside_the_plain_loop(benchmark: BenchmarkFixture, size: int) -> None:
    """A user closes one firm: what it takes beside a plain loop over the same rounds."""
    production = prepare(engine_economy(size, stated=True))
    rows = np.random.default_rng(1).permutation(size)[:CLOSED_ONE_BY_ONE].tolist()
    shocks = [shocks_of(production, Scenarios.together([row])) for row in rows]

    def ours() -> list[float]:
        return [processor(lambda row=row: close(production, [row])) for row in rows]

    def plainly() -> list[float]:
        rules = Rules()
        ends = rules.tolerance, rules.rounds_max, False
        return [
            processor(lambda s=s: plain.settle(production.structure, *caps(size, s, 0), *ends))
            for s in shocks
        ]

    ours(), plainly()  # Compiled, and their pages touched.
    found, twin = benchmark.pedantic(lambda: (ours(), plainly()), rounds=1)
    for share in (50, 90):
        ratio = np.percentile(found, share) / np.percentile(twin, share)
        what = f"one closure to a plain loop over the same rounds, {size:,} firms, p{share}"
        promise(benchmark, what, float(ratio), at_most=RATIO_ONE_CLOSURE)


@pytest.mark.parametrize("size", [10_000, 100_000])
def test_one_bracket_beside_the_solves(benchmark: BenchmarkFixture, size: int) -> None:
    """The bracket of one firm, after the first: the network's solves are kept."""
    given = engine_economy(size, stated=True)
    production, fresh = prepare(given), prepare(given)
    rows = np.random.default_rng(1).permutation(size)[:CLOSED_ONE_BY_ONE].tolist()
    bracket(production, Scenarios.alone([0]))
    first = processor(lambda: bracket(fresh, Scenarios.alone([0])))

    def each() -> float:
        times = [
            processor(lambda row=row: bracket(production, Scenarios.alone([row]))) for row in rows
        ]
        return float(np.median(times))

    one = benchmark.pedantic(each, rounds=1)
    benchmark.extra_info["ms_the_first"] = round(first * 1e3, 2)
    what = f"one firm's bracket to the first of a network, {size:,} firms, median"
    promise(benchmark, what, one / first, at_most=RATIO_ONE_BRACKET)
