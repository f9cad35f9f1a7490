"""
Which firm every listed row and every party text means.

Firms listed in several rows are one when their valid credit codes are equal, or when their names
are equal and no other firm could be meant: among all firms that hang together by equal names there
is at most one with a code. A code that stands on many names identifies nobody: it is a filler, or
that of an agent. Nothing of this depends on the order of rows.
A party text is read as a firm's id, then as a code, then as a name, then as a declared alias; a
text that means no listed firm is a counterparty, whose id stays the same over imports. A code that
stands beside a name comes first: code and name together say as much as a listed row without an id.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ingestion.resolve import beside, names
from ingestion.resolve.codes import code, is_placeholder
from ingestion.resolve.decisions import Decision
from ingestion.resolve.groups import FirmGroups
from ingestion.resolve.told import NAMES_OF_A_CODE_MAX, ToldFirms, bearers_of, told_in

# A source's name and a text that it uses for a party.
Text = tuple[str, str]
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/-]{0,63}")


@dataclass(frozen=True, slots=True)
class ListedFirm:
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
    disputed: tuple[Text, ...] = ()  # A code beside a name that another firm bears.

    def counterparties(self) -> dict[str, list[str]]:
        """Return the texts of each firm that no row lists."""
        listed = set(self.ids)
        found: dict[str, list[str]] = {}
        for (_, told), firm in sorted(self.meant.items()):
            text = beside.written(told)
            if firm not in listed:
                known = found.setdefault(firm, [])
                known += [text] if text not in known and text not in listed else []
        return found


def resolve(
    listed: Sequence[ListedFirm],
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
        >>> row = ListedFirm("files", "F1", "云栖机械有限公司", None, (), True)
        >>> found = resolve([row], [("files", "云栖机械有限责任公司")], identifying={"files": True})
        >>> found.meant[("files", "云栖机械有限责任公司")]
        'F1'
    """
    given = sorted(set(texts))
    book = _FirmRegister(listed, decisions, told_in(given, identifying, bearers_of(listed)))
    meant: dict[Text, str] = {}
    ambiguous: list[Text] = []
    disputed: list[Text] = []
    for source, text in given:
        firm, shared = book.read(text, by_name=identifying[source])
        meant[source, text] = firm
        if shared:
            ambiguous.append((source, text))
        if book.disputed(text, by_name=identifying[source]):
            disputed.append((source, text))
    ids = tuple(book.firm(place) for place in range(len(listed)))
    return Resolution(ids, meant, tuple(ambiguous), book.crowded, tuple(disputed))


