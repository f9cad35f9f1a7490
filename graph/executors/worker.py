"""What a worker process of Dask does with a chunk of work."""

import hashlib
import pickle
import platform
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module, metadata
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from graph.errors import ExecutorFailed, GraphError
from graph.executors.work import Work

PACKAGE = Path(__file__).parent.parent
COMPUTING = ("numba", "llvmlite", "numpy")
KEPT_MAX = 2  # Works a process keeps ready, each with the workspaces of its threads.


@dataclass(frozen=True, slots=True)
class ChunkOrder:
    """A chunk, what to do it with, and the versions that who asks computes with."""

    work: bytes  # Pickled: it is read where it runs, once the versions are found to be the same.
    chunk: Any
    versions: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Sent:
    """An order on its way: it is carried out where it is unpickled."""

    order: ChunkOrder

    def __reduce__(self) -> tuple[Callable[[ChunkOrder], Any], tuple[ChunkOrder]]:
        return run, (self.order,)


@dataclass(frozen=True, slots=True)
class Refusal:
    """What was raised on purpose: it is no failure, and is not tried again."""

    error: GraphError


@dataclass(frozen=True, slots=True)
class _Ready:
    work: Work[Any, Any]
    spare: SimpleQueue[Callable[[Any], Any]] = field(default_factory=SimpleQueue)


# What this process has made, the last used at the end; threads share it.
_ready: OrderedDict[bytes, _Ready] = OrderedDict()
_making = threading.Lock()


def run(order: ChunkOrder) -> Any:
    """Return what the chunk gives, or what was raised on purpose."""
    try:
        ready = _made(order)
    except (GraphError, OSError) as error:
        return Refusal(ExecutorFailed(f"worker {_address()}: {error}"))
    try:
        worker = ready.spare.get_nowait()
    except Empty:
        worker = ready.work.worker()
    try:
        result = worker(order.chunk)
    except GraphError as error:
        return Refusal(error)
    ready.spare.put(worker)
    return result


def _made(order: ChunkOrder) -> _Ready:
    """Return the work of an order, read once and kept."""
    here = versions()
    for name, version in order.versions.items():
        if here.get(name) != version:
            raise ExecutorFailed(f"{name} is {here.get(name)} there and {version} here")
    with _making:
        if order.work not in _ready:
            work = pickle.loads(order.work)  # noqa: S301  # As this order itself was.
            _ready[order.work] = _Ready(work)
        _ready.move_to_end(order.work)
        while len(_ready) > KEPT_MAX:
            _ready.popitem(last=False)
        return _ready[order.work]


@cache
def versions() -> Mapping[str, str]:
    """Return the versions that figures depend on; this package's is a hash of its sources."""
    digest = hashlib.sha256()
    for path in sorted(PACKAGE.rglob("*.py")):
        digest.update(path.relative_to(PACKAGE).as_posix().encode())
        digest.update(path.read_bytes())
    python = ".".join(platform.python_version_tuple()[:2])
    named = {name: metadata.version(name) for name in COMPUTING}
    return {"python": python, "deeptier": digest.hexdigest()[:12], **named}


def _address() -> str:
    """Return the address of this worker; there is none where no worker runs this."""
    try:
        return str(import_module("distributed").get_worker().address)
    except ValueError:
        return "of this process"
