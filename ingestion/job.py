"""What an import may not know by itself: where it goes, when it is, who is told how far it is."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from graph.stores.base import Store
from ingestion.collect import Progress, Reading
from ingestion.days import ZONE, day_of
from ingestion.descriptions.folders import SourceFolders


def silent(step: str, done: int) -> None:
    """Tell nobody how far an import is."""


def unnoticed(path: Path) -> None:
    """Tell nobody which file is read."""


@dataclass(frozen=True, slots=True)
class ImportJob:
    """Where an import goes, and what it may not know by itself."""

    store: Store
    home: Path
    now: dt.datetime
    progress: Progress = silent
    as_of: dt.date | None = None
    replace: bool = False
    zone: dt.tzinfo = ZONE  # Where the bank's day begins and ends.
    reading: Reading = unnoticed
    further: Path | None = None  # A folder of descriptions beside that of the data folder.
    pushed: bool = False  # Whether the files are lines that were pushed, in their order.
    environ: Mapping[str, str] = field(default_factory=dict)  # Addresses of databases.

    @property
    def today(self) -> dt.date:
        """Return the bank's day on which the import runs."""
        return day_of(self.now, self.zone)

    @property
    def lake(self) -> Path:
        """Return the lake's folder."""
        return self.home / "lake"

    @property
    def folders(self) -> SourceFolders:
        """Return where the descriptions of sources lie."""
        return SourceFolders(self.home / "sources", self.further)
