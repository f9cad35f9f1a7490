"""
Trials of files that somebody hands in over the interface: one at a time, the files gone after.

A trial may take as long as an import. It holds no thread that answers readers, and ends with who
asked for it: a client that goes, or a service that stops, ends the child that reads the files.
"""

import asyncio
import datetime as dt
import re
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from app.data.imports.ingesting import check_files, guess_files
from app.data.imports.service import Upload
from app.platform.deps import Resources
from app.platform.errors import Busy, Malformed
from app.platform.http.turns import Turns
from ingestion.errors import ImportBusy, ImportRefused, Stopped
from ingestion.trial import TrialWishes, sweep, workroom

UNNAMED = "description"  # Under this name a text is tried that has none.
WAITING_MAX = 4  # Their files wait with them.
AGAIN_SECONDS = 5
Made = TypeVar("Made")
Alive = Callable[[], bool]


class Trials:
    """What is tried in one service; used by one event loop."""

    def __init__(self) -> None:
        self.open()

    def open(self) -> None:
        """Begin to try; an application may be started again after it was stopped."""
        self._stopped = threading.Event()
        self._turns = Turns("trials of files", at_once=1, waiting_max=WAITING_MAX)
        self._threads = ThreadPoolExecutor(1, "trials")

    async def run(self, who: str, work: Callable[[Alive], Made]) -> Made:
        """
        Return what some work gives, which asks now and then whether it is still wanted.

        Raises:
            Busy: Too many wait, the service stops, or an import runs.
            Malformed: The files or what reads them are refused.
        """
        gone = threading.Event()

        def alive() -> bool:
            """Return whether somebody waits for the work."""
            return not (gone.is_set() or self._stopped.is_set())

        async with self._turns.turn(who):
            doing = asyncio.get_running_loop().run_in_executor(self._threads, work, alive)
            try:
                return await asyncio.shield(doing)
            except asyncio.CancelledError:
                gone.set()
                await asyncio.gather(doing, return_exceptions=True)
                raise
            except (ImportBusy, Stopped) as error:
                raise Busy(str(error), again_seconds=AGAIN_SECONDS) from error

    def stop(self) -> None:
        """Send away who waits, and give up what runs: nothing of it is lost but the asking."""
        self._turns.close()
        self._stopped.set()

    def close(self) -> None:
        """Stop, and wait until what ran has ended."""
        self.stop()
        self._threads.shutdown()


@dataclass(frozen=True, slots=True)
class TrialRequest:
    """What is to be tried on files that are handed in."""

    source: str | None  # A text alone needs none.
    text: str | None = None  # The description, where it is not the one that is saved.
    as_of: dt.date | None = None  # The last day that is seen.
    changes: bool = False  # Whether to tell what would change in what is served.


def tried(
    resources: Resources, asked: TrialRequest, uploads: Sequence[Upload], alive: Alive
) -> dict[str, Any]:
    """
    Return the document of a trial of files, whose names have been checked.

    Raises:
        ImportBusy: An import runs.
        Stopped: `alive` said no.
        Malformed: What reads the files broke, or went past its bounds.
    """
    with handed_in(resources, uploads) as files:
        trial = check_files(
            resources,
            asked.source or UNNAMED,
            files,
            as_of=asked.as_of,
            wishes=TrialWishes(text=asked.text, changes=asked.changes),
            alive=alive,
        )
    return without_places(resources, dict(trial.document))


def guessed(
    resources: Resources, uploads: Sequence[Upload], owner: str, alive: Alive
) -> dict[str, Any]:
    """
    Return the document of what files look like, whose names have been checked.

    Raises:
        Stopped: `alive` said no.
        Malformed: What reads the files broke, or went past its bounds.
    """
    with handed_in(resources, uploads) as files:
        document = guess_files(resources, files, owner=owner, alive=alive)
    return without_places(resources, document)


def clear(home: Path) -> None:
    """Remove what a service that was killed has left of trials; where none may write it stays."""
    with suppress(OSError):
        if home.is_dir():
            sweep(home)


@contextmanager
def handed_in(resources: Resources, uploads: Sequence[Upload]) -> Iterator[list[Path]]:
    """Yield uploads as files of a folder that goes in the end, or with the next after a crash."""
    with workroom(resources.home.absolute()) as room:
        folder = room / "files"
        folder.mkdir()
        for each in uploads:
            with (folder / each.name).open("wb") as stream:
                shutil.copyfileobj(each.content, stream)
        try:
            yield sorted(folder.iterdir())
        except (ImportBusy, Stopped):
            raise
        except ImportRefused as error:
            raise Malformed(without_places(resources, str(error))) from error


def without_places(resources: Resources, said: Made) -> Made:
    """Return a document or a text in which files of the data folder have their names alone."""
    home = resources.home.absolute()
    every = "|".join(re.escape(str(each)) for each in dict.fromkeys((home, home.resolve())))
    found: Made = _without(re.compile(rf"(?:{every})(?:/(?:[^/\s'\"]+/)*|(?![\w.-]))"), said)
    return found


def _without(place: re.Pattern[str], said: Any) -> Any:
    if isinstance(said, str):
        return place.sub("", said)
    if isinstance(said, dict):
        return {key: _without(place, value) for key, value in said.items()}
    if isinstance(said, list | tuple):
        return [_without(place, each) for each in said]
    return said
