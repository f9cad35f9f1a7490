"""Documents of XML to rows: one a document, or one for each element that is asked for."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
from lxml import etree

from ingestion.errors import BadFile
from ingestion.fields.texts import trim
from ingestion.notes import note
from ingestion.readers.chunk import shown
from ingestion.sets import regexes, xpaths
from ingestion.sets.batch import AT, FILE, LINE, ROOT, Batch
from ingestion.sets.files import NotRead
from ingestion.sets.model import Record, Xml
from ingestion.sets.xml_files import parsed

BATCH_ROWS, BATCH_FILES = 5_000, 5_000
LISTED = pl.List(pl.String)


def read(
    asked: Xml, paths: Iterable[Path], passed: list[NotRead], extra: Collection[str] = ()
) -> Iterator[Batch]:
    """
    Yield the rows of documents, those of many files in a batch.

    Args:
        asked: The set.
        paths: The files.
        passed: Takes the documents of other kinds.
        extra: Which of the columns that say where a row is from are wanted.

    Raises:
        BadFile: A document is broken, or is refused as one that may hurt.
    """
    rows = DocumentRows(asked_names(asked))
    for path in paths:
        root = parsed(path)
        name = etree.QName(root)
        record = _record(asked.records, name)
        if record is None:
            passed.append(NotRead(path, note("other_root", root=shown(name.localname))))
            continue
        rows.paths.append(path)
        for line, values in _rows(asked, record, root, path):
            rows.add(line, values, name.localname)
            if len(rows.lines) >= BATCH_ROWS:
                yield rows.batch(extra)
                rows = DocumentRows(rows.names, [path])
        if len(rows.paths) >= BATCH_FILES:
            yield rows.batch(extra)
            rows = DocumentRows(rows.names)
    if rows.paths:
        yield rows.batch(extra)


def asked_names(asked: Xml) -> tuple[str, ...]:
    """Return the names of all fields, of one kind of document or of all."""
    names = dict.fromkeys(asked.fields)
    for record in asked.records:
        names |= dict.fromkeys(record.fields)
    return tuple(names)


def _record(records: Sequence[Record], root: etree.QName) -> Record | None:
    """Return the first kind of document that has such a root."""
    for record in records:
        spaced = record.namespace is None or regexes.compiled(record.namespace).fullmatch(
            root.namespace or ""
        )
        if record.root == root.localname and spaced:
            return record
    return None


def _rows(
    asked: Xml, record: Record, root: etree._Element, path: Path
) -> Iterator[tuple[int, list[list[str]]]]:
    """Yield the line of each row of a document, and the values of each field in order."""
    prefixes = tuple(sorted(asked.namespaces.items()))
    space = etree.QName(root).namespace
    fields = {**asked.fields, **record.fields}
    steps = [
        xpaths.compiled(fields[name], prefixes, space) if name in fields else None
        for name in asked_names(asked)
    ]
    elements: Any = [root]
    if record.each is not None:
        elements = xpaths.compiled(record.each, prefixes, space)(root)
    for element in elements:
        if isinstance(element, str):
            raise BadFile(f"{path.name}: set {asked.name}: each is to name elements")
        line = 1 if record.each is None else int(element.sourceline or 1)
        yield line, [[] if step is None else _texts(step(element)) for step in steps]


def _texts(found: Any) -> list[str]:
    return [each if isinstance(each, str) else "".join(each.itertext()) for each in found]


@dataclass(slots=True)
class DocumentRows:
    """Rows with several values a field on their way into a batch."""

    names: tuple[str, ...]
    paths: list[Path] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    at: list[int] = field(default_factory=list)
    roots: list[str] = field(default_factory=list)
    values: list[list[list[str]]] = field(init=False)

    def __post_init__(self) -> None:
        """Begin a column for each field."""
        self.values = [[] for _ in self.names]

    def add(self, line: int, values: Iterable[list[str]], root: str = "") -> None:
        """Keep a row of the file that was begun last."""
        self.lines.append(line)
        self.at.append(len(self.paths) - 1)
        self.roots.append(root)
        for column, texts in zip(self.values, values, strict=True):
            column.append(texts)

    def batch(self, extra: Collection[str] = (), **more: Any) -> Batch:
        """Return the batch."""
        frame: Mapping[str, pl.Series] = {
            LINE: pl.Series(self.lines, dtype=pl.Int32),
            AT: pl.Series(self.at, dtype=pl.Int32),
            **{name: listed(column) for name, column in zip(self.names, self.values, strict=True)},
        }
        more_columns = []
        if FILE in extra:
            files = pl.Series([path.name for path in self.paths], dtype=pl.String)
            more_columns.append(files.gather(frame[AT]).alias(FILE))
        if ROOT in extra:
            more_columns.append(pl.Series(ROOT, self.roots, dtype=pl.String))
        return Batch(
            frame=pl.DataFrame(frame).with_columns(more_columns), paths=tuple(self.paths), **more
        )


def listed(column: Sequence[Sequence[str]]) -> pl.Series:
    """
    Return the values of each row as cells are read, without blank ones; null where none is left.

    Example:
        >>> listed([["a ", ""], [" "], ["b", "c"]]).to_list()
        [['a'], None, ['b', 'c']]
    """
    flat = trim(pa.array([text for texts in column for text in texts], pa.string()))
    lengths = pl.Series([len(texts) for texts in column], dtype=pl.Int64)
    rows = pl.int_range(len(column), eager=True).repeat_by(lengths).explode(empty_as_null=False)
    values = pl.DataFrame({"row": rows, "value": pl.Series(flat, dtype=pl.String)}).drop_nulls()
    grouped = values.group_by("row", maintain_order=True).agg("value")
    every = pl.DataFrame({"row": pl.int_range(len(column), eager=True)})
    return every.join(grouped, on="row", how="left", maintain_order="left")["value"]
