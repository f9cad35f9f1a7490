"""DebtRank of all firms between bounds, two threads."""

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from graph.contagion import Exposures, Scenarios, bracket_equity
from tests.bench.figures import median_seconds, promise
from tests.bench.networks import engine_economy

SECONDS = {10_000: 0.005, 100_000: 0.05, 1_000_000: 1.0}


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
    promise(benchmark, what, median_seconds(benchmark), unit="s", at_most=SECONDS[firms])
