"""
What the bank's readers make of a statement or of orders that a firm handed in; nothing is kept.

They are read as files of the source `files`, in a folder of their own that knows no other data:
what is told is of the file alone. An import judges it again, with all that the bank knows.
"""

import csv
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

from app.data.imports.ingesting import MIB
from app.data.sources.trials import without_places
from app.lending.papers import service
from app.platform.auth.sight import Sight
from app.platform.deps import Resources
from app.platform.documents import Document
from app.platform.errors import Conflict, Malformed
from ingestion.errors import ImportBusy, ImportRefused, Stopped
from ingestion.process import ImportBounds, check
from ingestion.reasons import REASONS
from ingestion.run import ImportJob
from ingestion.trial import TrialWishes, workroom

SOURCE = "files"
TABLES = {"statement": "firms", "orders": "orders"}
READ = ("csv", "xlsx")
FAULTS_MAX = 100
SECONDS_MAX = 60
MEMORY_MIB_MAX = 1024
Row = dict[str, Any]


def previewed(
    resources: Resources, sight: Sight, paper: str, alive: Callable[[], bool]
) -> Document:
    """
    Return how many rows of a paper would be used, and what is wrong with the others.

    Raises:
        Absent: There is none of this id, or it is another firm's.
        Conflict: It is of a kind or form of which nothing is read.
        Malformed: What reads it broke, or went past its bounds.
        Stopped: `alive` said no.
    """
    known = service.shown(resources, sight, paper)
    _, form, content = service.file_of(resources, sight, paper)
    if known["kind"] not in TABLES or form not in READ:
        raise Conflict(f"of {known['kind']} in {form} no preview is made")
    with workroom(resources.home.absolute()) as room:
        home = room / "home"
        home.mkdir()
        file, listing = room / f"{TABLES[known['kind']]}.{form}", room / "issues.csv"
        file.write_bytes(content)
        try:
            told = _tried(resources, home, file, listing, alive)
        except (ImportBusy, Stopped):
            raise
        except ImportRefused as error:
            raise Malformed(without_places(resources, str(error))) from error
        found = {name: told[name] for name in ("rows", "used", "set_aside", "refused")}
        faults = _faults(listing)
    document: Document = without_places(resources, {"paper": paper, **found, "faults": faults})
    return document


def _tried(
    resources: Resources, home: Path, file: Path, listing: Path, alive: Callable[[], bool]
) -> Row:
    """Return the document of a trial in a folder that knows nothing."""
    settings = resources.settings
    job = ImportJob(resources.store, home, resources.now(), lambda *_: None, zone=settings.zone)
    bounds = ImportBounds(
        min(settings.import_memory_mib, MEMORY_MIB_MAX) * MIB,
        min(settings.import_seconds, SECONDS_MAX),
        alive,
    )
    trial = check(
        SOURCE,
        [file],
        job=job,
        store=settings.model_copy(update={"home": home, "graph_url": ""}).graph_place(),
        bounds=bounds,
        wishes=TrialWishes(issues=listing),
    )
    return dict(trial.document)


def _faults(listing: Path) -> list[Document]:
    """Return the first rows that are set aside, each with its line, column and reason."""
    if not listing.is_file():
        return []
    with listing.open(encoding="utf-8", newline="") as stream:
        return [
            {
                "line": int(row["line"]),
                "column": row["column"],
                "reason": row["reason"],
                "zh": REASONS[row["reason"]].zh,
                "en": REASONS[row["reason"]].en,
            }
            for row in islice(csv.DictReader(stream), FAULTS_MAX)
        ]
