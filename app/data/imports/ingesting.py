"""An import with what this process has open."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.platform.deps import Resources
from ingestion.collect import Progress
from ingestion.process import ImportBounds, ingest
from ingestion.run import ImportJob, ImportOutcome, silent
from ingestion.source import names

MIB = 2**20


@dataclass(frozen=True, slots=True)
class Options:
    """What may be said of an import beside its files."""

    as_of: dt.date | None = None  # The last day that is seen.
    replace: bool = False  # Forget what the source gave before.


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
    settings = resources.settings
    job = ImportJob(
        store=resources.store,
        home=resources.home,
        now=resources.now(),
        as_of=options.as_of,
        replace=options.replace,
        zone=settings.zone,
        progress=progress,
    )
    outcome = ingest(
        source,
        paths,
        job=job,
        store=settings.graph_place(),
        bounds=ImportBounds(settings.import_memory_mib * MIB, settings.import_seconds),
        alive=alive,
    )
    resources.forget()
    return outcome


def source_names() -> list[str]:
    """Return the names of the sources that there are."""
    return list(names())
