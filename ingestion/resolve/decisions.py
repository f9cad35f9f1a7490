"""
What people have decided about names: kept for good, one line a decision, never rewritten.

Decisions are about texts as they stand in the data (ids of listed firms, names, codes):
`join` says that two are one firm, `apart` that they are not. `undo` takes an earlier one back.
"""

import datetime as dt
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from graph.errors import InvalidInput, NotFound

Kind = Literal["join", "apart", "undo"]
DECISIONS_MAX = 1_000_000


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision on two texts; `undo` names the number of the decision taken back."""

    number: int
    kind: Kind
    first: str
    second: str
    by: str
    decided_at: str
    undone: int | None = None


class Decisions:
    """
    The list of decisions in the data folder.

    Args:
        folder: The folder `resolution` in the data folder.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / "decisions.jsonl"

    def every(self) -> list[Decision]:
        """
        Return all decisions in the order in which they were made.

        Raises:
            InvalidInput: The file holds a line that is none.
        """
        if not self._path.is_file():
            return []
        lines = self._path.read_text(encoding="utf-8").splitlines()
        found = []
        for number, line in enumerate(lines, start=1):
            try:
                found.append(Decision(**json.loads(line)))
            except (TypeError, ValueError) as error:
                raise InvalidInput(f"{self._path.name}: line {number}: no decision") from error
        return found

    def standing(self) -> list[Decision]:
        """Return the decisions that nothing has taken back."""
        every = self.every()
        undone = {decision.undone for decision in every if decision.kind == "undo"}
        return [d for d in every if d.kind != "undo" and d.number not in undone]

    def add(
        self, kind: Literal["join", "apart"], first: str, second: str, *, by: str, at: dt.datetime
    ) -> Decision:
        """
        Return the decision that was added.

        Raises:
            InvalidInput: Both texts are the same, or one is empty.
        """
        if not first.strip() or not second.strip() or first == second:
            raise InvalidInput("a decision is about two different texts")
        return self._append(kind, (first, second), by, at)

    def undo(self, number: int, *, by: str, at: dt.datetime) -> Decision:
        """
        Return the decision that takes an earlier one back.

        Raises:
            NotFound: No such decision stands.
        """
        for decision in self.standing():
            if decision.number == number:
                texts = decision.first, decision.second
                return self._append("undo", texts, by, at, undone=number)
        raise NotFound(f"no standing decision {number}")

    def _append(
        self,
        kind: Kind,
        texts: tuple[str, str],
        by: str,
        at: dt.datetime,
        *,
        undone: int | None = None,
    ) -> Decision:
        number = len(self.every()) + 1
        if number > DECISIONS_MAX:
            raise InvalidInput(f"more than {DECISIONS_MAX} decisions")
        decision = Decision(number, kind, *texts, by=by, decided_at=at.isoformat(), undone=undone)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(asdict(decision), ensure_ascii=False) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        return decision
