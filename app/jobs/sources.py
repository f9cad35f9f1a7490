"""Imports of sources by the clock: what their descriptions say of when, and ordering them."""

from collections.abc import Mapping
from pathlib import Path

from app.data.imports.repository import newest, waits
from app.data.imports.service import ImportOrder, take_staged
from app.platform.deps import Resources
from app.platform.documents import Document
from app.platform.errors import AppError, Conflict
from app.platform.process.logs import logger
from graph.errors import GraphError
from ingestion.descriptions.schedules import BY_HAND, fields

BY = "schedule"
_BEFORE = "source "  # Stands before the name of a source in the name of its job.
log = logger("deeptier.jobs")


def is_source(job: str) -> bool:
    """Return whether a job imports a source."""
    return job.startswith(_BEFORE)


class SourceSchedules:
    """
    The sources that are imported by the clock, by the names of their jobs.

    Descriptions are read again only where a file of them has changed.
    """

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._seen: object = None
        self.times: Mapping[str, Mapping[str, str]] = {}

    def changed(self) -> bool:
        """Return whether descriptions have changed since this was asked last; they are read."""
        try:
            seen = [(name, place, _stamp(place)) for name, place in self._own()]
        except OSError as error:
            log.warning("schedules", detail=str(error))
            return False
        if seen == self._seen:
            return False
        found = {name: self._schedule(name) for name, *_ in seen}
        self._seen = seen
        self.times = {f"{_BEFORE}{name}": fields(s) for name, s in found.items() if s != BY_HAND}
        return True

    def _own(self) -> list[tuple[str, Path]]:
        places = self._resources.sources.places()
        return [(name, place) for name, (whose, place) in sorted(places.items()) if whose == "own"]

    def _schedule(self, name: str) -> str:
        """Return when a source is imported; one that cannot be read is by hand until it can."""
        try:
            return self._resources.sources.load(name).schedule
        except (GraphError, OSError) as error:
            log.warning("schedules", source=name, detail=str(error))
            return BY_HAND


def _stamp(place: Path) -> tuple[int, int]:
    told = place.stat()
    return told.st_mtime_ns, told.st_size


def listed(resources: Resources) -> list[Document]:
    """Return the imports by the clock as jobs are listed, with how the last of each ended."""
    schedules = SourceSchedules(resources)
    schedules.changed()
    return [
        {
            "name": job,
            "says": "what was pushed to the source, or what its databases hold",
            "when": " ".join(f"{name}={value}" for name, value in when.items() if value != "*"),
            "last": newest(resources.records, job.removeprefix(_BEFORE), by=BY),
        }
        for job, when in schedules.times.items()
    ]


def order_import(resources: Resources, job: str) -> None:
    """Order the import of a source, unless one waits already or there is nothing to import."""
    name = job.removeprefix(_BEFORE)
    try:
        if not waits(resources.records, name, "queries"):
            take_staged(resources, ImportOrder(name, BY))
    except Conflict as error:
        log.info("schedule", source=name, detail=str(error))
    except (GraphError, AppError, OSError) as error:
        log.warning("schedule", source=name, detail=str(error))
