"""A process that works an import and its refresh off, and stands still at a moment of it."""

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
from app.jobs import running, tasks
from app.jobs.running import take_up
from app.platform.config import Settings
from app.platform.deps import Resources, open_resources
from graph.testing.waiting import WAIT_S, until


def main(home: str, records_url: str, file: str, moment: str) -> None:
    """Take a file in and work it off; say so and stand still once the moment has come."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    settings = Settings(home=Path(home), records_url=records_url, stop_seconds=0)
    with open_resources(settings) as resources, Path(file).open("rb") as content:
        take(resources, ImportOrder("files", "test"), [Upload(Path(file).name, content)])
        lasts = dt.timedelta(seconds=30)  # No load outruns it; tests move the clock on by a minute.
        with Imports(resources, after=_hold(resources, moment), lasts=lasts, period_seconds=0.05):
            stop.wait(WAIT_S)


def _hold(resources: Resources, moment: str) -> Callable[[], object]:
    """Make the process stand still at a moment, and return what follows its imports."""
    if moment == "published":
        working.ingest_files = _then_stand(working.ingest_files)  # type: ignore[attr-defined]
    if moment == "begun":
        tasks.refresh_version = _standing  # type: ignore[attr-defined]
    if moment == "computed":
        running.rows.end = _standing  # type: ignore[assignment]
    if moment == "ordered":
        return lambda: _standing() if _done(resources) else None
    return lambda: take_up(resources)


def _done(resources: Resources) -> bool:
    current = resources.store.current()
    return current is not None and current.number > 1


def _then_stand(work: Callable[..., Any]) -> Callable[..., Any]:
    def worked(*arguments: Any, **named: Any) -> Any:
        outcome = work(*arguments, **named)
        _standing()
        return outcome

    return worked


def _standing(*_: Any, progress: Callable[[str, float], None] | None = None, **__: Any) -> Any:
    sys.stdout.write("now\n")
    sys.stdout.flush()
    until(lambda: progress and progress("limits", 0.5))


if __name__ == "__main__":
    main(*sys.argv[1:])
