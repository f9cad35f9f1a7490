"""
How fast the service answers, over a socket, on the full demo economy.

`deeptier serve` runs in a process of its own, as a user starts it; the clients share the machine
with it. What is measured is held against `/healthz` of the same server in the same run, the
barest JSON route there is. `DEEPTIER_BENCH_DEMO=cores,firms,months` makes a smaller economy.
"""

import asyncio
import contextlib
import datetime as dt
import os
import random
from collections.abc import Callable, Coroutine, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from app.chain.limits.results import open_results
from app.chain.runs.refreshing import refresh_version
from app.data.imports.ingesting import ingest_files
from app.data.versions.service import AskedVersion as Version
from app.data.versions.service import version_and_run
from app.platform.auth.tokens import issue
from app.platform.config import Settings
from app.platform.deps import open_resources
from ingestion.demo.economy import END, Plan, make
from tests.bench.clients import (
    Asked,
    Service,
    for_answers,
    for_seconds,
    line_to,
    post,
    read,
    started,
)
from tests.bench.figures import promise

CORES, FIRMS, MONTHS = (
    int(part) for part in os.environ.get("DEEPTIER_BENCH_DEMO", "100,9000,24").split(",")
)
NOW = dt.datetime(2026, 7, 15, 9, tzinfo=dt.UTC)
BARE = "/healthz"
ROUNDS = 5
BATCH = 400
COLD = 2000
READERS = 2
MIXED = 4000  # Firms that mixed reading goes through.
MIXED_SECONDS = 40.0
SCENARIOS = 64
GUESSERS = 64
FLOOD_SECONDS = 12.0
PAUSE_SECONDS = 0.5
OVERTAKEN = 3.0  # Times the quiet p99.


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("api")
    plan = Plan(cores=CORES, firms=FIRMS, months=MONTHS, seed=1, end=END)
    make(folder / "raw", plan, progress=lambda *_: None)
    with open_resources(Settings(home=folder / "home"), now=lambda: NOW) as resources:
        ingest_files(resources, "demo", [folder / "raw"])
        refresh_version(resources, None, progress=lambda *_: None)
    return folder / "home"


@pytest.fixture(scope="module")
def paths(home: Path) -> list[str]:
    with open_resources(Settings(home=home)) as resources:
        _, run = version_and_run(resources, Version())
        assert run is not None
        results = open_results(resources.runs / run.folder)
        found = [
            f"/api/v1/chains/{core}/limits/{member.id}"
            for core in results.cores
            for member in results.members(results.order(core))
        ]
    random.Random(1).shuffle(found)  # any order will do
    return found


@pytest.fixture(scope="module")
def service(home: Path) -> Iterator[Service]:
    settings = Settings(home=home)
    with open_resources(settings) as resources:
        key, now = settings.signing_key(), dt.datetime.now(dt.UTC)
        token = issue(resources.records, key, role="risk", firm=None, days=1, now=now)
    with started(home, token) as found:
        yield found


def ask(service: Service, paths: Sequence[str], connections: int, count: int) -> Asked:
    return asyncio.run(read(service, paths, connections, for_answers(count)))


