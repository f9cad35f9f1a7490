"""Connected groups of 1,000,000 firms with 2,000,000 holdings, beside a tenth of them."""

from typing import Any

import numpy as np
from pytest_benchmark.fixture import BenchmarkFixture

from graph.groups import Groups, Holdings, control, groups
from tests.bench.figures import median_seconds, processor, promise, record

FIRMS = 1_000_000
LINKS = 0.05  # Of all holdings.
GROWTH_MAX = 3.0  # Of the time a firm at ten times the firms: caches hold less of it.


def holdings(firms: int) -> Holdings:
    """Return one to three owners a firm, drawn from all firms, whose shares make the whole."""
    random = np.random.default_rng(1)
    count = random.integers(1, 4, firms)
    owned = np.repeat(np.arange(firms), count)
    place = np.arange(len(owned)) - np.repeat(np.cumsum(count) - count, count)
    shares = np.round(random.dirichlet([0.5] * 3, firms)[owned, place], 4)
    owners: Any = random.integers(0, firms, len(owned))
    return Holdings(owners, owned, shares, random.random(len(owned)) < LINKS)


def found(firms: int, held: Holdings) -> Groups:
    return groups(control(firms, held))


def test_groups_of_a_million_firms(benchmark: BenchmarkFixture) -> None:
    few, many = holdings(FIRMS // 10), holdings(FIRMS)
    found(FIRMS // 10, few)  # Compiled.

    benchmark.pedantic(found, args=(FIRMS, many), rounds=3, warmup_rounds=1)

    ratio = processor(lambda: found(FIRMS, many)) / processor(lambda: found(FIRMS // 10, few)) / 10
    what = f"connected groups, time a firm at {FIRMS:,} to a tenth of them"
    promise(benchmark, what, ratio, at_most=GROWTH_MAX)
    record(benchmark, f"connected groups of {FIRMS:,} firms", median_seconds(benchmark), unit="s")
