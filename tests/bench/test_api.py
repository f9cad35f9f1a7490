"""
How fast one limit is read over the interface, on the full demo economy.

Requests go straight into the application, without a network: what is measured is what the process
does for one. Beside it, in the same run, a bare route that only returns a small JSON document.
`DEEPTIER_BENCH_DEMO=cores,firms,months` makes a smaller economy.
"""

import asyncio
import datetime as dt
import os
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from pytest_benchmark.fixture import BenchmarkFixture

from app.auth.sight import EVERYTHING
from app.auth.tokens import issue
from app.config import Settings
from app.deps import open_resources
from app.imports.ingesting import ingest_files
from app.limits.documents import results_of
from app.main import create_app
from app.runs.refreshing import refresh_version
from app.versions.service import Asked
from ingestion.sources.demo.economy import END, Plan, make
from tests.bench.figures import promise

CORES, FIRMS, MONTHS = (
    int(part) for part in os.environ.get("DEEPTIER_BENCH_DEMO", "100,9000,24").split(",")
)
NOW = dt.datetime(2026, 7, 15, 9, tzinfo=dt.UTC)
ROUNDS = 20
BATCH = 100
COLD = 2000
Read = Callable[[FastAPI, list[str]], list[float]]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder: Path = tmp_path_factory.mktemp("api")
    plan = Plan(cores=CORES, firms=FIRMS, months=MONTHS, seed=1, end=END)
    make(folder / "raw", plan, progress=lambda *_: None)
    settings = Settings(home=folder / "home")
    with open_resources(settings, now=lambda: NOW) as resources:
        ingest_files(resources, "demo", [folder / "raw"])
        refresh_version(resources, None, progress=lambda *_: None)
    return settings


@pytest.fixture(scope="module")
def served(settings: Settings) -> FastAPI:
    return create_app(settings)


@pytest.fixture(scope="module")
def bare() -> FastAPI:
    app = FastAPI()

    @app.get("/bare")
    def answer() -> dict[str, str]:
        return {"status": "alive"}

    return app


@pytest.fixture(scope="module")
def paths(served: FastAPI) -> list[str]:
    results = results_of(served.state.resources, Asked(), EVERYTHING)
    found = [
        f"/api/v1/chains/{core}/limits/{member.id}"
        for core in results.cores
        for member in results.members(core)[0]
    ]
    random.Random(1).shuffle(found)  # any order will do
    return found


@pytest.fixture(scope="module")
def read(settings: Settings, served: FastAPI) -> Read:
    """Return a function that asks for paths one after the other: the seconds each took."""
    records, now = served.state.resources.records, dt.datetime.now(dt.UTC)
    token = issue(records, settings.signing_key(), role="risk", firm=None, days=1, now=now)
    headers = [(b"authorization", f"Bearer {token}".encode())]

    def read(app: FastAPI, paths: list[str]) -> list[float]:
        return asyncio.run(_read(app, paths, headers))

    return read


async def _read(app: FastAPI, paths: list[str], headers: list[tuple[bytes, bytes]]) -> list[float]:
    seconds = []
    for path in paths:
        began = time.perf_counter()
        assert await _status(app, path, headers) == 200
        seconds.append(time.perf_counter() - began)
    return seconds


async def _status(app: FastAPI, path: str, headers: list[tuple[bytes, bytes]]) -> int:
    scope: dict[str, Any] = {
        "type": "http",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": headers,
        "http_version": "1.1",
        "scheme": "http",
        "server": ("bench", 80),
        "client": ("bench", 1),
        "root_path": "",
        "state": {},
    }
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    status: int = sent[0]["status"]
    return status


@pytest.mark.benchmark(group="api")
def test_limits_never_read_before(
    benchmark: BenchmarkFixture, served: FastAPI, read: Read, paths: list[str]
) -> None:
    seconds = sorted(read(served, paths[:COLD]))

    benchmark.pedantic(lambda: read(served, paths[COLD : COLD + BATCH]), rounds=1)
    benchmark.extra_info["limits"] = len(paths)
    benchmark.extra_info["p50_ms"] = round(seconds[len(seconds) // 2] * 1000, 2)
    worst = seconds[len(seconds) * 99 // 100] * 1000
    promise(benchmark, "one limit never read before, p99", worst, unit="ms", at_most=5)


@pytest.mark.benchmark(group="api")
def test_one_limit_against_a_bare_route(
    benchmark: BenchmarkFixture, served: FastAPI, bare: FastAPI, read: Read, paths: list[str]
) -> None:
    one, other = [paths[0]] * BATCH, ["/bare"] * BATCH
    pairs = [(read(served, one), read(bare, other)) for _ in range(ROUNDS)]
    ratios = sorted(sum(plain) / sum(limit) for limit, plain in pairs)
    seconds = sorted(second for limit, _ in pairs[1:] for second in limit)

    benchmark.pedantic(lambda: read(served, one), rounds=ROUNDS)
    what = "one limit: throughput against a bare JSON route"
    promise(benchmark, what, ratios[len(ratios) // 2], at_least=0.6)
    worst = seconds[len(seconds) * 99 // 100] * 1000
    promise(benchmark, "one limit asked again, p99", worst, unit="ms", at_most=5)


@pytest.mark.benchmark(group="api")
def test_a_page_of_a_chain_s_limits(
    benchmark: BenchmarkFixture, served: FastAPI, read: Read, paths: list[str]
) -> None:
    chains = sorted({path.rsplit("/", 1)[0] for path in paths})[:BATCH]
    seconds = sorted(read(served, chains))

    benchmark.pedantic(lambda: read(served, chains), rounds=3)
    benchmark.extra_info["chains"] = len(chains)
    benchmark.extra_info["p99_ms"] = round(seconds[-1] * 1000, 2)
