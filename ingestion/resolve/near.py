"""
Names that look alike: put to a person, never joined.

Names are compared (rapidfuzz) only where they share a pair of neighbouring characters that few
names have, so that the work grows with the names and not with their square.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rapidfuzz import fuzz, process

from graph.sheets import written
from ingestion.resolve.codes import code
from ingestion.resolve.decisions import Decision
from ingestion.resolve.firms import ListedFirm, Resolution
from ingestion.resolve.names import bigrams, key, stem

LIKENESS_MIN = 80.0
PART_LESS = 5.0  # A name inside another is less alike than the same name.
SHOWN_MAX = 10  # Candidates for one text.
COMPARED_MAX = 400  # Names with which one text is compared.
NAMES_MAX = 50_000  # Strangers that are compared in one import; the first in order of text.
_NUMBERS = frozenset("0123456789一二三四五六七八九十")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A text that may mean a listed firm: for a person to decide."""

    text: str
    firm: str
    name: str
    likeness: float


def near(
    texts: Iterable[str],
    named: Mapping[str, Sequence[tuple[str, str]]],
    *,
    decided: frozenset[tuple[str, str]] = frozenset(),
) -> list[Candidate]:
    """
    Return for each text the listed firms whose names look like it, the most alike first.

    Args:
        texts: Names that mean no listed firm for certain, or names of listed firms themselves.
        named: By firm, the names it goes by, each with the text under which it is kept.
        decided: Pairs of text and firm that a person has decided on.

    Example:
        >>> listed = {"F1": [("云栖机械有限公司", "云栖机械有限公司")]}
        >>> [(c.firm, c.likeness) for c in near(["杭州云栖机械"], listed)]
        [('F1', 100.0)]
    """
    asked = sorted(set(texts))
    if not asked:
        return []
    book = _Blocks(named)
    found: list[Candidate] = []
    for text in asked:
        found += [c for c in book.like(text) if (text, c.firm) not in decided]
    return found


def propose(
    listed: Sequence[ListedFirm], resolution: Resolution, decisions: Sequence[Decision]
) -> list[Candidate]:
    """
    Return what a person should decide on: strangers and listed firms that look like another.

    Of the strangers, the first `NAMES_MAX` are compared; `strangers` tells how many there are.

    Args:
        listed: Chunk of firms tables, in the order in which they were resolved.
        resolution: What they and the party texts mean.
        decisions: What people have decided already; such pairs are not shown again.
    """
    named: dict[str, list[tuple[str, str]]] = {}
    uncoded: dict[str, list[str]] = {}
    for row, firm in zip(listed, resolution.ids, strict=True):
        if row.identifies:
            named.setdefault(firm, []).extend((text, row.name) for text in (row.name, *row.aliases))
            if code(row.uscc) is None:
                uncoded.setdefault(row.name, []).append(firm)
    pairs = frozenset(
        pair for d in decisions for pair in ((d.first, d.second), (d.second, d.first))
    )
    if not named:
        return []
    found = near(strangers(resolution)[:NAMES_MAX], named, decided=pairs)
    doubles = [
        c
        for c in _doubles(listed, resolution, uncoded)
        if any(
            firm != c.firm and not {(c.text, c.firm), (firm, c.firm)} & pairs
            for firm in uncoded[c.text]
        )
    ]
    return [*found, *doubles]


def strangers(resolution: Resolution) -> list[str]:
    """Return the names that mean no listed firm, in order of text."""
    texts = {text for texts in resolution.counterparties().values() for text in texts}
    return sorted(text for text in texts if is_name(text))


