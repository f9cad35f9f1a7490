"""Documents of XML and lines of JSON: their kinds, and the fields of each by their paths."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from ingestion.errors import ImportRefused
from ingestion.guess import choice
from ingestion.guess.json_records import of_file as json_records
from ingestion.guess.looked import LookedAt
from ingestion.guess.patterns import literally, of_names
from ingestion.guess.questions import files as asked_files
from ingestion.guess.records import FieldRecord, named_fields, spoken_as
from ingestion.guess.samples import PassedOver
from ingestion.guess.writing import usable
from ingestion.guess.xml_records import XmlKind, kind_of, records_of
from ingestion.sets.files import named
from ingestion.sets.xml_files import parsed

DOCUMENTS_MAX, BYTES_MAX = 500, 64 * 2**20  # Looked at of each kind, and kept in memory of all.
FIELDS_MAX = 400
_ALIKE = 0.4  # Kinds that have so many of their fields in common are read together.
# Elements further down are the rows only where they fit better by so much.
_BETTER = 0.5
_EACH_MAX = 4  # Repeated elements that are tried as rows.


@dataclass(slots=True)
class DocumentKind:
    """Documents with one root: where they are, and what is looked at of them."""

    kind: XmlKind
    paths: list[Path] = field(default_factory=list)
    roots: list[Any] = field(default_factory=list)


def kinds(
    documents: Sequence[Path], lines: Sequence[Path], passed: list[PassedOver]
) -> Iterator[tuple[LookedAt, dict[str, Any]]]:
    """Yield the rows of each kind of document, and what a description says of where they are."""
    found: dict[XmlKind, DocumentKind] = {}
    room = BYTES_MAX
    for path in documents:
        try:
            root = parsed(path)
        except (ImportRefused, OSError) as error:
            passed.append(PassedOver.broken(path, error))
            continue
        one = found.setdefault(kind_of(root), DocumentKind(kind_of(root)))
        one.paths.append(path)
        room -= path.stat().st_size
        if not one.roots or (len(one.roots) < DOCUMENTS_MAX and room > 0):
            one.roots.append(root)
    for group in _alike(list(found.values())):
        yield from _of_xml(group)
    for path in lines:
        try:
            records = json_records(path)
        except (ImportRefused, OSError) as error:
            passed.append(PassedOver.broken(path, error))
            continue
        said = {"files": of_names([named(str(path))], []), "json": "lines"}
        yield _looked([path], records, said, ())


def _alike(kinds: Sequence[DocumentKind]) -> list[list[DocumentKind]]:
    """Return kinds of documents in groups that have most of their fields in common."""
    groups: list[tuple[set[str], list[DocumentKind]]] = []
    for one in sorted(kinds, key=lambda each: -len(each.paths)):
        keys = {
            key for root in one.roots[:20] for each in records_of(root, {}) for key in each.fields
        }
        for known, group in groups:
            if len(keys & known) >= _ALIKE * max(1, min(len(keys), len(known))) and len(keys) > 1:
                group.append(one)
                break
        else:
            groups.append((keys, [one]))
    return [group for _, group in groups]


def _of_xml(group: Sequence[DocumentKind]) -> Iterator[tuple[LookedAt, dict[str, Any]]]:
    paths = [path for one in group for path in one.paths]
    roots = [root for one in group for root in one.roots]
    spaces: dict[str, str] = {}
    tries: list[tuple[str | None, list[FieldRecord]]] = [
        (None, [record for root in roots for record in records_of(root, spaces)])
    ]
    if len(group) == 1:
        repeated = _repeated(tries[0][1])
        tries += [
            (each, [record for root in roots for record in records_of(root, spaces, each)])
            for each in repeated
        ]
    best: tuple[float, LookedAt, dict[str, Any]] | None = None
    for each, records in tries:
        said = _said(group, paths, each)
        if spaces:
            said["namespaces"] = spaces
        looked, whole = _looked(paths, records, said, tuple(one.kind.root for one in group))
        score = _score(looked) if len(tries) > 1 else 0.0
        if best is None or score > best[0] + _BETTER:
            best = score, looked, whole
    if best is not None:
        yield best[1], best[2]


def _score(looked: LookedAt) -> float:
    """Return how well rows fit a table; what is told once a row is not there several times."""
    fitting = choice.of(looked)
    if not fitting:
        return 0.0
    found = fitting[0].meanings
    several = [name for name in found.sure if name in looked.repeats]
    return fitting[0].score - sum(found.meaning(name) != "goods" for name in several)


def _repeated(records: Sequence[FieldRecord]) -> list[str]:
    """Return the elements that come again in a document, those with most fields first."""
    counts: dict[str, int] = defaultdict(int)
    for record in records:
        for element, count in record.elements.items():
            counts[element] = max(counts[element], count)
    found = [element for element, count in counts.items() if count > 1]
    return sorted(found, key=lambda each: each.count("/"))[:_EACH_MAX]


def _said(group: Sequence[DocumentKind], paths: Sequence[Path], each: str | None) -> dict[str, Any]:
    names = [named(str(path)) for path in paths]
    endings = {name.rpartition(".")[2] for name in names}
    pattern = of_names(names, []) or asked_files(len(names)).open
    if endings == {"xml"}:  # Documents of other kinds between them are passed over.
        pattern = r".*\.xml"
    records = []
    for one in group:
        record: dict[str, Any] = {"root": one.kind.root}
        if one.kind.namespace:
            record["namespace"] = literally(one.kind.namespace)
        if each is not None:
            record["each"] = each
        records.append(record)
    return {"files": pattern, "records": records}


def _looked(
    paths: Sequence[Path],
    records: Sequence[FieldRecord],
    said: dict[str, Any],
    roots: tuple[str, ...],
) -> tuple[LookedAt, dict[str, Any]]:
    """Return records as rows with a column a field, and where a description finds these."""
    every: dict[str, None] = {}
    for record in records:
        every |= dict.fromkeys(record.fields)
    keys = list(every)[:FIELDS_MAX]
    names = {key: name for key, name in named_fields(keys).items() if usable(name)}
    columns = {
        name: pl.Series([record.first(key) for record in records], dtype=pl.String)
        for key, name in names.items()
    }
    columns["_root"] = pl.Series([record.root for record in records], dtype=pl.String)
    repeats = {
        name
        for key, name in names.items()
        if any(len(record.fields.get(key, ())) > 1 for record in records)
    }
    written: dict[str, dict[str, None]] = defaultdict(dict)
    for record in records:
        for key, path in record.written.items():
            if key in names:
                written[names[key]][path] = None
    looked = LookedAt(
        tuple(paths),
        pl.DataFrame(columns).with_columns(pl.lit(1, pl.Int32).alias("_line")),
        labels=roots,
        repeats=frozenset(repeats),
        spoken={name: spoken_as(key) for key, name in names.items()},
        roots=roots,
    )
    return looked, {**said, "fields": {name: _paths(paths) for name, paths in written.items()}}


def _paths(written: Iterable[str]) -> str:
    """Return the paths of a field as one; one with a condition stands for the same without."""
    asked = {path.partition("[")[0] for path in written if "[" in path}
    return " | ".join(path for path in written if path not in asked)
