"""What people decided about names: kept line by line, can be undone, outlives every import."""

import csv
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from graph.errors import InvalidInput

VERDICTS = ("same", "different", "undo")
COLUMNS = ("text", "firm", "verdict", "by", "decided_at")


@dataclass(frozen=True, slots=True)
class Decision:
    """One verdict: that a text names a firm, or does not, or that an earlier one is undone."""

    text: str
    firm: str
    verdict: str
    by: str
    decided_at: dt.datetime


class Decisions:
    """The decisions of one data folder; the last word on a text and firm counts."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "decisions.csv"

    def all(self) -> list[Decision]:
        """Return every decision in the order taken."""
        if not self._path.exists():
            return []
        with self._path.open(encoding="utf-8", newline="") as opened:
            return [
                Decision(
                    text=row["text"],
                    firm=row["firm"],
                    verdict=row["verdict"],
                    by=row["by"],
                    decided_at=dt.datetime.fromisoformat(row["decided_at"]),
                )
                for row in csv.DictReader(opened)
            ]

    def add(self, decision: Decision) -> None:
        """
        Keep a decision.

        Raises:
            InvalidInput: The verdict is not one of same, different, undo.
        """
        if decision.verdict not in VERDICTS:
            raise InvalidInput(f"verdict must be one of {', '.join(VERDICTS)}")
        self._path.parent.mkdir(parents=True, exist_ok=True)
        new = not self._path.exists()
        with self._path.open("a", encoding="utf-8", newline="") as opened:
            writer = csv.writer(opened)
            if new:
                writer.writerow(COLUMNS)
            at = decision.decided_at.isoformat()
            writer.writerow([decision.text, decision.firm, decision.verdict, decision.by, at])

    def verdicts(self) -> Mapping[tuple[str, str], str]:
        """Return what stands: the verdict by text and firm, undone ones left out."""
        standing: dict[tuple[str, str], str] = {}
        for decision in self.all():
            pair = (decision.text, decision.firm)
            standing.pop(pair, None)
            if decision.verdict != "undo":
                standing[pair] = decision.verdict
        return standing
