"""A process that takes an import in and works it off, for the tests of what is left of it."""

import datetime as dt
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from app.data.imports import working
from app.data.imports.service import ImportOrder, Upload, take
from app.data.imports.working import Imports
from app.platform.config import Settings
from app.platform.deps import open_resources
from graph.testing.waiting import WAIT_S
from ingestion.errors import Stopped


def main(home: str, file: str, moment: str) -> None:
    """Take a file in; say its name once a moment of its import has come, and wait for the end."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    settings = Settings(home=Path(home), stop_seconds=0)
    with open_resources(settings) as resources, Path(file).open("rb") as content:
        row = take(resources, ImportOrder("files", "test"), [Upload(Path(file).name, content)])
        if moment == "waiting":
            say(row["import"])
            stop.wait(WAIT_S)
            return
        held = stand if moment == "running" else go_on
        working.ingest_files = held(row["import"], working.ingest_files)  # type: ignore[attr-defined]
        lasts = dt.timedelta(seconds=30)  # No load outruns it; tests move the clock on by a minute.
        with Imports(resources, after=lambda: None, lasts=lasts, period_seconds=0.05):
            stop.wait(WAIT_S)


def stand(name: str, _: Callable[..., Any]) -> Callable[..., Any]:
    """Stand still where the files would be read, until told to stop."""

    def standing(*_: Any, alive: Callable[[], bool], **__: Any) -> None:
        say(name)
        while alive():
            threading.Event().wait(0.02)
        raise Stopped(name)

    return standing


def go_on(name: str, ingest: Callable[..., Any]) -> Callable[..., Any]:
    """Say the name while a child reads the files."""

    def reading(*arguments: Any, alive: Callable[[], bool], **named: Any) -> Any:
        return ingest(*arguments, alive=lambda: say(name) or alive(), **named)

    return reading


def say(word: str) -> None:
    """Write a line at once."""
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
