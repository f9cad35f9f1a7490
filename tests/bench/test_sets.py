"""
How fast the sets of a description become rows of text, and what memory that needs.

DEEPTIER_BENCH_DOCUMENTS (20,000) documents of XML, DEEPTIER_BENCH_LINES (a million) lines of CSV
and as many rows of a query; each is read in a process of its own, so that its peak memory and its
seconds of the processor are its own.
"""

import os
import sqlite3
from pathlib import Path

import numpy as np
import polars as pl
from pytest_benchmark.fixture import BenchmarkFixture

from ingestion.readers import read
from ingestion.sets import Grid, Inputs
from tests.bench.figures import alone, beside, promise

DOCUMENTS = int(os.environ.get("DEEPTIER_BENCH_DOCUMENTS", "20000"))
LINES = int(os.environ.get("DEEPTIER_BENCH_LINES", "1000000"))
A_PIECE = 1_000_000
ITEM = "<Item><Name>轴承</Name><Amount>1300.00</Amount><Rate>0.13</Rate><Tax>169.00</Tax></Item>"
DOCUMENT = (
    "<Invoice><Head><Number>{}</Number><Day>2026-08-03</Day></Head>"
    "<Seller><Name>东湖零件有限公司</Name><Code>91990101MA0000A01P</Code></Seller>"
    f"<Items>{ITEM * 5}</Items><Total>7345.00</Total></Invoice>"
)
COUNT = """
import sys
import time
from pathlib import Path
from ingestion.sets import Grid, Inputs, Query, Record, Xml

FIELDS = {"number": "Head/Number", "day": "Head/Day", "seller": "Seller/Name", "total": "Total",
    "code": "Seller/Code", "goods": "Items/Item/Name", "amounts": "Items/Item[Rate > 0]/Amount"}
SETS = {"xml": Xml("s", ".*", (Record("Invoice"),), FIELDS), "csv": Grid("s", ".*", ("number",)),
    "sql": Query("s", "SELECT * FROM invoices", "DEEPTIER_SOURCE_BENCH")}
kind, path = sys.argv[1:]
environ = {"DEEPTIER_SOURCE_BENCH": f"sqlite:///{path}"}
began = time.process_time()
with Inputs([] if kind == "sql" else [Path(path)], environ) as inputs:
    rows = sum(batch.rows for batch in inputs.read(SETS[kind]))
print(rows, time.process_time() - began)
"""


def counted(kind: str, path: Path) -> tuple[int, float, float]:
    """Return how many rows there are, the seconds of the processor and the peak memory in GB."""
    (rows, seconds), peak = alone(COUNT, kind, path)
    return int(rows), float(seconds), peak


def invoices(start: int, size: int) -> pl.DataFrame:
    draw = np.random.default_rng(start)
    firms = pl.Series(draw.integers(0, 100_000, size)).cast(pl.String)
    return pl.DataFrame(
        {
            "number": np.arange(start, start + size),
            "seller": "企业F" + firms,
            "buyer": "企业G" + firms.reverse(),
            "amount": draw.integers(1, 10_000_000, size) / 100,
            "goods": "通用设备轴承",
        }
    )


def csv(path: Path) -> Path:
    with path.open("wb") as file:
        for start in range(0, LINES, A_PIECE):
            piece = invoices(start, min(A_PIECE, LINES - start))
            piece.write_csv(file, include_header=start == 0)
    return path


def test_documents_become_rows(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    for at in range(DOCUMENTS):
        (tmp_path / f"{at}.xml").write_text(DOCUMENT.format(at), encoding="utf-8")

    rows, seconds, peak = benchmark.pedantic(counted, args=("xml", tmp_path), rounds=1)

    a_minute = 60 * rows / seconds
    promise(benchmark, "documents of XML read in a minute of a core", a_minute, at_least=20_000)
    promise(benchmark, f"{rows:,} documents of XML: peak memory", peak, unit="GB", at_most=2)


def test_lines_become_rows_below_a_header_as_fast_as_without(
    benchmark: BenchmarkFixture, tmp_path: Path
) -> None:
    path = csv(tmp_path / "sales.csv")

    def described() -> int:
        with Inputs([path]) as inputs:
            return sum(batch.rows for batch in inputs.read(Grid("s", ".*", ("number", "buyer"))))

    ours, plain = beside(described, lambda: sum(chunk.rows.height for chunk in read(path)), times=3)
    rows, _, peak = benchmark.pedantic(counted, args=("csv", path), rounds=1)

    assert rows == LINES
    promise(benchmark, "described CSV to CSV of its form, rows read", plain / ours, at_least=0.7)
    size = path.stat().st_size / 2**30
    promise(benchmark, f"{size:.1f} GB of CSV: peak memory", peak, unit="GB", at_most=2)


def test_rows_of_a_query_are_streamed(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "base.db") as base:
        base.execute("CREATE TABLE invoices (number INTEGER, seller, buyer, amount REAL, goods)")
        for start in range(0, LINES, A_PIECE):
            rows = invoices(start, min(A_PIECE, LINES - start)).iter_rows()
            base.executemany("INSERT INTO invoices VALUES (?, ?, ?, ?, ?)", rows)
    base.close()

    found, _, peak = benchmark.pedantic(counted, args=("sql", tmp_path / "base.db"), rounds=1)

    assert found == LINES
    promise(benchmark, f"{found:,} rows of a query: peak memory", peak, unit="GB", at_most=1)
