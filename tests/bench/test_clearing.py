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
from graph.spread.payments.kernels import decrements as kernel
from tests.bench import twins
from tests.bench.figures import median_seconds, processor, promise, record
from tests.bench.networks import engine_economy

MONTHS = 2 / 12
COVER = {"healthy": (0.3, 0.05), "stressed": (0.15, 0.1)}
DRAWN = 3_000  # Scenarios that are run one at a time.
ANEW = 3  # Losses that are cleared from the start in SciPy.
TIMES_ANEW = 500.0
ACCURACY = 1e-9


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
    record(benchmark, what, median_seconds(benchmark) / firms * 1e6, unit="us")
    ours = processor(lambda: clear_many(base, losses)) / firms
    named = f"clearing anew by rounds in SciPy, to ours after a loss, {firms:,} firms, {setting}"
    promise(benchmark, named, cleared_anew(base) / ours, at_least=TIMES_ANEW)


def cleared_anew(base: Cleared) -> float:
    """Return the seconds that a loss takes where all payments are reckoned from the start."""
    columns = base.columns
    owed = columns.inside + columns.outside
    shares = columns.claims.multiply(1.0 / np.where(owed > 0, owed, 1.0)).tocsr()
    found = twins.payments(shares, owed, columns.assets, ACCURACY)
    np.testing.assert_allclose(found, base.found.payment, rtol=1e-6, atol=1e-6)
    spent = []
    for row in range(ANEW):
        assets = columns.assets.copy()
        assets[row] = 0.0
        spent.append(
            processor(lambda assets=assets: twins.payments(shares, owed, assets, ACCURACY))
        )
    return float(np.median(spent))


def microseconds(base: Cleared, losses: kernel.FirstLosses, rows: list[int]) -> np.ndarray:
    """Return the time of each row's scenario, alone in a call of the kernel."""
    space, nobody = kernel.state(len(base)), np.zeros(0)
    found = np.zeros((1, kernel.GAVE_UP + 1))
    kept = kernel.Falls(
        np.zeros(2, np.int64), nobody.astype(np.int64), nobody, nobody, nobody.astype(np.int64)
    )
    effort = kernel.Patience(1000, 8 * len(base))
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
    record(benchmark, f"{what}, median", float(median), unit="us")
    record(benchmark, f"{what}, 99th of 100", float(late), unit="us")
