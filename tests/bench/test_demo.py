"""
How long the demo economy takes to write, and what it needs: 100 cores, 9,000 firms, 24 months.

Sizes come from the environment: DEEPTIER_BENCH_DEMO_CORES and DEEPTIER_BENCH_DEMO_FIRMS.
"""

import os
from pathlib import Path

from pytest_benchmark.fixture import BenchmarkFixture

from ingestion.demo.economy import Plan, make
from tests.bench.figures import median_seconds, record

CORES = int(os.environ.get("DEEPTIER_BENCH_DEMO_CORES", "100"))
FIRMS = int(os.environ.get("DEEPTIER_BENCH_DEMO_FIRMS", "9000"))


def test_writing_the_demo_economy(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    plan = Plan(cores=CORES, firms=FIRMS)

    made = benchmark.pedantic(
        make, args=(tmp_path, plan), kwargs={"progress": lambda _: None}, rounds=2
    )

    benchmark.extra_info |= {
        "firms": made.rows["firms"],
        "invoices": made.rows["invoices"],
        "megabytes": round(sum(path.stat().st_size for path in made.files) / 2**20),
    }
    record(
        benchmark,
        "demo economy of 100 cores, 9,000 firms, 24 months: write",
        median_seconds(benchmark),
        unit="s",
    )
