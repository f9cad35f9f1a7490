"""
An import in a process of its own, within bounds.

Files come from outside: one that asks for more memory than there is, or trips over a fault in a
library, ends the process that reads it. That process is a child, so that who waits for it learns
why and lives on. The child does the whole import: it publishes a version, or nothing.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from typing import Any, cast

from graph.stores.base import Store
from ingestion.errors import Broken, Stopped
from ingestion.lake.housekeeping import alone
from ingestion.run import ImportJob, ImportOutcome, silent, unnoticed
from ingestion.trial import Trial, TrialWishes, sweep, unreadable

POLL_SECONDS = 0.5
# What columns free goes back at once: memory that is only kept in reserve counts against the bound.
FRUGAL = {"_RJEM_MALLOC_CONF": "retain:false,dirty_decay_ms:200,muzzy_decay_ms:0,narenas:2"}
NAMED_MAX = 3


@dataclass(frozen=True, slots=True)
class ImportBounds:
    """What one import may take beyond what an empty process has, and whether it is wanted."""

    memory_bytes: int = 4 * 2**30
    seconds: float = 3600.0
    alive: Callable[[], bool] = lambda: True  # Asked about twice a second; at no the child ends.


@dataclass(frozen=True, slots=True)
class IngestOrder:
    """What a child is told: what to read, where to publish, and within what bounds."""

    source: str
    paths: tuple[Path, ...]
    job: ImportJob  # Without what belongs to this process: its store and its callbacks.
    store: Any  # The address of the store.
    memory_bytes: int
    trial: TrialWishes | None = None  # Nothing is published: only what would become of it is told.


@dataclass(frozen=True, slots=True)
class GuessOrder:
    """What a child is told that looks at files: which, and within what bounds."""

    paths: tuple[Path, ...]
    memory_bytes: int


@dataclass(frozen=True, slots=True)
class Guessed:
    """A child says what files look like."""

    document: dict[str, Any]


@dataclass(frozen=True, slots=True)
class FileBegun:
    """A child says which file it begins to read."""

    file: str


@dataclass(frozen=True, slots=True)
class StepReached:
    """A child says how far it is."""

    step: str
    done: int


@dataclass(frozen=True, slots=True)
class ImportFailed:
    """A child says why it did not publish."""

    error: Exception


@dataclass(slots=True)
class _LastReport:
    """The last that a child said of where it is."""

    file: str = ""
    step: str = "read"


def ingest(
    source: str,
    paths: Sequence[Path],
    *,
    job: ImportJob,
    store: Any,
    bounds: ImportBounds | None = None,
) -> ImportOutcome:
    """
    Return what became of the rows of some files, read by a child.

    Args:
        source: Name of the source.
        paths: Files, or folders of files, that the source knows.
        job: Where to publish, and when; its own store is not used.
        store: The address of the store, which the child opens itself.
        bounds: What the child may take.

    Raises:
        Refused: As `ingestion.run.ingest`; the served version stays.
        Broken: The child died, or went past its bounds; the message names the file.
        Stopped: It is no longer wanted; nothing was published.
        ImportBusy: Another import holds the lake.
    """
    limits = bounds or ImportBounds()
    order = IngestOrder(source, tuple(paths), _bare(job), store, limits.memory_bytes)
    said = _carried_out(order, job, limits)
    if not isinstance(said, ImportOutcome):
        raise TypeError("the child told of another order")
    return said


def check(
    source: str,
    paths: Sequence[Path],
    *,
    job: ImportJob,
    store: Any,
    bounds: ImportBounds,
    wishes: TrialWishes | None = None,
) -> Trial:
    """
    Return what an import of some files would do, tried by a child; nothing is published.

    Args:
        source: Name of the source.
        paths: Files, or folders of files, that the source knows.
        job: Where it would publish, and when; its own store is not used.
        store: The address of the store, which the child opens itself.
        bounds: What the child may take.
        wishes: What else is wanted.

    Raises:
        ImportRefused: There is no such source, or another import runs.
        Broken: The child died, or went past its bounds; the message names the file.
        Stopped: It is no longer wanted.
    """
    wanted = wishes or TrialWishes()
    early = unreadable(source, wanted.text, job)
    if early is not None:
        return early
    order = IngestOrder(source, tuple(paths), _bare(job), store, bounds.memory_bytes, trial=wanted)
    try:
        said = _carried_out(order, job, bounds)
    finally:
        sweep(job.home)  # What a child leaves that was ended.
    if not isinstance(said, Trial):
        raise TypeError("the child told of another order")
    return said


def guess(paths: Sequence[Path], *, bounds: ImportBounds) -> dict[str, Any]:
    """
    Return what a child proposes for some files; nothing is published.

    Args:
        paths: Files, or folders of files.
        bounds: What the child may take.

    Raises:
        BadFile: There is no such file or folder.
        Broken: The child died, or went past its bounds; the message names the file.
    """
    named = ", ".join(path.name for path in paths[:NAMED_MAX])
    order = GuessOrder(tuple(paths), bounds.memory_bytes)
    said = _answer(order, _LastReport(named, "guess"), bounds)
    if not isinstance(said, Guessed):
        raise TypeError("the child told of another order")
    return said.document


def _bare(job: ImportJob) -> ImportJob:
    """Return a job without what belongs to this process."""
    return replace(job, store=cast("Store", None), progress=silent, reading=unnoticed)


def _carried_out(order: IngestOrder, job: ImportJob, limits: ImportBounds) -> ImportOutcome | Trial:
    """Return what a child says in the end."""
    with alone(job.lake):
        pass  # Where another import runs, no child need be started to find that out.
    named = ", ".join(path.name for path in order.paths[:NAMED_MAX])
    seen = _LastReport(file=named or order.source)
    said = _answer(order, seen, limits, job=job)
    if isinstance(said, Guessed):
        raise TypeError("the child told of another order")
    return said


def _answer(
    order: IngestOrder | GuessOrder,
    seen: _LastReport,
    limits: ImportBounds,
    *,
    job: ImportJob | None = None,
) -> ImportOutcome | Trial | Guessed:
    """Return what a child says in the end; `seen` keeps how far it is."""
    with _child() as (child, line):
        with suppress(BrokenPipeError, ConnectionResetError):  # It died at once: see below.
            line.send(order)
        until = time.monotonic() + limits.seconds
        while True:
            said = _next(line)
            if isinstance(said, ImportOutcome | Trial | Guessed):
                return said
            if isinstance(said, ImportFailed):
                raise said.error
            if said is _GONE:
                raise Broken(f"{seen.file}: {_why(child, seen.step, limits)}")
            _pass_on(said, job, seen)
            if not limits.alive():
                raise Stopped(f"{seen.file}: the import was stopped; nothing was published")
            if time.monotonic() > until:
                raise Broken(
                    f"{seen.file}: the import took longer than {limits.seconds:.0f} s "
                    f"(step: {seen.step}) and was ended"
                )


_GONE = object()


def _next(line: "Connection[Any, Any]") -> object:
    """Return what the child says next, None where it says nothing for a while."""
    try:
        return line.recv() if line.poll(POLL_SECONDS) else None
    except (EOFError, ConnectionResetError):
        return _GONE


def _pass_on(said: object, job: ImportJob | None, seen: _LastReport) -> None:
    if isinstance(said, FileBegun):
        seen.file = said.file
        if job is not None:
            job.reading(Path(said.file))
    elif isinstance(said, StepReached):
        seen.step = said.step
        if job is not None:
            job.progress(said.step, said.done)


@contextmanager
def _child() -> "Iterator[tuple[subprocess.Popen[bytes], Connection[Any, Any]]]":
    """Yield a child and the line to it; it has ended when this ends, however this ends."""
    ours, theirs = Pipe()
    # Keys at a terminal go to all processes of a session: the child is told by us alone.
    child = subprocess.Popen(  # noqa: S603  # our own module
        [sys.executable, "-m", "ingestion.worker", str(theirs.fileno())],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,  # Where a command prints its answer.
        pass_fds=[theirs.fileno()],
        env={
            **FRUGAL,
            **os.environ,
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            "RUST_BACKTRACE": "0",
        },
        start_new_session=True,
    )
    theirs.close()
    try:
        yield child, ours
    finally:
        ours.close()
        child.kill()
        child.wait()


def _why(child: "subprocess.Popen[bytes]", step: str, bounds: ImportBounds) -> str:
    """Return how a child ended that said nothing."""
    code = child.wait()
    who = f"the process that imports it (step: {step})"
    if code >= 0:
        return f"{who} failed in a way that nobody expected; its log has more"
    room = bounds.memory_bytes // 2**20
    return (
        f"{who} was ended by {signal.Signals(-code).name}: "
        f"it needs more than {room} MiB of memory, or broke what read it"
    )
