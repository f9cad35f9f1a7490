"""
How long files take to become a published version, and what memory that needs.

The real invoices are those of the contest (skipped where they are not there). Generated ones:
DEEPTIER_BENCH_INVOICES (ten million) between 100,000 firms over two years, and
DEEPTIER_BENCH_DOCUMENTS (20,000) documents of XML; each import runs in a process of its own, so
that its peak memory is its own.
"""

import datetime as dt
import os
import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from ingestion.lake import Lake
from tests.bench.figures import ROOT, alone, median_seconds, promise, record

DATA = ROOT.parent / "shared" / "data" / "cumcm2020c"
INVOICES = int(os.environ.get("DEEPTIER_BENCH_INVOICES", "10000000"))
FIRMS = 100_000
A_FILE = 1_000_000
SCRIPT = """
import datetime as dt, sys, time
from pathlib import Path
from graph.stores import open_store
from ingestion.run import ImportJob, ingest

home = Path(sys.argv[3])
with open_store(f"sqlite:///{home}/graph.db") as store:
    job = ImportJob(store, home, dt.datetime.now(dt.UTC))
    outcome = ingest(sys.argv[1], [Path(sys.argv[2])], job=job)
print(outcome.rows, outcome.version.trades, time.process_time())
"""
DOCUMENTS = int(os.environ.get("DEEPTIER_BENCH_DOCUMENTS", "20000"))
DESCRIBED = """
schema: 1
owner: bench@bank.example
sets:
  rows: {files: '.*[.]csv', header: [number, seller]}
  documents:
    files: '.*[.]xml'
    records: [{root: Invoice}]
    fields: {number: Head/Number, day: Head/Day, seller: Seller/Name, buyer: Buyer/Name,
      net: Total, goods: Items/Item/Name}
tables:
- {table: invoices, from: rows, columns: {number: number, issued_on: issued_on, seller: seller,
   buyer: buyer, amount: {from: amount_fen, unit: fen}, tax: {from: tax_fen, unit: fen}}}
- {table: invoices, from: documents, columns: {number: number, issued_on: day, seller: seller,
   buyer: buyer, amount: net, goods: {all: goods}}}
"""
ITEM = "<Item><Name>轴承</Name><Amount>1300.00</Amount><Rate>0.13</Rate><Tax>169.00</Tax></Item>"
DOCUMENT = (
    "<Invoice><Head><Number>1{:019}</Number><Day>2026-0{}-03</Day></Head>"
    "<Seller><Name>零件{}厂</Name></Seller><Buyer><Name>整机{}公司</Name></Buyer>"
    f"<Items>{ITEM * 5}</Items><Total>6500.00</Total></Invoice>"
)


def run(source: str, folder: Path, home: Path) -> tuple[int, int, float]:
    rows, trades, _, peak = spent(source, folder, home)
    return rows, trades, peak


def spent(source: str, folder: Path, home: Path) -> tuple[int, int, float, float]:
    """Return rows and trades of an import, its seconds of the processor and its memory in GB."""
    shutil.rmtree(home, ignore_errors=True)
    (home / "sources").mkdir(parents=True)
    (home / "sources" / "described.yml").write_text(DESCRIBED, encoding="utf-8")
    (rows, trades, seconds), peak = alone(SCRIPT, source, folder, home)
    return int(rows), int(trades), float(seconds), peak


