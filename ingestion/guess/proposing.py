"""A proposal: the table that rows give, whose they are, and what nobody could tell from them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ingestion.guess.evidence import ENOUGH, Evidence
from ingestion.guess.looked import LookedAt
from ingestion.guess.meanings import ColumnMeanings
from ingestion.guess.questions import OpenQuestion
from ingestion.guess.writing import mentioned
from ingestion.notes import Note

FIRST = 3  # Texts of a column that are shown as they stand.
FIRST_LENGTH_MAX = 60


@dataclass(frozen=True, slots=True)
class FoundOwner:
    """Whose a file is, where it says so, and as what it can be written in a description."""

    name: str
    why: Note
    value: Any  # The party, as a description says it.
    code: str | None = None
    evidence: Evidence | None = None

    def document(self) -> dict[str, Any]:
        """Return it as plain values."""
        code = {"code": self.code} if self.code else {}
        return {"name": self.name, **code, "why": str(self.why)}


@dataclass(slots=True)
class Proposal:
    """What is proposed for some rows."""

    looked: LookedAt
    table: str | None  # None: other rows look into these.
    meanings: ColumnMeanings
    set_name: str = ""
    owner: FoundOwner | None = None
    questions: list[OpenQuestion] = field(default_factory=list)
    rows: dict[str, Any] = field(default_factory=dict)  # What the description says of the set.
    tables: list[dict[str, Any]] = field(default_factory=list)
    joined: dict[str, dict[str, str]] = field(default_factory=dict)  # By role: code, name.
    taken: dict[str, Any] = field(default_factory=dict)  # Columns that joined documents tell.
    grouped: dict[str, Any] = field(default_factory=dict)  # Parties that lines between rows tell.
    asked: list[str] = field(default_factory=list)  # Columns that others look into.
    goods: str | None = None  # What a join takes of the lines of a document.

    def ask(self, question: OpenQuestion) -> str:
        """Remember a question, and return it as a description leaves it open."""
        if question not in self.questions:
            self.questions.append(question)
        return question.open

    def document(self) -> dict[str, Any]:
        """Return it as plain values."""
        looked, owner = self.looked, self.owner
        sheet = {"sheet": looked.sheet} if looked.sheet else {}
        doubts = [*self.questions, *self._doubts()]
        return {
            "path": looked.paths[0].name,
            "files": [path.name for path in looked.paths[:FILES_NAMED]],
            **sheet,
            "set": self.set_name,
            "header_lines": list(looked.header_lines),
            "table": self.table,
            "owner": None if owner is None else owner.document(),
            "owner_why": None if owner is None else {"zh": owner.why.zh, "en": str(owner.why)},
            "columns": [self._column(name) for name in looked.names],
            "columns_left": looked.columns_left,
            "todo": [question.en for question in doubts],
            "remarks": [question.document() for question in doubts],
        }

    def _column(self, name: str) -> Mapping[str, Any]:
        meaning = self.meanings.meaning(name)
        known = [] if meaning is None else self.meanings.evidence.get(name, [])
        said = None if meaning is None else self._said(name, meaning)
        found = self.looked.body[name].drop_nulls().head(FIRST).str.slice(0, FIRST_LENGTH_MAX)
        return {
            "column": name,
            "as": said,
            "first": found.to_list(),
            "evidence": [each.document() for each in known],
        }

    def _said(self, name: str, meaning: str) -> str | None:
        """Return what a column is read as, in the words of the table; None where it is not."""
        role, _, part = meaning.rpartition(" ")
        other = {"name": "code", "code": "name"}.get(part)
        if role and other and not self.meanings.column(f"{role} {other}"):
            return role
        return self._fed(name) if meaning.startswith("=") else meaning

    def _fed(self, name: str) -> str | None:
        """Return the first column of the table that a column is part of."""
        columns = self.tables[0]["columns"].items() if self.tables else ()
        return next((column for column, said in columns if name in mentioned(said)), None)

    def _doubts(self) -> list[OpenQuestion]:
        return [
            OpenQuestion(
                f"column {name!r} as {said}: {each.kind} holds in {each.rows} of "
                f"{each.of} rows only; is it right?",
                f"列 {name!r} 作为 {said}：{each.of} 行中只有 {each.rows} 行"
                f"符合（{each.kind}）；是否正确？",
            )
            for meaning, columns in self.meanings.columns.items()
            for name in columns
            if (said := self._said(name, meaning)) is not None
            for each in self.meanings.evidence.get(name, [])
            if each.share < ENOUGH and each.of
        ]


FILES_NAMED = 100
