"""
How fast versions are published and read.

Sizes come from the environment: DEEPTIER_BENCH_STORE_TRADES (a million; SQLite, PostgreSQL) and
DEEPTIER_BENCH_NEO4J_TRADES (200,000), ten trades a firm, all columns filled.
"""

import datetime as dt
import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from graph.model import FirmId
from graph.stores import Reader, Store, open_store
from graph.testing.economy import DAY, NOW
from tests.bench.figures import median_seconds, record

TRADES = int(os.environ.get("DEEPTIER_BENCH_STORE_TRADES", "1000000"))
NEO4J_TRADES = int(os.environ.get("DEEPTIER_BENCH_NEO4J_TRADES", "200000"))
FIRM = FirmId("F0000123")


def firms_of(count: int) -> pa.Table:
    ids = [f"F{i:07}" for i in range(count)]
    names = [f"华东第{i}精密钢铁制品有限公司" for i in range(count)]
    flags = pa.array([True] * count)
    return pa.table({"firm": ids, "name": names, "core": flags, "listed": flags})


def trades_of(firms: int, count: int) -> pa.Table:
    random = np.random.default_rng(5)
    pairs = np.unique(random.integers(0, firms * firms, count))
    ids = pa.array([f"F{i:07}" for i in range(firms)])
    amount = random.integers(1, 10**12, len(pairs))
    day = pa.array(np.full(len(pairs), 19_800, dtype=np.int32)).cast(pa.date32())
    numbers = ("amount_fen", "blue_fen", "red_fen", "count", "delivered_fen")
    return pa.table(
        {
            "supplier": ids.take(pa.array(pairs // firms)),
            "buyer": ids.take(pa.array(pairs % firms)),
            **dict.fromkeys(numbers, pa.array(amount)),
            "first_on": day,
            "last_on": day,
        }
    )


def fill(store: Store, count: int) -> None:
    with store.stage() as stage:
        stage.write("firms", firms_of(count // 10))
        stage.write("trades", trades_of(count // 10, count))
        stage.publish(DAY, published_at=NOW)


def publish_trades(store: Store, trades: pa.Table, as_of: dt.date) -> None:
    with store.stage() as stage:
        stage.write("trades", trades)
        stage.publish(as_of, published_at=NOW)


def note(benchmark: BenchmarkFixture, rows: int, *, what: str, recorded: bool) -> None:
    rate = round(rows / median_seconds(benchmark))
    benchmark.extra_info.update({"rows": rows, "rows_per_second": rate})
    if recorded:
        record(benchmark, what, rate, unit="trades/s")


def measure_publish(
    benchmark: BenchmarkFixture,
    empty: Callable[[], Store],
    *,
    count: int,
    recorded: bool,
) -> None:
    trades = trades_of(count // 10, count)
    opened: list[Store] = []

    def prepared() -> tuple[tuple[Store, pa.Table, dt.date], dict[str, object]]:
        close(opened)
        store = empty()
        opened.append(store)
        with store.stage() as stage:
            stage.write("firms", firms_of(count // 10))
            stage.publish(DAY, published_at=NOW)
        return (store, trades, DAY), {}

    benchmark.pedantic(publish_trades, setup=prepared, rounds=3)
    close(opened)
    note(benchmark, trades.num_rows, what="SQLite: trades published", recorded=recorded)


def close(opened: list[Store]) -> None:
    while opened:
        opened.pop().close()


def measure_columns(
    benchmark: BenchmarkFixture, reader: Reader, *, what: str, recorded: bool
) -> None:
    found = benchmark.pedantic(reader.columns, args=("trades",), rounds=5, warmup_rounds=1)
    note(benchmark, found.num_rows, what=what, recorded=recorded)


def measure_small_reads(benchmark: BenchmarkFixture, reader: Reader, name: str) -> None:
    reads: dict[str, Callable[[], object]] = {
        "firm": lambda: reader.firm(FIRM),
        "trades_of": lambda: reader.trades_of(FIRM),
        "search": lambda: reader.search("第777精"),
    }
    assert benchmark(reads[name])


@pytest.fixture(scope="module")
def sqlite_reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    folder = tmp_path_factory.mktemp("bench")
    with open_store(f"sqlite:///{folder}/graph.db") as store:
        fill(store, TRADES)
        yield store.reader()


@pytest.fixture
def neo4j_store(empty_neo4j_url: str) -> Iterator[Store]:
    with open_store(empty_neo4j_url) as store:
        yield store


def test_publish_on_sqlite(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    number = itertools.count()

    def empty() -> Store:
        return open_store(f"sqlite:///{tmp_path}/{next(number)}.db")

    measure_publish(benchmark, empty, count=TRADES, recorded=True)


def test_columns_out_of_sqlite(benchmark: BenchmarkFixture, sqlite_reader: Reader) -> None:
    what = "SQLite: trades out as columns, all ten"
    measure_columns(benchmark, sqlite_reader, what=what, recorded=True)


def test_two_ends_and_the_amount_out_of_sqlite(
    benchmark: BenchmarkFixture, sqlite_reader: Reader
) -> None:
    names = ["supplier", "buyer", "amount_fen"]
    found = benchmark.pedantic(sqlite_reader.columns, args=("trades", names), rounds=5)
    what = "SQLite: trades out as columns, two ends and the amount"
    note(benchmark, found.num_rows, what=what, recorded=True)


@pytest.mark.parametrize("name", ["firm", "trades_of", "search"])
def test_small_reads_on_sqlite(
    benchmark: BenchmarkFixture, sqlite_reader: Reader, name: str
) -> None:
    measure_small_reads(benchmark, sqlite_reader, name)


def test_publish_on_postgres(benchmark: BenchmarkFixture, empty_postgres_url: str) -> None:
    import sqlalchemy as sa  # noqa: PLC0415  # Only to wipe between rounds.

    def empty() -> Store:
        engine = sa.create_engine(empty_postgres_url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql("DROP SCHEMA public CASCADE")
            connection.exec_driver_sql("CREATE SCHEMA public")
        engine.dispose()
        return open_store(empty_postgres_url)

    measure_publish(benchmark, empty, count=TRADES // 5, recorded=False)


def test_publish_on_neo4j(benchmark: BenchmarkFixture, neo4j_store: Store) -> None:
    trades = trades_of(NEO4J_TRADES // 10, NEO4J_TRADES)
    with neo4j_store.stage() as stage:
        stage.write("firms", firms_of(NEO4J_TRADES // 10))
        stage.publish(DAY, published_at=NOW)
    benchmark.pedantic(publish_trades, args=(neo4j_store, trades, DAY), rounds=1)
    note(benchmark, trades.num_rows, what="Neo4j: trades published", recorded=True)


def test_columns_out_of_neo4j(benchmark: BenchmarkFixture, neo4j_store: Store) -> None:
    fill(neo4j_store, NEO4J_TRADES)
    what = "Neo4j: trades out as columns, all ten"
    measure_columns(benchmark, neo4j_store.reader(), what=what, recorded=True)