class _FirmRegister:
    """The listed firms and those told by code and name, joined, and found again by all of these."""

    def __init__(
        self, listed: Sequence[ListedFirm], decisions: Sequence[Decision], told: ToldFirms
    ) -> None:
        self._by_id: dict[str, int] = {}
        for place, row in enumerate(listed):
            self._by_id.setdefault(row.firm, place)
        self._by_code: dict[str, int] = {}
        crowded = set(_crowded(listed))
        self.crowded = tuple(sorted(crowded | told.crowded))
        self._no_codes = crowded | told.crowded  # Beside a name: they identify nobody.
        self._listed_count = len(listed)
        more = [
            ListedFirm(source, code, name, code, (), identifies)
            for source, code, name, identifies in told.firms
            if code not in crowded
        ]
        self._listed = [*listed, *more]
        self._crowded = crowded
        self._wrong: set[int] = set()
        self._names = _index(
            (place, [row.name])
            for place, row in enumerate(self._listed)
            if row.identifies and (place < len(listed) or self._own(row.name) is None)
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
        beside_it, text = beside.parted(text)
        if beside_it is not None and beside_it not in self._no_codes:
            return self.firm(self._by_code[beside_it]), False
        plain = code(text)
        own = self._own(text)
        own = self._by_code.get(plain or text) if own is None else own
        if own is not None:
            return self.firm(own), False
        if text in self._decided or plain is not None:
            return self._decided.get(text) or str(plain), False
        found = self._named(text) if by_name else []
        if len(found) == 1:
            return self.firm(found[0]), False
        return self._stranger(text, by_name=by_name), len(found) > 1

    def disputed(self, text: str, *, by_name: bool) -> bool:
        """Return whether the code beside a name is of one firm, and the name of another."""
        beside_it, name = beside.parted(text)
        if beside_it is None or beside_it in self._no_codes:
            return False
        mine = self._groups.root(self._by_code[beside_it])
        own = self._own(name)
        if own is not None:
            return self._groups.root(own) != mine
        if not by_name:
            return False
        key = names.key(name)
        bearers = [*self._names.get(key, ()), *self._aliases.get(key, ())]
        roots = {self._groups.root(place) for place in bearers if place < self._listed_count}
        if roots or mine >= self._listed_count:
            return bool(roots) and mine not in roots
        listed = [at for at in self._groups.members(mine) if at < self._listed_count]
        rows = [self._listed[place] for place in listed]
        known = [each for row in rows for each in (row.name, *row.aliases)]
        return not any(names.alike(name, each) for each in known)

    def _own(self, text: str) -> int | None:
        """Return the place of the firm whose id the text is."""
        own = self._by_id.get(text)
        return self._by_id.get(unicodedata.normalize("NFKC", text)) if own is None else own

    def _named(self, text: str) -> list[int]:
        """Return the groups whose name, else whose alias, the text is; several: none is sure."""
        key = names.key(text)
        told: set[int] = set()  # Those who bear the name and are not listed.
        for index in (self._names, self._aliases):
            places = (place for place in index.get(key, ()) if place not in self._wrong)
            roots = {self._groups.root(place) for place in places}
            roots -= {r for r in roots if self.firm(r) in self._kept_apart.get(text, ())}
            if roots and (min(roots) < self._listed_count or index is self._aliases):
                return sorted(roots | told)
            told |= roots
        return sorted(told)

    def _stranger(self, text: str, *, by_name: bool) -> str:
        if _ID.fullmatch(text):
            return text
        known = names.key(text) if by_name else text
        return "cp-" + hashlib.sha256(known.encode()).hexdigest()[:16]

    def _join(self) -> FirmGroups:
        # What stands beside a name was found to be a code when it was read.
        told = {row.uscc for row in self._listed[self._listed_count :]}
        found = [code(row.uscc) or (row.uscc if row.uscc in told else None) for row in self._listed]
        codes = [None if plain in self._crowded else plain for plain in found]
        coded = [(place, plain) for place, plain in enumerate(codes) if plain is not None]
        for place, plain in coded:
            self._by_code.setdefault(plain, place)
        groups = FirmGroups(codes, self._places(self._splits))
        for place, row in enumerate(self._listed[: self._listed_count]):
            groups.join(self._by_id[row.firm], place, whatever_codes=True)
        for one, other in self._places(self._joins):
            groups.join(one, other, whatever_codes=True)
        for place, plain in coded:
            groups.join(self._by_code[plain], place)
        for places in self._sure_names(groups):
            for place in places[1:]:
                groups.join(places[0], place)
        return groups

    def _sure_names(self, groups: FirmGroups) -> list[list[int]]:
        """
        Return the places of each name that can mean one firm only.

        Firms hang together by equal names, one by one. Where two of them have codes, a firm
        between them without one may be either: nothing of that is joined.
        """

        def coded(places: Iterable[int]) -> set[int]:
            """Return the groups among some places that have a credit code."""
            return {groups.root(place) for place in places if groups.has_code(place)}

        unsure = self._unsure(groups)
        # Beside the name of another listed firm stands the code of a listed one.
        self._wrong = {at for at in unsure if groups.root(at) < self._listed_count}
        alike = ([at for at in places if at not in unsure] for places in self._alike())
        single = [places for places in alike if places and len(coded(places)) <= 1]
        hanging = FirmGroups([None] * len(self._listed))
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

    def _unsure(self, groups: FirmGroups) -> set[int]:
        """
        Return the places told by code and name whose name says nothing of whose the code is.

        Rows of trade never make one of two listed firms: neither where a code that is listed
        stands beside another firm's name, nor where one code stands beside the names of several.
        """
        count = self._listed_count
        if count == len(self._listed):
            return set()
        clusters = self._clusters(groups)
        bearers: dict[int, set[int]] = {}
        for places in self._alike():
            listed = {clusters.root(place) for place in places if place < count}
            for place in places:
                if place >= count:
                    bearers.setdefault(place, set()).update(listed)
        of_code: dict[int, set[int]] = {}
        for place, listed in bearers.items():
            of_code.setdefault(groups.root(place), set()).update(listed)

        def unsure(place: int) -> bool:
            """Return whether a text could mean more than one firm."""
            root = groups.root(place)
            if root < count:
                return not bearers[place] <= {clusters.root(root)}
            return len(of_code[root]) > 1

        return {place for place in bearers if unsure(place)}

    def _clusters(self, groups: FirmGroups) -> FirmGroups:
        """Return the listed firms that hang together by codes and names, told ones left aside."""
        count = self._listed_count
        clusters = FirmGroups([None] * count)
        for place in range(count):
            clusters.join(groups.root(place), place)
        for places in self._names.values():
            for place in places[1:]:
                if place < count:
                    clusters.join(places[0], place)
        return clusters

    def _alike(self) -> Iterable[list[int]]:
        """Yield the places of each name; of each id and alias those told with a code under it."""
        yield from self._names.values()
        under: dict[int, list[int]] = {}
        for place in range(self._listed_count, len(self._listed)):
            own = self._own(self._listed[place].name)
            if own is not None:
                under.setdefault(own, [own]).append(place)
        yield from under.values()
        for key, places in self._aliases.items():
            told = self._names.get(key, [])
            if told and told[0] >= self._listed_count:
                yield [*places, *told]

    def _places(self, pairs: Iterable[tuple[str, str]]) -> list[tuple[int, int]]:
        """Return the pairs whose two texts are ids or codes of known firms, by their places."""

        def known(text: str) -> int | None:
            """Return the firm whose id or credit code a text is; None for none."""
            plain = code(text)
            own = self._by_id.get(text)
            return self._by_code.get(plain) if own is None and plain is not None else own

        found = [(known(one), known(other)) for one, other in pairs]
        return [(one, other) for one, other in found if one is not None and other is not None]

    def _decide(self) -> dict[str, str]:
        decided: dict[str, str] = {}
        for one, other in self._joins:
            for text, target in ((one, other), (other, one)):
                if text not in self._by_id and target in self._by_id:
                    decided[text] = self.firm(self._by_id[target])
        return decided


def _crowded(listed: Sequence[ListedFirm]) -> tuple[str, ...]:
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