def _doubles(
    listed: Sequence[ListedFirm],
    resolution: Resolution,
    uncoded: Mapping[str, Sequence[str]],
) -> list[Candidate]:
    """
    Return listed firms without a code that may be another listed firm.

    Two that both have a code are two. Only one wrong character, or a name that differs in place
    and legal form alone, is shown: too many names just sound alike.
    """
    variants: dict[str, dict[str, str]] = {}
    for row, firm in zip(listed, resolution.ids, strict=True):
        if row.identifies:
            for variant in _variants(row.name):
                known = variants.setdefault(variant, {})
                if len(known) < SHOWN_MAX:
                    known.setdefault(firm, row.name)
    found: dict[tuple[str, str], Candidate] = {}
    for name in sorted(uncoded):
        others = {firm: shown for v in _variants(name) for firm, shown in variants[v].items()}
        for firm, shown in sorted(others.items())[:SHOWN_MAX]:
            likeness = round(fuzz.ratio(stem(name), stem(shown)), 1)
            found[name, firm] = Candidate(name, firm, shown, likeness)
    return sorted(found.values(), key=lambda c: (c.text, -c.likeness, c.firm))


def _variants(name: str) -> set[str]:
    """
    Return forms of which two names share one when they may be one name misspelt.

    Names that differ in one character are equal without it; names that differ in place and legal
    form alone have one stem. A number tells firms apart on purpose: it is never the slip.
    """
    full = key(name)
    slips = (full[:at] + full[at + 1 :] for at in range(len(full)) if full[at] not in _NUMBERS)
    return {f"stem {stem(name)}", full, *slips}


def write(path: Path, candidates: Sequence[Candidate]) -> None:
    """Write the candidates as a list that a spreadsheet opens; no cell runs as a formula."""
    header = ("text", "firm", "name", "likeness")
    rows = ((each.text, each.firm, each.name, f"{each.likeness:.1f}") for each in candidates)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}")
    draft.write_bytes(written(header, rows))
    draft.replace(path)


def is_name(text: str) -> bool:
    """
    Return whether a text can be a name: it holds a Chinese character or a blank.

    Example:
        >>> is_name("云栖机械"), is_name("Yunqi Ltd"), is_name("A00297")
        (True, True, False)
    """
    return " " in text or any("\u4e00" <= symbol <= "\u9fff" for symbol in text)


class _Blocks:
    """The names of listed firms, found by the rare pairs of characters in them."""

    def __init__(self, named: Mapping[str, Sequence[tuple[str, str]]]) -> None:
        self._entries = [
            (firm, shown, key(name), stem(name))
            for firm, names in sorted(named.items())
            for name, shown in names
        ]
        self._blocks: dict[str, list[int]] = {}
        for place, (_, _, full, _) in enumerate(self._entries):
            for pair in bigrams(full):
                self._blocks.setdefault(pair, []).append(place)

    def like(self, text: str) -> list[Candidate]:
        """Return the firms whose names look most like a text."""
        full, short = key(text), stem(text)
        best: dict[str, tuple[float, float, str]] = {}
        places = {place: self._entries[place][3] for place in self._places(full)}
        for place, likeness in _scores(short, places).items():
            firm, shown, other, _ = self._entries[place]
            found = (likeness, fuzz.ratio(full, other), shown)
            best[firm] = max(best.get(firm, found), found)
        # Of firms that look alike, first those whose place and legal form are the same too.
        order = sorted(best.items(), key=lambda item: (-sum(item[1][:2]), item[0]))
        return [
            Candidate(text, firm, shown, round(likeness, 1))
            for firm, (likeness, _, shown) in order[:SHOWN_MAX]
        ]

    def _places(self, name: str) -> list[int]:
        """Return the names that share a rare pair, the rarest pairs first, up to a bound."""
        blocks = sorted(
            (self._blocks[pair] for pair in bigrams(name) if pair in self._blocks), key=len
        )
        places: set[int] = set()
        for block in blocks:
            if places and len(places) + len(block) > COMPARED_MAX:
                break
            places.update(block[:COMPARED_MAX])
        return sorted(places)


def _scores(name: str, others: Mapping[int, str]) -> dict[int, float]:
    """Return how much each name looks like one, from the least that counts: whole or in part."""
    whole = process.extract(name, others, scorer=fuzz.ratio, limit=None, score_cutoff=LIKENESS_MIN)
    part = process.extract(
        name, others, scorer=fuzz.partial_ratio, limit=None, score_cutoff=LIKENESS_MIN + PART_LESS
    )
    scores = {place: score - PART_LESS for _, score, place in part}
    for _, score, place in whole:
        scores[place] = max(score, scores.get(place, 0.0))
    return scores
