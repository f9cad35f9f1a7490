"""`deeptier serve` as a user starts it, and clients that ask it over kept connections."""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.figures import ROOT

SAYS = "serving on http://"


@dataclass(frozen=True, slots=True)
class Service:
    """A service in a process of its own."""

    process: "subprocess.Popen[str]"
    host: str
    port: int
    token: str

    @property
    def memory_mb(self) -> float:
        """Return what the service and the processes it started hold in memory."""
        pids = [self.process.pid, *_children(self.process.pid)]
        return sum(_resident_kb(pid) for pid in pids) / 1024


@dataclass(slots=True)
class Asked:
    """What came of asking: seconds of each answer, statuses, and the time over all."""

    seconds: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    total_seconds: float = 0.0

    def percentile_ms(self, percent: int) -> float:
        """Return the time within which that share of the answers came."""
        ordered = sorted(self.seconds)
        return ordered[(len(ordered) - 1) * percent // 100] * 1000


@contextlib.contextmanager
def started(home: Path, token: str) -> Iterator[Service]:
    """Yield the service of a data folder."""
    process = subprocess.Popen(
        [sys.executable, "-m", "app.cli", "serve", "--no-jobs"],
        cwd=ROOT,
        env={**os.environ, "DEEPTIER_HOME": str(home), "DEEPTIER_PORT": "0"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = next(each for each in process.stdout if each.startswith(SAYS))
        host, _, port = line.strip().removeprefix(SAYS).rpartition(":")
        yield Service(process, host, int(port), token)
    finally:
        process.terminate()
        process.wait(timeout=60)
        assert process.stdout is not None
        process.stdout.close()


class Line:
    """One kept connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def ask(self, text: bytes) -> tuple[int, dict[str, str]]:
        """Return status and headers of an answer; its body is read."""
        self._writer.write(text)
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {
            name.lower(): value.strip()
            for name, _, value in (each.partition(":") for each in head[1:] if each)
        }
        await self._reader.readexactly(int(headers.get("content-length", "0")))
        return int(head[0].split()[1]), headers


@contextlib.asynccontextmanager
async def line_to(service: Service) -> AsyncIterator[Line]:
    """Yield a connection to the service."""
    reader, writer = await asyncio.open_connection(service.host, service.port)
    try:
        yield Line(reader, writer)
    finally:
        writer.close()
        await writer.wait_closed()


def get(service: Service, path: str) -> bytes:
    """Return the request that reads a path."""
    return (
        f"GET {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {service.token}\r\n\r\n"
    ).encode()


def post(service: Service, path: str, document: object, token: str | None = None) -> bytes:
    """Return the request that posts a document; with no token at all where it is empty."""
    body = json.dumps(document)
    bearer = service.token if token is None else token
    who = f"Authorization: Bearer {bearer}\r\n" if bearer else ""
    return (
        f"POST {path} HTTP/1.1\r\nHost: bench\r\n{who}Content-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


async def read(
    service: Service, paths: Sequence[str], connections: int, going: Callable[[], bool]
) -> Asked:
    """Return what came of reading paths in turn over so many connections, as long as told."""
    asked, began = Asked(), time.perf_counter()

    async def one(first: int) -> None:
        number = first
        async with line_to(service) as line:
            while going():
                path = paths[number % len(paths)]
                number += connections
                at = time.perf_counter()
                status, _ = await line.ask(get(service, path))
                asked.seconds.append(time.perf_counter() - at)
                asked.statuses[status] = asked.statuses.get(status, 0) + 1

    await asyncio.gather(*(one(number) for number in range(connections)))
    asked.total_seconds = time.perf_counter() - began
    return asked


def for_answers(count: int) -> Callable[[], bool]:
    """Return what says yes so many times."""
    left = count

    def going() -> bool:
        nonlocal left
        left -= 1
        return left >= 0

    return going


def for_seconds(seconds: float) -> Callable[[], bool]:
    """Return what says yes for so long."""
    until = time.perf_counter() + seconds
    return lambda: time.perf_counter() < until


def _children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children")
    direct = [int(each) for each in found.read_text().split()] if found.exists() else []
    return [each for child in direct for each in (child, *_children(child))]


def _resident_kb(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1])
