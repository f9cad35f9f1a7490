"""Scenarios in the data folder: a document and the rounds of every firm, written once."""

import json
import re
import shutil
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from app.platform.deps import Resources
from app.platform.documents import Document, dumps
from app.platform.errors import Absent
from app.platform.process.locks import DAMAGED
from graph.digests import faults, is_sealed, seal, set_apart, verify
from graph.errors import Damaged

DOCUMENT = "scenario.json"
ROUNDS = "rounds.parquet"
NAME = re.compile(r"scenario-\d+-[0-9a-f]{16}")


def folder_of(resources: Resources) -> Path:
    """Return the folder of the scenarios of a data folder."""
    return resources.runs / "scenarios"


class Scenarios:
    """The scenarios in one folder; what stands there is whole and never changes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def has(self, scenario: str) -> bool:
        """Return whether there is such a scenario, as it was saved."""
        if not self._is_there(scenario):
            return False
        try:
            verify(self._folder / scenario)
        except Damaged:
            return False
        return True

    def _is_there(self, scenario: str) -> bool:
        return NAME.fullmatch(scenario) is not None and is_sealed(self._folder / scenario)

    def text(self, scenario: str) -> str:
        """
        Return a scenario's document as it was written.

        Raises:
            Absent: There is no such scenario; one that a release saved without digests is none.
            Damaged: It is not as it was saved.
        """
        if not self._is_there(scenario):
            raise Absent(f"no scenario {scenario!r}")
        verify(self._folder / scenario)
        return (self._folder / scenario / DOCUMENT).read_text(encoding="utf-8")

    def find(self, scenario: str) -> Document | None:
        """
        Return a scenario's document, or None.

        Raises:
            Damaged: It is not as it was saved.
        """
        if not self._is_there(scenario):
            return None
        found: Document = json.loads(self.text(scenario))
        return found

    def drop_damaged(self, scenario: str) -> None:
        """Set a scenario apart that is not as it was saved, so that it can be computed again."""
        place = self._folder / scenario
        if place.is_dir() and faults(place):
            set_apart(place, self._folder.parent.parent / DAMAGED, "; ".join(faults(place)))

    def read(self, scenario: str) -> Document:
        """
        Return a scenario's document.

        Raises:
            Absent: There is no such scenario.
            Damaged: It is not as it was saved.
        """
        found = self.find(scenario)
        if found is None:
            raise Absent(f"no scenario {scenario!r}")
        return found

    def round(self, scenario: str, number: int) -> pa.Table:
        """Return who lost what in one round: id, name, loss_fen, loss_e12, largest first."""
        self.read(scenario)
        rows = pq.read_table(self._folder / scenario / ROUNDS)
        return rows.filter(pc.equal(rows["round"], number)).drop_columns(["round"])

    def save(self, document: Document, rounds: pa.Table) -> None:
        """Keep a scenario; of two that are saved at once one stays, they are equal."""
        self._folder.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(dir=self._folder, prefix=".fresh-"))
        try:
            (fresh / DOCUMENT).write_text(dumps(document), encoding="utf-8")
            pq.write_table(rounds, fresh / ROUNDS)
            seal(fresh)
            place = self._folder / document["scenario"]
            if not place.exists():
                fresh.rename(place)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
