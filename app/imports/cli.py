"""The command `ingest`, with what this process has open."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager

from app.audit.commands import audited
from app.deps import open_resources
from ingestion import cli
from ingestion.collect import Progress
from ingestion.run import Job


@contextmanager
def _job(as_of: dt.date | None, replace: bool, progress: Progress) -> Iterator[Job]:  # noqa: FBT001  # called by position
    with open_resources() as resources, audited(resources, "ingest", str(resources.home)):
        yield Job(
            store=resources.store,
            home=resources.home,
            now=resources.now(),
            progress=progress,
            as_of=as_of,
            replace=replace,
            zone=resources.settings.zone,
        )


ingest = cli.build(_job)
