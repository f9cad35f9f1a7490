"""
The texts of parties into firms.

In this order: a person's decision, a firm's id, its code, its full name or a declared alias (in
comparable form, where just one firm bears it). What is left becomes a counterparty whose id is
its code or its text. Near names are proposed to a person, never joined.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rapidfuzz import fuzz

from ingestion.resolve.codes import normal_code
from ingestion.resolve.names import bigrams, normal_name, short_name

NEAR = 80.0  # Likeness from which a pair is shown to a person.
SHOWN = 3  # Candidates a text.
BLOCK_MAX = 400  # A pair of characters that more names share tells nothing.


@dataclass(frozen=True, slots=True)
class Candidate:
    """A text that may name a firm: for a person to decide."""

    text: str
    firm: str
    name: str
    likeness: float


@dataclass(frozen=True, slots=True)
class Resolution:
    """Which firm every text names, which listed firms are one, and what a person should see."""

    firm_of: Mapping[str, str]
    joined: Mapping[str, str]
    candidates: tuple[Candidate, ...]


@dataclass(slots=True)
class Directory:
    """What is known of listed firms: ids, codes, names and aliases."""

    name_of: dict[str, str] = field(default_factory=dict)
    code_of: dict[str, str] = field(default_factory=dict)
    root: dict[str, str] = field(default_factory=dict)
    by_code: dict[str, str] = field(default_factory=dict)
    by_name: dict[str, set[str]] = field(default_factory=dict)

    def add(self, row: Mapping[str, Any], *, names_identify: bool) -> None:
        """Take a listed firm in; equal codes join, equal full names where codes do not differ."""
        firm, name = row["firm"], row["name"]
        self.name_of.setdefault(firm, name)
        code = normal_code(row.get("uscc"))
        if code is not None:
            self.code_of.setdefault(firm, code)
            self._join(self.by_code.setdefault(code, firm), firm)
        if not names_identify:
            return
        full = normal_name(name)
        for other in sorted(self.by_name.get(full, ())):
            codes = {self.code_of.get(other), code} - {None}
            if normal_name(self.name_of[other]) == full and len(codes) < 2:  # noqa: PLR2004  # Two codes differ.
                self._join(other, firm)
        aliases = (row.get("aliases") or "").replace("；", ";").split(";")
        for known in (name, *aliases):
            if known.strip():
                self.by_name.setdefault(normal_name(known), set()).add(firm)

    def find(self, firm: str) -> str:
        """Return the firm that stands for a listed firm: the smallest id of those joined."""
        while self.root.get(firm, firm) != firm:
            firm = self.root[firm]
        return firm

    def _join(self, one: str, other: str) -> None:
        first, second = sorted((self.find(one), self.find(other)))
        if first != second:
            self.root[second] = first

    def firm(self, text: str) -> str | None:
        """Return the firm a text names for certain, or nothing."""
        if text in self.name_of:
            return self.find(text)
        code = normal_code(text)
        if code is not None and code in self.by_code:
            return self.find(self.by_code[code])
        bearers = {self.find(firm) for firm in self.by_name.get(normal_name(text), ())}
        return bearers.pop() if len(bearers) == 1 else None


def resolve(
    directory: Directory, texts: Iterable[str], verdicts: Mapping[tuple[str, str], str]
) -> Resolution:
    """
    Return which firm every text names.

    Args:
        directory: The listed firms.
        texts: The parties as they stand in files.
        verdicts: What people decided, by text and firm.
    """
    decided = {text: firm for (text, firm), verdict in verdicts.items() if verdict == "same"}
    firm_of: dict[str, str] = {}
    unknown: list[str] = []
    for text in sorted(set(texts)):
        firm = decided.get(text) or directory.firm(text)
        if firm is not None and verdicts.get((text, firm)) != "different":
            firm_of[text] = directory.find(firm)
        else:
            firm_of[text] = normal_code(text) or text
            unknown.append(text)
    joined = {firm: directory.find(firm) for firm in directory.name_of}
    candidates = [c for c in _near(directory, unknown) if (c.text, c.firm) not in verdicts]
    return Resolution(firm_of, joined, tuple(candidates))


def _near(directory: Directory, unknown: Iterable[str]) -> list[Candidate]:
    """Return listed firms with names like those of unknown parties, most alike first."""
    names = [text for text in unknown if _is_name(text)]
    if not names:
        return []
    blocks: dict[str, set[str]] = {}
    for full, firms in directory.by_name.items():
        for gram in bigrams(short_name(full)):
            blocks.setdefault(gram, set()).update(firms)
    found: list[Candidate] = []
    for text in names:
        short = short_name(text)
        near: set[str] = set()
        for gram in bigrams(short):
            block = blocks.get(gram, set())
            near |= block if len(block) <= BLOCK_MAX else set()
        scored = [(_likeness(short, directory.name_of[firm]), firm) for firm in near]
        best = sorted((-score, directory.find(f)) for score, f in scored if score >= NEAR)
        for score, firm in list(dict.fromkeys(best))[:SHOWN]:
            found.append(Candidate(text, firm, directory.name_of[firm], round(-score, 1)))
    return found


def _likeness(short: str, name: str) -> float:
    other = short_name(name)
    return max(fuzz.ratio(short, other), fuzz.partial_ratio(short, other) - 5)


def _is_name(text: str) -> bool:
    """Return whether a text can be a name: it has letters of a script beyond codes."""
    return any("一" <= letter <= "鿿" for letter in text) or " " in text
