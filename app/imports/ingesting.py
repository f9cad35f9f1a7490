"""An import with what this process has open."""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

from app.deps import Resources
from ingestion.run import Job, Outcome, ingest
from ingestion.source import names


def ingest_files(
    resources: Resources,
    source: str,
    paths: Sequence[Path],
    *,
    as_of: dt.date | None = None,
    replace: bool = False,
) -> Outcome:
    """
    Return what an import did: it published a version, or kept the one that is served.

    Raises:
        InvalidInput: The files are refused; the version that was served still is.
    """
    job = Job(
        store=resources.store,
        home=resources.home,
        now=resources.now(),
        as_of=as_of,
        replace=replace,
        zone=resources.settings.zone,
    )
    outcome = ingest(source, paths, job=job)
    resources.forget()
    return outcome


def source_names() -> list[str]:
    """Return the names of the sources that there are."""
    return list(names())
