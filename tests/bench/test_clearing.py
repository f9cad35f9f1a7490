"""
One loss after another on a network that is cleared already: each firm loses all it has outside.

Claims are two months of the trades of the engine's economies; debts outside are a twentieth to two
fifths of revenue. Outside assets cover all debts and a quarter of them (`healthy`: nobody fails
before), or on average a seventh of them, unevenly (`stressed`: one firm in fifteen has failed).
"""

from time import perf_counter_ns

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from graph.clearing import AssetLosses, Cleared, Debts, clear_many, prepare
from graph.kernels import decrements as kernel
from tests.bench.figures import median_seconds, promise
from tests.bench.networks import engine_economy

MONTHS = 2 / 12
COVER = {"healthy": (0.3, 0.05), "stressed": (0.15, 0.1)}
DRAWN = 3_000  # Scenarios that are run one at a time.
MICROSECONDS = 5.0
MICROSECONDS_P99 = {10_000: 200.0, 100_000: 200.0, 1_000_000: 400.0}


def debts(firms: int, setting: str) -> Debts:
    """Return the debts of an economy, the same for the same size and setting."""
    random = np.random.default_rng(5)
    economy = engine_economy(firms, stated=True)
    suppliers, buyers = np.asarray(economy.suppliers), np.asarray(economy.buyers)
    amounts = np.asarray(economy.amounts) * MONTHS
    outside = np.asarray(economy.revenue) * random.uniform(0.05, 0.4, firms)
    owed = np.bincount(buyers, amounts, firms) + outside
    due = np.bincount(suppliers, amounts, firms)
    mean, spread = COVER[setting]
    assets = owed * (1.0 + mean + spread * random.standard_normal(firms)) - due
    return Debts(firms, suppliers, buyers, amounts, np.maximum(0.0, assets), outside)


@pytest.fixture(scope="module", params=[10_000, 100_000, 1_000_000])
def firms(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture(scope="module", params=["healthy", "stressed"])
def setting(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def base(firms: int, setting: str) -> Cleared:
    return prepare(debts(firms, setting))


def test_all_single_losses(
    benchmark: BenchmarkFixture, base: Cleared, firms: int, setting: str
) -> None:
    losses = AssetLosses.alone(np.arange(firms), np.maximum(0.0, base.columns.assets))
    found = clear_many(base, losses)
    benchmark.pedantic(clear_many, args=(base, losses), rounds=3)
    benchmark.extra_info["cleared_from_scratch"] = int(found.again.sum())
    benchmark.extra_info["defaults_mean"] = round(float(found.defaults.mean()), 2)
    what = f"clearing after a loss, mean of all {firms:,} firms, {setting}, one core"
    reached = median_seconds(benchmark) / firms * 1e6
    promise(benchmark, what, reached, unit="us", at_most=2 * MICROSECONDS)


def microseconds(base: Cleared, losses: kernel.Losses, rows: list[int]) -> np.ndarray:
    """Return the time of each row's scenario, alone in a call of the kernel."""
    space, nobody = kernel.state(len(base)), np.zeros(0)
    found = np.zeros((1, kernel.GAVE_UP + 1))
    kept = kernel.Changes(
        np.zeros(2, np.int64), nobody.astype(np.int64), nobody, nobody, nobody.astype(np.int64)
    )
    effort = kernel.Effort(1000, 8 * len(base))
    taken = []
    for row in rows:
        own = losses._replace(
            offsets=losses.offsets[row : row + 2], waits=losses.waits[row : row + 1]
        )
        start = perf_counter_ns()
        kernel.run(base.before, space, own, effort, found, kept)
        taken.append((perf_counter_ns() - start) / 1000)
    return np.array(taken)


def test_one_loss(benchmark: BenchmarkFixture, base: Cleared, firms: int, setting: str) -> None:
    """The distribution over firms; what a call with no loss takes is not counted."""
    rows = np.random.default_rng(3).permutation(firms)[:DRAWN].tolist()
    alone = AssetLosses.alone(np.arange(firms), np.maximum(0.0, base.columns.assets))
    losses = alone.checked(firms)
    nothing = losses._replace(amounts=np.zeros(firms))
    call = float(np.median(microseconds(base, nothing, rows)))
    taken = benchmark.pedantic(microseconds, args=(base, losses, rows), rounds=3)
    median, late = np.maximum(0.0, np.percentile(taken, [50, 99]) - call)
    what = f"clearing after one firm's loss, {firms:,} firms, {setting}"
    promise(benchmark, f"{what}, median", float(median), unit="us", at_most=MICROSECONDS)
    promise(
        benchmark, f"{what}, 99th of 100", float(late), unit="us", at_most=MICROSECONDS_P99[firms]
    )
