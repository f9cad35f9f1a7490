"""DebtRank of all firms between bounds, beside the one solve in SciPy that bounds it from above."""

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from graph.contagion import Exposures, Scenarios, bracket_equity
from tests.bench import twins
from tests.bench.figures import beside, median_seconds, promise, record
from tests.bench.networks import engine_economy

OF_SOLVED = 2.0
ACCURACY = 1e-4  # Of what a unit costs, in both.


def exposures_of(firms: int) -> Exposures:
    """Return suppliers' claims on their buyers, half of equity on average."""
    given = engine_economy(firms, stated=True)
    sellers, amounts = np.asarray(given.suppliers), np.asarray(given.amounts)
    claims = np.bincount(sellers, amounts, firms)
    equity = np.maximum(claims, claims.mean() / 10) * 2.0
    kept = sellers != np.asarray(given.buyers)
    return Exposures.build(
        equity,
        creditors=sellers[kept],
        debtors=np.asarray(given.buyers)[kept],
        amounts=amounts[kept],
    )


@pytest.mark.parametrize("firms", [10_000, 100_000, 1_000_000])
def test_all_defaults(benchmark: BenchmarkFixture, firms: int) -> None:
    exposures, everybody = exposures_of(firms), Scenarios.alone(np.arange(firms))
    run = {"width": 1.0, "threads": 2}
    found = bracket_equity(exposures, everybody, **run)
    benchmark.pedantic(bracket_equity, args=(exposures, everybody), kwargs=run, rounds=5)
    benchmark.extra_info["width_median"] = round(float(np.median(found.width)), 4)
    what = f"DebtRank of all {firms:,} firms"
    ours, twin = beside(
        lambda: bracket_equity(exposures, everybody, width=1.0, threads=1),
        lambda: twins.defaults(exposures, ACCURACY),
    )
    promise(benchmark, f"{what}, to one solve in SciPy", ours / twin, at_most=OF_SOLVED)
    record(benchmark, what, median_seconds(benchmark), unit="s")