def written(folder: Path, count: int) -> Path:
    """Write firms and invoices, a million a file."""
    folder.mkdir(parents=True)
    draw = np.random.default_rng(3)
    names = pl.DataFrame({"firm": [f"F{i:06}" for i in range(FIRMS)]})
    names.with_columns(name=pl.lit("企业") + pl.col("firm")).write_csv(folder / "firms.csv")
    ids = names["firm"]
    for start in range(0, count, A_FILE):
        size = min(A_FILE, count - start)
        seller = draw.integers(0, FIRMS, size)
        buyer = (seller + 1 + draw.integers(0, 20, size) ** 2) % FIRMS
        amount = draw.integers(1, 10_000_000, size)
        days = np.datetime64("2024-07-01") + draw.integers(0, 730, size).astype("timedelta64[D]")
        frame = {
            "number": np.arange(start, start + size),
            "issued_on": days,
            "seller": ids.gather(seller),
            "buyer": ids.gather(buyer),
            "amount_fen": amount,
            "tax_fen": amount * 13 // 100,
        }
        pl.DataFrame(frame).write_csv(folder / f"invoices_{start // A_FILE:03}.csv")
    return folder


@pytest.mark.skipif(not DATA.is_dir(), reason="the contest's files are not there")
def test_real_invoices_to_a_version(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    rows, trades, peak = benchmark.pedantic(run, args=("cumcm", DATA, tmp_path / "home"), rounds=3)

    benchmark.extra_info |= {"rows": rows, "trades": trades}
    seconds = median_seconds(benchmark)
    record(benchmark, "cumcm2020c to a published version", seconds, unit="s")
    promise(
        benchmark, "cumcm2020c to a published version: peak memory", peak, unit="GB", at_most=1.5
    )


@pytest.mark.parametrize("share", [0.1, 1.0])
def test_generated_invoices_to_a_version(
    benchmark: BenchmarkFixture, tmp_path: Path, share: float
) -> None:
    folder = written(tmp_path / "raw", int(INVOICES * share))

    rows, trades, peak = benchmark.pedantic(
        run, args=("files", folder, tmp_path / "home"), rounds=1
    )

    benchmark.extra_info |= {"rows": rows, "trades": trades, "peak_gb": round(peak, 2)}
    benchmark.extra_info["us_a_row"] = round(1e6 * median_seconds(benchmark) / rows, 2)
    if share == 1.0:
        what = f"{INVOICES:,} generated invoices to a published version: peak memory"
        promise(benchmark, what, peak, unit="GB", at_most=4)


def test_described_invoices_to_a_version(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    folder = written(tmp_path / "raw", INVOICES // 10)
    (folder / "firms.csv").unlink()
    of_forms = spent("files", folder, tmp_path / "home")

    rows, trades, seconds, peak = benchmark.pedantic(
        spent, args=("described", folder, tmp_path / "home"), rounds=1
    )

    assert (rows, trades) == of_forms[:2]
    ratio = of_forms[2] / seconds
    promise(benchmark, "described CSV to `files`, imported whole", ratio, at_least=0.5)
    promise(benchmark, f"{rows:,} described invoices: peak memory", peak, unit="GB", at_most=1.5)


def test_documents_to_a_version(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    folder = tmp_path / "raw"
    folder.mkdir()
    for at in range(DOCUMENTS):
        text = DOCUMENT.format(at, at % 6 + 1, at % 5000, at % 97)
        (folder / f"{at:07}.xml").write_text(text, encoding="utf-8")

    rows, _, seconds, peak = benchmark.pedantic(
        spent, args=("described", folder, tmp_path / "home"), rounds=1
    )

    assert rows == DOCUMENTS
    a_minute = 60 * rows / seconds
    promise(benchmark, "documents of XML imported in a minute of a core", a_minute, at_least=20_000)
    promise(benchmark, f"{rows:,} documents imported: peak memory", peak, unit="GB", at_most=2)


def test_pair_totals_of_a_year(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    folder = written(tmp_path / "raw", 1_000_000)
    run("files", folder, tmp_path / "home")
    day = dt.date(2026, 6, 30)

    def totals() -> int:
        lake = Lake(tmp_path / "home" / "lake")
        found = lake.pair_totals(1, after=day - dt.timedelta(days=365), until=day)
        return int(found.num_rows)

    pairs = benchmark.pedantic(totals, rounds=5)

    benchmark.extra_info |= {"invoices": 1_000_000, "pairs": pairs}
