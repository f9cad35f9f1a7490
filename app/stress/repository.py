"""Scenarios in the data folder: a document and the rounds of every firm, written once."""

import json
import re
import shutil
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from app.errors import Absent
from app.kit.documents import Document, dumps

DOCUMENT = "scenario.json"
ROUNDS = "rounds.parquet"
NAME = re.compile(r"scenario-\d+-[0-9a-f]{16}")


class Scenarios:
    """The scenarios in one folder; what stands there is whole and never changes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def has(self, scenario: str) -> bool:
        """Return whether there is such a scenario."""
        is_name = NAME.fullmatch(scenario) is not None
        return is_name and (self._folder / scenario / DOCUMENT).is_file()

    def text(self, scenario: str) -> str:
        """
        Return a scenario's document as it was written.

        Raises:
            Absent: There is no such scenario.
        """
        if not self.has(scenario):
            raise Absent(f"no scenario {scenario!r}")
        return (self._folder / scenario / DOCUMENT).read_text(encoding="utf-8")

    def find(self, scenario: str) -> Document | None:
        """Return a scenario's document, or None."""
        if not self.has(scenario):
            return None
        found: Document = json.loads(self.text(scenario))
        return found

    def read(self, scenario: str) -> Document:
        """
        Return a scenario's document.

        Raises:
            Absent: There is no such scenario.
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
            place = self._folder / document["scenario"]
            if not place.exists():
                fresh.rename(place)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
