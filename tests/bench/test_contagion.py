"""
What one closure costs: the frontier, the plain kernel, and a literal SciPy form, in one run.

The economy has heavy tails in degrees and amounts, 64 sectors that each buy from about a dozen,
a fifth of the firms sell to nobody, and 15 to 60 % of revenue goes to final demand. Firms are
drawn at random, the same for every form; `ms_a_closure` is the figure to read.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from graph.contagion import Economy, Production, Rules, Scenarios, esri, losses, prepare
from graph.spread.production.kernels import esri as plain
from graph.spread.production.runs import caps
from tests.bench import twins
from tests.bench.figures import processor, promise, record
from tests.bench.literal import Literal

SECTORS = 64
TRADES_A_FIRM = 8
TOLERANCE = 0.01
TIMES_PLAIN, TIMES_LITERAL = 8.0, 100.0  # One thread each.
IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]


def economy(firms: int) -> Economy:
    """Return a heavy-tailed economy, the same for the same size."""
    random = np.random.default_rng(7)
    sectors = random.choice(SECTORS, firms, p=random.dirichlet(np.full(SECTORS, 1.2)))
    out_size, in_size = (
        np.exp(0.9 * random.standard_normal(firms)) * (1 + random.pareto(1.4, firms) * tail)
        for tail in random.random((2, firms)) < 0.12
    )
    out_size *= random.random(firms) > 0.2
    buyers = np.repeat(
        np.arange(firms), random.multinomial(TRADES_A_FIRM * firms, in_size / in_size.sum())
    )
    technology = random.dirichlet(np.full(SECTORS, 0.2), SECTORS) + 1e-9
    suppliers = np.empty_like(buyers)
    for sector in range(SECTORS):
        buying = sectors[buyers] == sector
        pull = technology[sector][sectors] * out_size
        suppliers[buying] = random.choice(firms, int(buying.sum()), p=pull / pull.sum())
    amounts = np.exp(1.2 * random.standard_normal(len(buyers))) * np.sqrt(
        out_size[suppliers] * in_size[buyers]
    )
    sales = np.bincount(suppliers, amounts, firms)
    kinds = random.choice([0, 1, 2], (SECTORS, SECTORS), p=[0.55, 0.2, 0.25])
    return Economy(
        firms,
        suppliers,
        buyers,
        amounts,
        kinds[sectors[suppliers], sectors[buyers]],
        sectors,
        revenue=np.maximum(sales, 1.0) / (1 - random.uniform(0.15, 0.6, firms)),
    )


@pytest.fixture(scope="module", params=[10_000, 100_000])
def network(request: pytest.FixtureRequest) -> tuple[Economy, Production]:
    found = economy(request.param)
    return found, prepare(found)


def drawn(production: Production, count: int) -> IntArray:
    return np.random.default_rng(3).choice(len(production), count, replace=False)


def measure(
    benchmark: BenchmarkFixture, run: Callable[[], object], *, closures: int, rounds: int = 3
) -> None:
    benchmark.pedantic(run, rounds=rounds, warmup_rounds=1)
    median_ms = benchmark.stats.stats.median / closures * 1000
    benchmark.extra_info["ms_a_closure"] = round(median_ms, 3)


def test_prepare(benchmark: BenchmarkFixture, network: tuple[Economy, Production]) -> None:
    benchmark.pedantic(prepare, args=(network[0],), rounds=3)


@pytest.mark.parametrize("threads", [1, 2])
def test_frontier(
    benchmark: BenchmarkFixture, network: tuple[Economy, Production], threads: int
) -> None:
    scenarios = Scenarios.alone(drawn(network[1], 1000))
    measure(benchmark, lambda: esri(network[1], scenarios, threads=threads), closures=1000)
    if threads == 1:
        firms = len(network[1])
        what = f"one closure among {firms:,} firms, one thread, mean"
        milliseconds = benchmark.extra_info["ms_a_closure"]
        record(benchmark, what, milliseconds, unit="ms")


def test_losses_of_the_hundred_largest(
    benchmark: BenchmarkFixture, network: tuple[Economy, Production]
) -> None:
    largest = Scenarios.alone(np.argsort(-network[1].sales)[:100])
    measure(benchmark, lambda: list(losses(network[1], largest)), closures=100)


def test_plain(benchmark: BenchmarkFixture, network: tuple[Economy, Production]) -> None:
    production = network[1]
    shocks = Scenarios.alone(drawn(production, 1000)[:50]).shocks(len(production))

    def run() -> None:
        for k in range(50):
            plain.settle(
                production.structure,
                *caps(len(production), shocks, k),
                TOLERANCE,
                1000,
                dead_unit=False,
            )

    measure(benchmark, run, closures=50)


def test_closures_beside_their_twins(
    benchmark: BenchmarkFixture, network: tuple[Economy, Production]
) -> None:
    """The mean of a thousand firms, beside that of the first of them in the other forms."""
    firms, rows = len(network[1]), drawn(network[1], 1000)
    literal = Literal(*network)

    def all_three() -> tuple[float, ...]:
        return (
            processor(lambda: esri(network[1], Scenarios.alone(rows))) / len(rows),
            processor(lambda: twins.closed(network[1], rows[:50])) / 50,
            processor(lambda: [literal.close(row) for row in rows[:5]]) / 5,
        )

    ours, plainly, read = benchmark.pedantic(all_three, rounds=1, warmup_rounds=1)
    what = f"one closure among {firms:,} firms, double, mean"
    promise(benchmark, f"a plain compiled loop, to {what}", plainly / ours, at_least=TIMES_PLAIN)
    promise(benchmark, f"SciPy read literally, to {what}", read / ours, at_least=TIMES_LITERAL)


def test_literal(benchmark: BenchmarkFixture, network: tuple[Economy, Production]) -> None:
    literal = Literal(*network)
    rows = drawn(network[1], 1000)[:5]
    wanted = esri(network[1], Scenarios.alone(rows), rules=Rules(TOLERANCE)).total

    np.testing.assert_allclose([literal.close(row) for row in rows], wanted, rtol=0, atol=1e-12)
    measure(benchmark, lambda: [literal.close(row) for row in rows], closures=5, rounds=1)
