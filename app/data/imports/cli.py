"""The command `ingest`, with what this process has open."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from app.data.imports.ingesting import Options, ingest_files
from app.platform.audit.commands import audited
from app.platform.console.progress import progress
from app.platform.deps import open_resources
from ingestion import cli
from ingestion.collect import Progress


@contextmanager
def _ingesting(as_of: dt.date | None, replace: bool, told: Progress) -> Iterator[cli.Ingest]:  # noqa: FBT001  # called by position
    with open_resources() as resources, audited(resources, "ingest", str(resources.home)):
        options = Options(as_of, replace)
        yield partial(ingest_files, resources, options=options, progress=told)


ingest = cli.build(_ingesting, progress)
