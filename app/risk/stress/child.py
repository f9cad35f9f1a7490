"""A process of its own that computes scenarios, so that whoever reads meanwhile is not held up."""

import os
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable
from multiprocessing.connection import Connection, Pipe
from typing import Any

from app.platform.errors import Unready
from app.risk.stress.orders import Done, ScenarioFailed, ScenarioOrder

SECONDS_MAX = 600.0
POLL_SECONDS = 0.25


class Child:
    """Computes one scenario at a time; its process is started when it is needed."""

    def __init__(self, *, seconds_max: float = SECONDS_MAX) -> None:
        self._seconds_max = seconds_max
        self._process: subprocess.Popen[bytes] | None = None
        self._line: Connection[Any, Any] | None = None
        self._ended = threading.Event()
        self._end: Callable[[], object] = _nothing

    def compute(self, order: ScenarioOrder) -> str:
        """
        Return the name of a scenario once it is computed and saved.

        Raises:
            AppError: It was refused.
            GraphError: It was refused by the graph.
            Unready: The process ended over it, or took too long.
        """
        said = self._ask(order)
        if said is None:  # It had been idle for long enough to end just now.
            said = self._ask(order)
        if isinstance(said, Done):
            return said.scenario
        if isinstance(said, ScenarioFailed):
            raise said.error
        raise Unready("the process that computes scenarios ended")

    def end(self) -> None:
        """End the process; what it computes is lost, what it has saved is not."""
        self._ended.set()
        self._drop()

    def _ask(self, order: ScenarioOrder) -> object:
        """Return what the process says; None where it ends without a word."""
        line = self._started()
        try:
            line.send(order)
            waited = 0.0
            while not line.poll(POLL_SECONDS):
                waited += POLL_SECONDS
                if waited > self._seconds_max or self._ended.is_set():
                    self._drop()
                    raise Unready(f"the scenario was given up after {waited:.0f} s")
            return line.recv()
        except (EOFError, BrokenPipeError, ConnectionResetError):
            self._drop()
            return None

    def _started(self) -> "Connection[Any, Any]":
        if self._line and self._process and self._process.poll() is None:
            return self._line
        self._drop()
        ours, theirs = Pipe()
        self._process = subprocess.Popen(  # noqa: S603  # our own module
            [sys.executable, "-m", "app.risk.stress.worker", str(theirs.fileno())],
            stdin=subprocess.PIPE,  # Ends when this process does, however it ends.
            stdout=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            start_new_session=True,  # Keys at a terminal go to the service alone.
        )
        theirs.close()
        self._line = ours
        self._end = weakref.finalize(self, _end, self._process)
        return ours

    def _drop(self) -> None:
        if self._line is not None:
            self._line.close()
        self._line = self._process = None
        self._end()


def _nothing() -> None:
    """End no process: none was started."""


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    process.wait()
    if process.stdin is not None:
        process.stdin.close()
