"""
Scenarios in the data folder: a document and a table of figures, written once.

What a further question about a scenario found stands beside it, as a part: `SCENARIO.PART`.
"""

import json
import re
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from app.platform.deps import Resources
from app.platform.documents import Document, dumps
from app.platform.errors import Absent
from app.platform.process.locks import DAMAGED
from graph.digests import faults, is_sealed, set_apart, verify
from graph.errors import Damaged
from graph.folders import sealing

DOCUMENT = "scenario.json"
ROUNDS = "rounds.parquet"
NAME = re.compile(r"scenario-\d+-[0-9a-f]{16}")
Part = Literal["", "rounds", "attribution"]


def folder_of(resources: Resources) -> Path:
    """Return the folder of the scenarios of a data folder."""
    return resources.runs / "scenarios"


class ScenarioFolder:
    """The scenarios in one folder; what stands there is whole and never changes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def has(self, scenario: str, part: Part = "") -> bool:
        """Return whether there is such a scenario or part of it, as it was saved."""
        if not self._is_there(scenario, part):
            return False
        try:
            verify(self._place(scenario, part))
        except Damaged:
            return False
        return True

    def _place(self, scenario: str, part: Part) -> Path:
        return self._folder / (f"{scenario}.{part}" if part else scenario)

    def _is_there(self, scenario: str, part: Part) -> bool:
        return NAME.fullmatch(scenario) is not None and is_sealed(self._place(scenario, part))

    def newest(self, count: int) -> list[tuple[str, float]]:
        """Return the scenarios that are there with the time they were kept at, the newest first."""
        if not self._folder.is_dir():
            return []
        found = [
            (each.name, each.stat().st_mtime)
            for each in self._folder.iterdir()
            if self._is_there(each.name, "")
        ]
        return sorted(found, key=lambda pair: (-pair[1], pair[0]))[:count]

    def text(self, scenario: str, part: Part = "") -> str:
        """
        Return a document as it was written.

        Raises:
            Absent: There is no such scenario; one that a release saved without digests is none.
            Damaged: It is not as it was saved.
        """
        if not self._is_there(scenario, part):
            raise Absent(f"no scenario {scenario!r}")
        place = self._place(scenario, part)
        verify(place)
        return (place / DOCUMENT).read_text(encoding="utf-8")

    def find(self, scenario: str) -> Document | None:
        """
        Return a scenario's document, or None.

        Raises:
            Damaged: It is not as it was saved.
        """
        return self.read(scenario) if self._is_there(scenario, "") else None

    def drop_damaged(self, scenario: str, part: Part = "") -> None:
        """Set apart what is not as it was saved, so that it can be computed again."""
        place = self._place(scenario, part)
        if place.is_dir() and faults(place):
            set_apart(place, self._folder.parent.parent / DAMAGED, "; ".join(faults(place)))

    def read(self, scenario: str, part: Part = "") -> Document:
        """
        Return a document.

        Raises:
            Absent: There is no such scenario.
            Damaged: It is not as it was saved.
        """
        found: Document = json.loads(self.text(scenario, part))
        return found

    def table(self, scenario: str, part: Part = "") -> pa.Table:
        """Return the figures beside a document."""
        self.text(scenario, part)
        return pq.read_table(self._place(scenario, part) / ROUNDS)

    def round(self, scenario: str, number: int) -> pa.Table:
        """Return who lost what in one round: id, name, loss_fen, loss_e12, largest first."""
        rows = self.table(scenario)
        return rows.filter(pc.equal(rows["round"], number)).drop_columns(["round"])

    def save(self, document: Document, figures: pa.Table, part: Part = "") -> None:
        """Keep a document; of two that are saved at once one stays, they are equal."""
        with sealing(self._place(document["scenario"], part)) as fresh:
            (fresh / DOCUMENT).write_text(dumps(document), encoding="utf-8")
            pq.write_table(figures, fresh / ROUNDS)
