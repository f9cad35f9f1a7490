"""
The child that carries an import out: `python -m ingestion.worker DESCRIPTOR`.

It is bound in memory, is the first to go where the machine has none left, ignores the signals
that stop a service (who started it ends it), and ends at once when that process is gone.
"""

import contextlib
import os
import re
import resource
import signal
import sys
import threading
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from graph.errors import GraphError
from graph.stores import open_store
from ingestion.errors import Broken
from ingestion.guess import guess
from ingestion.process import (
    FileBegun,
    Guessed,
    GuessOrder,
    ImportFailed,
    IngestOrder,
    StepReached,
)
from ingestion.run import ImportOutcome, ingest
from ingestion.trial import Trial, check

ORPHANED = 3
MIB = 2**20


def main(descriptor: int) -> None:
    """Carry out the order that comes down the line, and say how it ended."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    line: Connection[Any, Any] = Connection(descriptor)
    order: IngestOrder | GuessOrder = line.recv()
    threading.Thread(target=_watch, args=(line,), daemon=True).start()
    _bound(order.memory_bytes)
    line.send(_carried_out(order, line))


def _carried_out(
    order: IngestOrder | GuessOrder, line: "Connection[Any, Any]"
) -> ImportOutcome | Trial | Guessed | ImportFailed:
    file = ""

    def reading(path: Path) -> None:
        """Tell the parent which file is read now."""
        nonlocal file
        file = path.name
        line.send(FileBegun(file))

    try:
        if isinstance(order, GuessOrder):
            return Guessed(guess(order.paths, reading=reading))
        with open_store(order.store) as store:
            job = replace(
                order.job,
                store=store,
                progress=lambda step, done: line.send(StepReached(step, done)),
                reading=reading,
            )
            if order.trial is not None:
                return check(order.source, order.paths, job=job, wishes=order.trial)
            return ingest(order.source, order.paths, job=job)
    except (GraphError, OSError) as error:
        return ImportFailed(error)
    except MemoryError:
        room = order.memory_bytes // MIB
        return ImportFailed(Broken(f"{file}: the import needs more than {room} MiB of memory"))


def _watch(line: "Connection[Any, Any]") -> None:
    """End this process once the one that started it is gone."""
    with contextlib.suppress(EOFError, OSError):
        line.recv()  # Nothing more is ever sent.
    os._exit(ORPHANED)


def _bound(memory_bytes: int) -> None:
    """Take no more memory than that beyond what this process has by now."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    status = Path("/proc/self/status")
    held = re.search(r"VmData:\s+(\d+) kB", status.read_text()) if status.is_file() else None
    most = memory_bytes + (int(held[1]) * 1024 if held else 0)
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (most if hard < 0 else min(most, hard), hard))
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


if __name__ == "__main__":
    main(int(sys.argv[1]))
