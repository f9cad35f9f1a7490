"""An import with what this process has open."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.books.business_day import open_books
from app.platform.deps import Resources
from ingestion.collect import Progress
from ingestion.descriptions.editing import put
from ingestion.process import ImportBounds, check, guess, ingest
from ingestion.run import ImportJob, ImportOutcome, silent
from ingestion.trial import Trial, TrialWishes

MIB = 2**20


@dataclass(frozen=True, slots=True)
class Options:
    """What may be said of an import beside its files."""

    as_of: dt.date | None = None  # The last day that is seen.
    replace: bool = False  # Forget what the source gave before.
    pushed: bool = False  # The files hold lines that were pushed.


PLAIN = Options()


def ingest_files(
    resources: Resources,
    source: str,
    paths: Sequence[Path],
    *,
    options: Options = PLAIN,
    progress: Progress = silent,
    alive: Callable[[], bool] = lambda: True,
) -> ImportOutcome:
    """
    Return what an import did: it published a version, or kept the one that is served.

    A child reads the files within the bounds of the settings, so that none can end this process.

    Args:
        resources: Where to publish.
        source: Name of the source.
        paths: Files, or folders of files.
        options: What else was said.
        progress: Told how far the import is.
        alive: Asked about twice a second; once it says no, the import is given up.

    Raises:
        Refused: The files are refused, or break who reads them; the version that was served
            still is.
        Stopped: `alive` said no.
    """
    outcome = ingest(
        source,
        paths,
        job=_job(resources, options, progress),
        store=resources.settings.graph_place(),
        bounds=_bounds(resources, alive),
    )
    resources.forget()
    open_books(resources)
    return outcome


def check_files(
    resources: Resources,
    source: str,
    paths: Sequence[Path],
    *,
    as_of: dt.date | None = None,
    wishes: TrialWishes | None = None,
    alive: Callable[[], bool] = lambda: True,
) -> Trial:
    """
    Return what an import would do; nothing is published.

    Args:
        resources: Where it would publish.
        source: Name of the source.
        paths: Files, or folders of files; none for databases.
        as_of: The last day that is seen.
        wishes: What else is wanted; its paths are absolute.
        alive: Asked about twice a second; once it says no, the trial is given up.

    Raises:
        ImportRefused: There is no such source, or another import runs.
        Stopped: `alive` said no.
    """
    return check(
        source,
        paths,
        job=_job(resources, Options(as_of), silent),
        store=resources.settings.graph_place(),
        bounds=_bounds(resources, alive),
        wishes=wishes,
    )


def guess_files(
    resources: Resources,
    paths: Sequence[Path],
    *,
    owner: str,
    alive: Callable[[], bool] = lambda: True,
) -> dict[str, Any]:
    """
    Return what some files look like, and a description that is proposed for them.

    A child reads the files within the bounds of the settings; nothing is published or kept.

    Args:
        resources: Whose bounds count.
        paths: Files, or folders of files.
        owner: Who asks, in whose name the description is proposed.
        alive: Asked about twice a second; once it says no, the child is ended.

    Raises:
        ImportRefused: There is no such file or folder, or reading them broke the child.
        Stopped: `alive` said no.
    """
    found = guess(paths, bounds=_bounds(resources, alive))
    text = found["description"]
    return {**found, "description": put(text, ("owner",), owner) if text else ""}


def _job(resources: Resources, options: Options, progress: Progress) -> ImportJob:
    settings = resources.settings
    return ImportJob(
        store=resources.store,
        home=resources.home.absolute(),
        now=resources.now(),
        as_of=options.as_of,
        replace=options.replace,
        pushed=options.pushed,
        zone=settings.zone,
        progress=progress,
        further=settings.sources,
    )


def _bounds(resources: Resources, alive: Callable[[], bool]) -> ImportBounds:
    settings = resources.settings
    return ImportBounds(settings.import_memory_mib * MIB, settings.import_seconds, alive)


def source_names(resources: Resources) -> list[str]:
    """Return the names of the sources that there are."""
    return resources.sources.names()