@pytest.mark.benchmark(group="api")
@pytest.mark.parametrize("connections", [1, 8, 64])
def test_one_limit_against_a_bare_route(
    benchmark: BenchmarkFixture, service: Service, paths: list[str], connections: int
) -> None:
    ask(service, paths[:1], connections, BATCH)
    pairs = [
        (ask(service, paths[:1], connections, BATCH), ask(service, [BARE], connections, BATCH))
        for _ in range(ROUNDS)
    ]
    limits = [limit.percentile_ms(50) for limit, _ in pairs]
    ratios = sorted(limit.percentile_ms(50) / bare.percentile_ms(50) for limit, bare in pairs)

    benchmark.pedantic(lambda: ask(service, paths[:1], connections, BATCH), rounds=3)
    benchmark.extra_info["p50_ms"] = round(sorted(limits)[ROUNDS // 2], 2)
    benchmark.extra_info["p99_ms"] = round(
        sorted(x.percentile_ms(99) for x, _ in pairs)[ROUNDS // 2], 2
    )
    rate = sum(len(x.seconds) for x, _ in pairs) / sum(x.total_seconds for x, _ in pairs)
    benchmark.extra_info["answers_a_second"] = round(rate)
    what = f"one limit over {connections} kept connections, p50 against a bare JSON route"
    promise(benchmark, what, ratios[ROUNDS // 2], at_most=2)


@pytest.mark.benchmark(group="api")
def test_limits_never_read_before(
    benchmark: BenchmarkFixture, service: Service, paths: list[str]
) -> None:
    ask(service, [BARE], 1, BATCH)
    found = ask(service, paths[1 : COLD + 1], 1, COLD)
    bare = ask(service, [BARE], 1, COLD)

    benchmark.pedantic(lambda: ask(service, paths[-BATCH:], 1, BATCH), rounds=1)
    benchmark.extra_info["limits"] = len(paths)
    benchmark.extra_info["p50_ms"] = round(found.percentile_ms(50), 2)
    benchmark.extra_info["p99_ms"] = round(found.percentile_ms(99), 2)
    ratio = found.percentile_ms(50) / bare.percentile_ms(50)
    what = "one limit never read before, p50 against a bare JSON route"
    promise(benchmark, what, ratio, at_most=5)


@pytest.mark.benchmark(group="api")
def test_a_page_of_a_chain_s_limits(
    benchmark: BenchmarkFixture, service: Service, paths: list[str]
) -> None:
    chains = sorted({path.rsplit("/", 1)[0] for path in paths})[:BATCH]
    found = ask(service, chains, 1, len(chains))

    benchmark.pedantic(lambda: ask(service, chains, 1, len(chains)), rounds=3)
    benchmark.extra_info["chains"] = len(chains)
    benchmark.extra_info["p99_ms"] = round(found.percentile_ms(99), 2)


Flood = Callable[[int, Callable[[], bool]], Coroutine[Any, Any, None]]


async def _beside(service: Service, paths: list[str], flood: Flood, count: int) -> Asked:
    going = for_seconds(FLOOD_SECONDS)
    others = [asyncio.ensure_future(flood(number, going)) for number in range(count)]
    await asyncio.sleep(1)
    found = await read(service, paths, READERS, going)
    for each in others:
        each.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    return found


def held_up(benchmark: BenchmarkFixture, quiet: Asked, beside: Asked, what: str) -> None:
    benchmark.extra_info["quiet_p50_ms"] = round(quiet.percentile_ms(50), 2)
    benchmark.extra_info["quiet_p99_ms"] = round(quiet.percentile_ms(99), 2)
    benchmark.extra_info["p50_ms"] = round(beside.percentile_ms(50), 2)
    benchmark.extra_info["p99_ms"] = round(beside.percentile_ms(99), 2)
    ratio = beside.percentile_ms(99) / quiet.percentile_ms(99)
    promise(benchmark, f"limits read {what}, p99 against quiet", ratio, at_most=OVERTAKEN)


@pytest.mark.benchmark(group="api")
def test_reading_beside_a_flood_of_scenarios(
    benchmark: BenchmarkFixture, service: Service, paths: list[str]
) -> None:
    firms = [path.rsplit("/", 1)[1] for path in paths]
    told: dict[int, int] = {}
    most_mb = [service.memory_mb]

    async def flood(number: int, going: Callable[[], bool]) -> None:
        at = number
        async with line_to(service) as line:
            while going():
                text = post(service, "/api/v1/scenarios", {"close": firms[at : at + 2]})
                status, headers = await line.ask(text)
                told[status] = told.get(status, 0) + 1
                at += SCENARIOS
                most_mb.append(service.memory_mb if number == 0 else 0)
                await asyncio.sleep(float(headers.get("retry-after", "0")))

    quiet = asyncio.run(read(service, paths, READERS, for_seconds(FLOOD_SECONDS)))
    found = benchmark.pedantic(
        lambda: asyncio.run(_beside(service, paths, flood, SCENARIOS)), rounds=1
    )
    held_up(benchmark, quiet, found, "while 64 scenarios are asked for")
    benchmark.extra_info["scenarios"] = told.get(201, 0)
    benchmark.extra_info["refused"] = told.get(503, 0)
    promise(
        benchmark,
        "memory of the service and its computing, 64 scenarios asked for",
        max(most_mb) / 1000,
        unit="GB",
        at_most=1.5,
    )
    assert set(told) <= {201, 503}


@pytest.mark.benchmark(group="api")
def test_reading_beside_a_flood_of_sign_ins(
    benchmark: BenchmarkFixture, service: Service, paths: list[str]
) -> None:
    told: dict[int, int] = {}

    async def flood(number: int, going: Callable[[], bool]) -> None:
        guess = {"name": f"guest{number}", "password": "wrong password"}
        with contextlib.suppress(asyncio.IncompleteReadError):
            async with line_to(service) as line:
                while going():
                    status, _ = await line.ask(post(service, "/api/v1/session", guess, ""))
                    told[status] = told.get(status, 0) + 1
                    await asyncio.sleep(PAUSE_SECONDS)

    quiet = asyncio.run(read(service, paths, READERS, for_seconds(FLOOD_SECONDS)))
    found = benchmark.pedantic(
        lambda: asyncio.run(_beside(service, paths, flood, GUESSERS)), rounds=1
    )
    held_up(benchmark, quiet, found, "while 64 guess passwords")
    benchmark.extra_info["hashed"] = told.get(401, 0)
    benchmark.extra_info["refused"] = told.get(503, 0) + told.get(429, 0)


@pytest.mark.benchmark(group="api")
def test_memory_of_mixed_reading(
    benchmark: BenchmarkFixture, home: Path, service: Service, paths: list[str]
) -> None:
    with started(home, service.token) as fresh:
        before_mb = fresh.memory_mb
        found = benchmark.pedantic(
            lambda: asyncio.run(read(fresh, mixed(paths), 64, for_seconds(MIXED_SECONDS))),
            rounds=1,
        )
        benchmark.extra_info["fresh_mb"] = round(before_mb)
        benchmark.extra_info["answers"] = len(found.seconds)
        what = "memory of a server after mixed reading over 64 connections"
        promise(benchmark, what, fresh.memory_mb / 1000, unit="GB", at_most=0.6)
        assert set(found.statuses) == {200}, found.statuses


def mixed(paths: list[str]) -> list[str]:
    """Return limits, chains, graphs, firms, searches, pages and CSV in turn."""
    made = []
    for path in paths[:MIXED]:
        chain, _, firm = path.removeprefix("/api/v1").partition("/limits/")
        made += [path, f"/api/v1{chain}/limits?size=1000", f"/api/v1{chain}/graph", chain]
        made += [f"/api/v1/firms/{firm}", f"/api/v1/firms/{firm}/limits", f"/firms/{firm}"]
        made += [f"/firms?q={firm[2:5]}", f"/api/v1/firms?q={firm[:5]}", "/cores"]
        made += [f"{chain}/limits.csv", f"{chain}/limits/{firm}"]
    return made
