"""
Which firm every listed row and every party text means.

Firms listed in several rows are one when their valid credit codes are equal, or when their names
are equal and no other firm could be meant: among all firms that hang together by equal names there
is at most one with a code. A code that stands on many names identifies nobody: it is a filler, or
that of an agent. Nothing of this depends on the order of rows.
A party text is read as a firm's id, then as a code, then as a name, then as a declared alias; a
text that means no listed firm is a counterparty, whose id stays the same over imports.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ingestion.resolve import names
from ingestion.resolve.codes import code, is_placeholder
from ingestion.resolve.decisions import Decision
from ingestion.resolve.groups import Groups

# A source's name and a text that it uses for a party.
Text = tuple[str, str]
NAMES_OF_A_CODE_MAX = 3  # A firm has been called this and that; more names are more firms.
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/-]{0,63}")


@dataclass(frozen=True, slots=True)
class Listed:
    """What one row of a firms table says that may identify the firm."""

    source: str
    firm: str
    name: str
    uscc: str | None
    aliases: tuple[str, ...]
    identifies: bool  # Whether the source's names identify.


@dataclass(frozen=True, slots=True)
class Resolution:
    """Which firm each listed row and each party text means."""

    ids: tuple[str, ...]  # The firm of each listed row, in the order given.
    meant: Mapping[Text, str]
    ambiguous: tuple[Text, ...]  # Names that several firms share.
    crowded: tuple[str, ...] = ()  # Codes that stand on too many names to identify anybody.

    def counterparties(self) -> dict[str, list[str]]:
        """Return the texts of each firm that no row lists."""
        listed = set(self.ids)
        found: dict[str, list[str]] = {}
        for (_, text), firm in sorted(self.meant.items()):
            if firm not in listed and text not in found.setdefault(firm, []):
                found[firm].append(text)
        return found


def resolve(
    listed: Sequence[Listed],
    texts: Iterable[Text],
    *,
    identifying: Mapping[str, bool],
    decisions: Sequence[Decision] = (),
) -> Resolution:
    """
    Return which firm everything means.

    Args:
        listed: Chunk of firms tables, in a fixed order; the first of a group gives its id.
        texts: Party texts with their sources.
        identifying: By source, whether its names identify.
        decisions: What people have decided, oldest first.

    Example:
        >>> row = Listed("files", "F1", "云栖机械有限公司", None, (), True)
        >>> found = resolve([row], [("files", "云栖机械有限责任公司")], identifying={"files": True})
        >>> found.meant[("files", "云栖机械有限责任公司")]
        'F1'
    """
    book = _Book(listed, decisions)
    meant: dict[Text, str] = {}
    ambiguous: list[Text] = []
    for source, text in sorted(set(texts)):
        firm, shared = book.read(text, by_name=identifying[source])
        meant[source, text] = firm
        if shared:
            ambiguous.append((source, text))
    ids = tuple(book.firm(place) for place in range(len(listed)))
    return Resolution(ids, meant, tuple(ambiguous), book.crowded)


class _Book:
    """The listed firms, joined, and found again by id, code, name and alias."""

    def __init__(self, listed: Sequence[Listed], decisions: Sequence[Decision]) -> None:
        self._listed = listed
        self._by_id: dict[str, int] = {}
        for place, row in enumerate(listed):
            self._by_id.setdefault(row.firm, place)
        self._by_code: dict[str, int] = {}
        self.crowded = _crowded(listed)
        self._names = _index(
            (place, [row.name]) for place, row in enumerate(listed) if row.identifies
        )
        self._aliases = _index(
            (place, row.aliases) for place, row in enumerate(listed) if row.identifies
        )
        self._joins = [(d.first, d.second) for d in decisions if d.kind == "join"]
        self._splits = [(d.first, d.second) for d in decisions if d.kind == "apart"]
        self._groups = self._join()
        self._decided = self._decide()
        self._kept_apart = _both_ways(self._splits)

    def firm(self, place: int) -> str:
        """Return the id of the firm that a listed row is part of."""
        return self._listed[self._groups.root(place)].firm

    def read(self, text: str, *, by_name: bool) -> tuple[str, bool]:
        """Return the firm that a text means, and whether several share it as a name."""
        own = self._by_id.get(text)
        own = self._by_id.get(unicodedata.normalize("NFKC", text)) if own is None else own
        if own is not None:
            return self.firm(own), False
        plain = code(text)
        if plain is not None:
            place = self._by_code.get(plain)
            return (plain if place is None else self.firm(place)), False
        if text in self._decided:
            return self._decided[text], False
        if by_name:
            found = self._named(text)
            if len(found) == 1:
                return self.firm(found[0]), False
            return self._stranger(text, by_name=True), len(found) > 1
        return self._stranger(text, by_name=False), False

    def _named(self, text: str) -> list[int]:
        """Return the groups whose name, else whose alias, the text is; several: none is sure."""
        key = names.key(text)
        for index in (self._names, self._aliases):
            roots = {self._groups.root(place) for place in index.get(key, ())}
            roots -= {r for r in roots if self.firm(r) in self._kept_apart.get(text, ())}
            if roots:
                return sorted(roots)
        return []

    def _stranger(self, text: str, *, by_name: bool) -> str:
        if _ID.fullmatch(text):
            return text
        known = names.key(text) if by_name else text
        return "cp-" + hashlib.sha256(known.encode()).hexdigest()[:16]

    def _join(self) -> Groups:
        found = [code(row.uscc) for row in self._listed]
        codes = [None if plain in self.crowded else plain for plain in found]
        groups = Groups(codes, self._places(self._splits))
        for place, row in enumerate(self._listed):
            groups.join(self._by_id[row.firm], place, whatever_codes=True)
        for one, other in self._places(self._joins):
            groups.join(one, other, whatever_codes=True)
        for place, plain in enumerate(codes):
            if plain is not None:
                groups.join(self._by_code.setdefault(plain, place), place)
        for places in self._sure_names(groups):
            for place in places[1:]:
                groups.join(places[0], place)
        return groups

    def _sure_names(self, groups: Groups) -> list[list[int]]:
        """
        Return the places of each name that can mean one firm only.

        Firms hang together by equal names, one by one. Where two of them have codes, a firm
        between them without one may be either: nothing of that is joined.
        """

        def coded(places: Iterable[int]) -> set[int]:
            return {groups.root(place) for place in places if groups.has_code(place)}

        single = [places for places in self._names.values() if len(coded(places)) <= 1]
        hanging = Groups([None] * len(self._listed))
        for place in range(len(self._listed)):
            hanging.join(groups.root(place), place)
        for places in single:
            for place in places[1:]:
                hanging.join(places[0], place)
        codes_of: dict[int, int] = {}
        for places in single:
            root = hanging.root(places[0])
            if root not in codes_of:
                codes_of[root] = len(coded(hanging.members(root)))
        return [places for places in single if codes_of[hanging.root(places[0])] <= 1]

    def _places(self, pairs: Iterable[tuple[str, str]]) -> list[tuple[int, int]]:
        """Return the pairs whose two texts are ids of listed firms, by their places."""
        known = self._by_id
        return [
            (known[one], known[other]) for one, other in pairs if one in known and other in known
        ]

    def _decide(self) -> dict[str, str]:
        decided: dict[str, str] = {}
        for one, other in self._joins:
            for text, target in ((one, other), (other, one)):
                if text not in self._by_id and target in self._by_id:
                    decided[text] = self.firm(self._by_id[target])
        return decided


def _crowded(listed: Sequence[Listed]) -> tuple[str, ...]:
    """Return the codes under which more firms with names of their own are listed than one has."""
    found: dict[str, set[str]] = {}
    for row in listed:
        plain = code(row.uscc)
        if plain is not None and row.identifies:
            found.setdefault(plain, set()).add(names.key(row.name))
    return tuple(sorted(c for c, of in found.items() if len(of) > NAMES_OF_A_CODE_MAX))


def _index(rows: Iterable[tuple[int, Iterable[str]]]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for place, texts in rows:
        for text in texts:
            key = names.key(text)
            if key and not is_placeholder(text) and place not in found.setdefault(key, []):
                found[key].append(place)
    return found


def _both_ways(pairs: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for one, other in pairs:
        found.setdefault(one, set()).add(other)
        found.setdefault(other, set()).add(one)
    return found
