"""
What the book costs: reserve and post beside a bare twin, and reads of accounts meanwhile.

Sizes: `BENCH_BOOK_SECONDS` of a measurement, `BENCH_BOOK_ROUNDS` of each, `DEEPTIER_BENCH_EVENTS`
of a book that is verified.
"""

import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa
from pytest_benchmark.fixture import BenchmarkFixture

from app.books.ledger.proof import verify
from app.platform.records import open_records
from tests.bench.bookkeeping import TWIN, Call, Crew, filled, long_book
from tests.bench.figures import alone, promise, record

OURS = "ledger"
SECONDS = float(os.environ.get("BENCH_BOOK_SECONDS", "0.5"))
ROUNDS = int(os.environ.get("BENCH_BOOK_ROUNDS", "5"))
AT_LEAST = {  # Processes and callers of each: of the twin's operations, by database.
    (1, 1): {"sqlite": 0.6, "postgresql": 0.6},
    (1, 8): {"sqlite": 1.3, "postgresql": 2},
    (1, 64): {"sqlite": 2, "postgresql": 5},
    (4, 16): {"sqlite": 1.2, "postgresql": 4},
    (8, 8): {"sqlite": 1.2, "postgresql": 4},
}
SYNCS = 100
EVENTS = int(os.environ.get("DEEPTIER_BENCH_EVENTS", "200000"))
MILLION = 1_000_000
VERIFIED_SECONDS, VERIFIED_GB = 20, 0.537  # A million events, by two processes; 512 MiB.
VERIFY = """
import sys
from tests.bench.test_book import verified
if __name__ == "__main__":
    print(verified(sys.argv[1]))
"""


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def urls(request: pytest.FixtureRequest, kind: str, tmp_path: Path) -> Iterator[dict[str, str]]:
    """Yield a filled book for the ledger and one for the twin."""
    names = (OURS, TWIN)
    if kind == "sqlite":
        found = {name: f"sqlite:///{tmp_path / name}.db" for name in names}
        for url in found.values():
            filled(url)
        yield found
        return
    place = sa.engine.make_url(str(request.getfixturevalue("postgres_server")))
    server = sa.create_engine(place, isolation_level="AUTOCOMMIT")
    own = {name: f"bench_{name}_{os.getpid()}" for name in names}
    with server.connect() as connection:
        for each in own.values():
            connection.exec_driver_sql(f'DROP DATABASE IF EXISTS "{each}" WITH (FORCE)')
            connection.exec_driver_sql(f'CREATE DATABASE "{each}"')
    found = {
        name: place.set(database=each).render_as_string(hide_password=False)
        for name, each in own.items()
    }
    for url in found.values():
        filled(url)
    yield found
    with server.connect() as connection:
        for each in own.values():
            connection.exec_driver_sql(f'DROP DATABASE IF EXISTS "{each}" WITH (FORCE)')
    server.dispose()


def sync_seconds(folder: Path) -> float:
    """Return how long the disk takes to keep a page for good."""
    took = []
    with tempfile.TemporaryFile(dir=folder) as file:
        for _ in range(SYNCS):
            file.write(b"x" * 4096)
            file.flush()
            began = time.perf_counter()
            os.fsync(file.fileno())
            took.append(time.perf_counter() - began)
    return float(np.median(took))


@pytest.mark.parametrize("processes", [1, 4, 8])
def test_reserve_and_post(
    benchmark: BenchmarkFixture, kind: str, urls: dict[str, str], processes: int, tmp_path: Path
) -> None:
    """Rounds of the ledger and its twin take turns; on one hot core, and on cores spread."""

    def measured() -> dict[tuple[int, bool], list[tuple[float, float]]]:
        found: dict[tuple[int, bool], list[tuple[float, float]]] = {}
        with Crew(processes, urls) as crew:
            for who in urls:
                crew.called(Call(who, 1, SECONDS / 2, hot=False))
            for callers in [callers for count, callers in AT_LEAST if count == processes]:
                for hot in (False, True):
                    for _ in range(ROUNDS):
                        ours, twin = (
                            crew.called(Call(who, callers, SECONDS, hot)).moved for who in urls
                        )
                        found.setdefault((callers, hot), []).append((ours, twin))
        return found

    found = benchmark.pedantic(measured, rounds=1)

    record(benchmark, f"a sync of the disk, {kind}", sync_seconds(tmp_path) * 1000, unit="ms")
    for (callers, hot), rounds in found.items():
        where = "one hot core" if hot else "cores spread"
        what = f"reserve and post, {kind}, {processes} x {callers} callers, {where}"
        ratio = float(np.median([ours / twin for ours, twin in rounds]))
        least = AT_LEAST[processes, callers][kind]
        promise(benchmark, f"{what}: of the bare twin's rate", ratio, at_least=least)
        rate = float(np.median([ours for ours, _ in rounds]))
        record(benchmark, what, rate, unit="operations/s")


def test_reads_under_load(benchmark: BenchmarkFixture, kind: str, urls: dict[str, str]) -> None:
    """A process reads accounts, one after another, while 64 callers of another move them."""
    load = Call(OURS, 64, SECONDS, hot=False)
    reading = Call(OURS, 0, SECONDS, hot=False, reads=True)

    def measured() -> list[tuple[float, float]]:
        with Crew(2, urls) as crew:
            idle = load._replace(callers=0)
            crew.called(load, reading)
            return [
                (crew.called(load, reading).read, crew.called(idle, reading).read)
                for _ in range(ROUNDS)
            ]

    rounds = benchmark.pedantic(measured, rounds=1)

    ratio = float(np.median([under / without for under, without in rounds]))
    what = f"reads of one account, {kind}, under 64 callers: of the rate without"
    promise(benchmark, what, ratio, at_least=0.5)


def verified(url: str) -> float:
    """Return how long two processes take to verify a book, in seconds."""
    with open_records(url) as records:
        began = time.perf_counter()
        found = verify(records, processes=2)
        took = time.perf_counter() - began
    if not found.ok:
        raise RuntimeError(f"the book is not as its events say: {found.difference}")
    return took


def test_verification(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    """A book of reservations and posts, in a process of its own; promised of a million events."""
    url = f"sqlite:///{tmp_path}/long.db"
    long_book(url, EVENTS)

    words, peak = benchmark.pedantic(alone, args=(VERIFY, url), rounds=1, warmup_rounds=1)

    what = f"a book of {EVENTS:,} events verified by two processes"
    peaks = f"{what}: peak memory of the first"
    if EVENTS < MILLION:
        record(benchmark, what, float(words[0]), unit="s")
        record(benchmark, peaks, peak, unit="GB")
    else:
        by_million = float(words[0]) * MILLION / EVENTS
        promise(benchmark, f"{what}, a million", by_million, unit="s", at_most=VERIFIED_SECONDS)
        promise(benchmark, peaks, peak, unit="GB", at_most=VERIFIED_GB)
