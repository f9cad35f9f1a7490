"""What an import was given, read as its source says: files named after tables, or sets of rows."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from ingestion import pushes, source, strays
from ingestion.collect import Collected, collect
from ingestion.descriptions.gathering import Gathering
from ingestion.descriptions.model import Description
from ingestion.errors import BadFile
from ingestion.job import ImportJob
from ingestion.notes import Note
from ingestion.sets import Inputs, Query


def read(
    description: Description, paths: Sequence[Path], job: ImportJob, since: dict[str, str]
) -> tuple[Collected, list[Note]]:
    """
    Return every row that was given, and notes on files that are not read.

    Args:
        description: How it is to be read.
        paths: Files, or folders of files; none for databases.
        job: Where the bank works, and who is told how far the reading is.
        since: By set of a query how far it was read before.

    Raises:
        BadFile: A file is missing or broken, or nothing in it is known to the source.
    """
    if job.pushed:
        if not description.pushed:
            raise BadFile(f"source {description.name} takes nothing that is pushed")
        given = pushes.collected(
            paths, zone=job.zone, progress=job.progress, reading=job.reading, folder=job.lake
        )
        return given, []
    if not description.sets:
        raise BadFile(
            f"source {description.name} takes what is pushed to it; it reads no files. "
            "POST /imports publishes what is staged"
        )
    if description.forms:
        found, left = source.find(description.name, paths)
        if job.replace:
            strays.check(left)
        given = collect(found, job.progress, zone=job.zone, reading=job.reading, folder=job.lake)
        return given, [stray.note for stray in left]

    def reading(path: Path) -> None:
        """Say which file is read now."""
        job.progress(f"reading {path.name}", 0)
        job.reading(path)

    with Inputs(paths, environ=job.environ or os.environ, since=since) as inputs:
        given = Gathering(description, inputs, job.zone, reading, job.lake).collected()
    if not given.files:
        _refuse_nothing(description, paths)
    return given, []


def nothing_new(given: Collected, since: Mapping[str, str]) -> bool:
    """Return whether queries that go on where they ended have simply found nothing more."""
    queries = all(file.query and file.query in since for file in given.files)
    return queries and not any(file.rows for file in given.files)


def _refuse_nothing(description: Description, paths: Sequence[Path]) -> None:
    sets = description.sets.values()
    asked = [rows.origin.files for rows in sets if not isinstance(rows.origin, Query)]  # type: ignore[union-attr]
    where = ", ".join(map(str, paths)) or "no file"
    raise BadFile(
        f"nothing that source {description.name} knows in {where}; "
        f"it asks for {', '.join(dict.fromkeys(asked))}"
    )
