"""A process that takes an import in and works it off, for the tests of what is left of it."""

import datetime as dt
import signal
import sys
import threading
from pathlib import Path

from app.data.imports.service import Order, Upload, read, take
from app.data.imports.working import Imports
from app.platform.config import Settings
from app.platform.deps import open_resources

SECONDS_MAX = 60


def main(home: str, file: str, moment: str) -> None:
    """Take a file in; be at some moment of its import when the word is said."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    settings = Settings(home=Path(home), stop_seconds=0)
    with open_resources(settings) as resources, Path(file).open("rb") as content:
        row = take(resources, Order("files", "test"), [Upload(Path(file).name, content)])
        if moment == "waiting":
            say(row["import"])
            stop.wait(SECONDS_MAX)
            return
        lasts = dt.timedelta(seconds=3)
        with Imports(resources, after=lambda: None, lasts=lasts, period_seconds=0.05):
            while read(resources, row["import"])["state"] != "running":
                stop.wait(0.02)
            say(row["import"])
            stop.wait(SECONDS_MAX)


def say(word: str) -> None:
    """Write a line at once."""
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
