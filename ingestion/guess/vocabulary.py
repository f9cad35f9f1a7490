"""What headers mean: the words of the forms, of the sources that ship, and of the list beside."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import yaml

from ingestion.descriptions import model
from ingestion.descriptions.folders import SourceFolders
from ingestion.descriptions.names import asked
from ingestion.forms import forms, plain_header, plain_word
from ingestion.sets import Grid, Xml

_FILE = Path(__file__).parent / "words.yml"
# A unit, or another remark in brackets or behind a bar, at the end of a header.
_REMARK = re.compile(
    r"[(\[（【][^()\[\]（）【】]*[)\]）】]$|[/:](?:人民币)?(?:百万|[千万亿])?元.*$"
)
_SIGNS = re.compile(r"[\s._\-:#*'\"·,()/]+")
_TOKEN = re.compile(r"[A-Z]+(?![a-zäöü])|[A-Z]?[a-zäöüß]+|[0-9]+|[\u4e00-\u9fff]+")
_EXACT, _BARE, _INSIDE = 1.0, 0.95, 0.55
_SEVERAL_WORDS = 0.6  # Two words in a row are no accident, however long the header is.
_WORD_MIN = 2
_CACHED = 20_000
_LEAF_MIN = 4  # Shorter names of elements, as ID and Name, mean anything.


@dataclass(frozen=True, slots=True)
class TableWords:
    """The words of one table: those that speak for it, and what its headers mean."""

    titles: tuple[str, ...] = ()
    headers: dict[str, dict[str, float]] = field(default_factory=dict)  # Header -> meaning -> how.
    states: dict[str, dict[str, str]] = field(default_factory=dict)  # Column -> word -> its own.

    def meanings(self, header: str) -> dict[str, float]:
        """Return what a header may mean, each with how surely."""
        found: dict[str, float] = {}
        for text, sure in _spellings(header):
            for meaning, weight in self.headers.get(text, {}).items():
                found[meaning] = max(found.get(meaning, 0.0), sure * weight)
        for meaning, weight in () if found else self._inside(header):
            found[meaning] = max(found.get(meaning, 0.0), weight)
        return found

    def _inside(self, header: str) -> Iterator[tuple[str, float]]:
        """Yield the meanings of words that are part of a header, the longer the surer."""
        plain = plain_header(header)
        tokens = "".join(f" {token}" for token in tokens_of(header)) + " "
        for word, meanings in self.headers.items():
            if len(word) < _WORD_MIN:
                continue
            if word.isascii():
                inside = len(word) > _WORD_MIN and f" {word} " in tokens
            else:
                inside = word in plain
            if inside:
                share = min(1.0, len(word) / max(1, len(plain)))
                share = max(share, _SEVERAL_WORDS) if " " in word else share
                yield from ((meaning, _INSIDE * share * how) for meaning, how in meanings.items())


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """All words by which files are told."""

    tables: Mapping[str, TableWords]
    lists: Mapping[str, Any]

    def words(self, name: str) -> frozenset[str]:
        """Return one list of words, in the form in which equal words are equal."""
        return frozenset(map(plain, self.lists[name]))

    def knows(self, header: str) -> bool:
        """Return whether a header is a word of some table."""
        return _known(header)


def plain(text: str) -> str:
    """
    Return a word in the form in which equal words are equal.

    Example:
        >>> plain("Invoice No."), plain("金 额（元）")
        ('invoice no', '金额(元)')
    """
    known = plain_header(text)
    return " ".join(_SIGNS.sub(" ", known).split()) if known.isascii() or _latin(known) else known


def tokens_of(name: str) -> list[str]:
    """
    Return the words that a name is put together from.

    Example:
        >>> tokens_of("TaxExclusiveAmount"), tokens_of("购方Name")
        (['tax', 'exclusive', 'amount'], ['购方', 'name'])
    """
    return [token.lower() for token in _TOKEN.findall(name)]


@lru_cache(_CACHED)
def _known(header: str) -> bool:
    """Return whether a header is a word of some table."""
    tables = vocabulary().tables.values()
    return any(text in words.headers for text, _ in _spellings(header) for words in tables)


def _latin(text: str) -> bool:
    return not re.search("[\u2e80-\uffff]", text)


def _spellings(header: str) -> Iterator[tuple[str, float]]:
    """Yield the spellings of a header, each with how sure it is that it is meant."""
    whole = plain(header)
    yield whole, _EXACT
    yield whole.replace(" ", ""), _EXACT
    bare = plain_header(header)
    while (shorter := _REMARK.sub("", bare).strip()) != bare and shorter:
        bare = shorter
        yield plain(bare), _BARE
    if "/" in header:
        yield from ((text, sure * _BARE) for text, sure in _spellings(header.rpartition("/")[2]))
    joined = " ".join(tokens_of(header))
    yield joined, _BARE
    yield re.sub(r"[（(][^（）()]*[）)]", "", plain_header(header)), _BARE


@cache
def vocabulary() -> Vocabulary:
    """Return all words that are known."""
    read = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    tables = {name: _table(name, read.get(name, {})) for name in forms()}
    for description in _shipped():
        for table in description.tables:
            _add_shipped(tables[table.table], table, description.sets[table.set])
    return Vocabulary(tables, read)


def _table(name: str, entry: Mapping[str, Any]) -> TableWords:
    form = forms()[name]
    words = TableWords(tuple(map(plain, [*entry.get("titles", ()), *form.files])))
    states = {plain_word(word): own for word, own in entry.get("states", {}).items()}
    words.states["status"] = states
    given = entry.get("columns", {})
    for meaning, headers in given.items():
        for at, header in enumerate(headers):  # Those that come first are meant first.
            _add(words, header, meaning, 1.0 - 0.004 * at)
    for column in form.columns.values():
        party = column.kind == "party"
        meaning = f"{column.name} name" if party else column.name
        for header in column.zh:
            _add(words, header, meaning, 0.9)
        _add(words, column.name, meaning, 0.9)
        if party:
            for header in form.parts[f"{column.name}_code"].zh:
                _add(words, header, f"{column.name} code", 0.9)
    return words


def _add(words: TableWords, header: str, meaning: str, weight: float) -> None:
    for text in {plain(header), plain(header).replace(" ", "")}:
        known = words.headers.setdefault(text, {})
        known[meaning] = max(known.get(meaning, 0.0), weight)


def _shipped() -> Iterator[model.Description]:
    folders = SourceFolders()
    for name in folders.names():
        description, _ = folders.read(name)
        if description is not None and not description.forms:
            yield description


def _add_shipped(words: TableWords, table: model.DescribedTable, rows: model.Rows) -> None:
    """Add what a source that ships calls the columns that are read as they stand."""
    origin, form = rows.origin, forms()[table.table]
    if not isinstance(origin, Grid | Xml):
        return
    for name, reading in table.columns.items():
        if isinstance(reading, model.WordsFor):
            known = words.states.setdefault(name, {})
            known.update({plain_word(word): own for word, own in reading.words.items()})
        if name in form.columns:
            for meaning, part in _parts(name, reading, origin):
                for header in dict.fromkeys(asked(part)) if _plainly(part) else ():
                    for called in _called(origin, header):
                        _add(words, called, meaning, 0.9)


def _parts(name: str, reading: model.Reading, origin: Grid | Xml) -> tuple[tuple[str, object], ...]:
    """Return the parts of a reading with what they mean; none of what cases decide."""
    if isinstance(reading, model.When):
        return ()
    if isinstance(reading, model.PartyReading):
        # Whose a name is in a document its path says, not its last step.
        both = ((f"{name} name", reading.name), (f"{name} code", reading.code))
        return () if isinstance(origin, Xml) else both
    return ((name, reading),)


def _called(origin: Grid | Xml, name: str) -> Iterator[str]:
    """Yield what files call a column: its header and others, or the elements at its paths."""
    if isinstance(origin, Grid):
        yield from (name, *origin.synonyms.get(name, ()))
    else:
        for path in origin.fields.get(name, "").split("|"):
            leaf = path.strip().partition("[")[0].rpartition("/")[2].rpartition(":")[2]
            if len(leaf) > _LEAF_MIN:
                yield from (leaf, " ".join(tokens_of(leaf)))


def _plainly(part: object) -> bool:
    """Return whether a part of a description reads one column as it stands."""
    value = getattr(part, "value", part)
    if isinstance(value, model.All):
        return True
    less = getattr(part, "less", None)
    return isinstance(value, model.ColumnText) and less is None


__all__ = ["TableWords", "Vocabulary", "plain", "tokens_of", "vocabulary"]
