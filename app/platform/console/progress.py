"""
How far a command is, on standard error: a bar on a terminal, elsewhere a line every few seconds.

Nothing is shown of what ends sooner. Those who work are handed a function that takes the step they
are at and the share of it that is done; where they say nothing for long, the time still runs.
"""

import contextlib
import sys
import threading
import time
from collections.abc import Callable, Iterator

from app.platform.console import output as console

EVERY_SECONDS = 5.0
Step = Callable[[str, float | None], None]  # The share is None where nobody knows it.


def quietly(_step: str, _share: float | None) -> None:
    """Tell nobody."""


@contextlib.contextmanager
def progress(title: str, *, every_seconds: float = EVERY_SECONDS) -> Iterator[Step]:
    """
    Yield a function that takes the step that is being done and the share of it that is done.

    Args:
        title: What works: the command's name.
        every_seconds: How long between two lines where standard error is no terminal.
    """
    shown = _bar(title) if sys.stderr.isatty() else _lines(title, every_seconds)
    with shown as step:
        yield step


@contextlib.contextmanager
def _bar(title: str) -> Iterator[Step]:
    from rich.console import Console  # noqa: PLC0415  # Loaded for those who see it.
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None)

        def step(name: str, share: float | None) -> None:
            """Show how far the work is."""
            told = console.plain(f"{title}: {name}")
            total = None if share is None else 1.0
            bar.update(task, description=told, total=total, completed=share or 0.0)

        yield step


@contextlib.contextmanager
def _lines(title: str, every_seconds: float) -> Iterator[Step]:
    said: tuple[str, float | None] | None = None
    ended = threading.Event()
    began = time.monotonic()

    def step(name: str, share: float | None) -> None:
        """Keep how far the work is, to be told when it is time."""
        nonlocal said
        said = name, share

    def tell() -> None:
        """Print a line every so often until the work has ended."""
        while not ended.wait(every_seconds):
            if said is None:
                continue
            name, share = said
            seconds = time.monotonic() - began
            done = "" if share is None else f"{share:.0%}, "
            console.say(console.plain(f"{title}: {name}, {done}{seconds:.0f} s"))

    teller = threading.Thread(target=tell, name="progress", daemon=True)
    teller.start()
    try:
        yield step
    finally:
        ended.set()
        teller.join()
