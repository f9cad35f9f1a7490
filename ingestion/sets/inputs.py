"""What a source is given: files and databases, read set by set."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

import polars as pl

from ingestion.errors import BadFile
from ingestion.notes import note
from ingestion.sets import documents, fixed, grid, json_lines
from ingestion.sets.batch import AT, FILE, LINE, ROOT, SHEET, Batch
from ingestion.sets.databases import Databases
from ingestion.sets.files import Files, NotRead, asks, named
from ingestion.sets.model import FileSet, Fixed, Grid, JsonLines, Query, Set, Xml


@dataclass(slots=True)
class Inputs:
    """
    The files and databases of one import; what no set has asked for is known at the end.

    Args:
        paths: Files, and folders whose files are meant.
        environ: The environment, which holds the addresses of databases.
        since: By the name of a query the largest value of its column that was published.
    """

    paths: Sequence[Path]
    environ: Mapping[str, str] = field(default_factory=dict)
    since: Mapping[str, str] = field(default_factory=dict)
    files: Files = field(init=False)
    databases: Databases = field(init=False)
    _asked: list[FileSet] = field(default_factory=list)
    _sheets: dict[Path, set[str]] = field(default_factory=dict)
    _passed: dict[str, list[NotRead]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Look which files there are."""
        self.files = Files.of(self.paths)
        self.databases = Databases(self.environ)

    def __enter__(self) -> Self:
        """Return the inputs; nothing is open yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let the databases go."""
        self.databases.close()

    def read(self, asked: Set, *, extra: Collection[str] = ()) -> Iterator[Batch]:
        """
        Yield the rows of a set, file by file in the order of their paths.

        Args:
            asked: The set.
            extra: Which of `_file`, `_sheet`, `_root` are wanted as columns.

        Raises:
            BadFile: A file is broken, or lacks the sheet or the header that is asked for.
            ImportRefused: A database cannot be read.
        """
        if isinstance(asked, Query):
            batches = self.databases.read(asked, self.since.get(asked.name))
            yield from (_completed(batch, extra) for batch in batches)
            return
        paths = self.files.of_set(asked)
        self._asked.append(asked)
        if isinstance(asked, Xml):
            yield from self._documents(asked, paths, extra)
            return
        for path in paths:
            for batch in _of_file(asked, path, extra):
                self._sheets.setdefault(path, set()).add(batch.sheet)
                yield _completed(batch, extra)

    def _documents(
        self, asked: Xml, paths: Iterable[Path], extra: Collection[str]
    ) -> Iterator[Batch]:
        passed: list[NotRead] = []
        for batch in documents.read(asked, paths, passed, extra):
            yield _completed(batch, extra)
        for each in passed:
            self._passed.setdefault(str(each.path), []).append(each)

    def not_read(self) -> tuple[NotRead, ...]:
        """Return the files and sheets that no set has read, in order, once all are read."""
        found = list(self.files.links)
        for name in self.files.names:
            asking = sum(asks(asked, name) for asked in self._asked)
            passed = self._passed.get(name, [])
            if not asking:
                found.append(NotRead(Path(name), note("not_asked")))
            elif asking == len(passed):
                found.append(passed[0])
        for path, sheets in self._sheets.items():
            if path.name.lower().endswith(grid.BOOKS):
                found += _other_sheets(path, sheets)
        return tuple(sorted(found, key=lambda each: str(each.path)))


def _of_file(asked: FileSet, path: Path, extra: Collection[str]) -> Iterator[Batch]:
    if isinstance(asked, Grid):
        return grid.read(asked, path)
    if isinstance(asked, Fixed):
        return fixed.read(asked, path)
    if isinstance(asked, JsonLines):
        return json_lines.read(asked, path, extra)
    raise BadFile(f"{path.name}: set {asked.name} is read otherwise")


def _other_sheets(path: Path, read: Collection[str]) -> Iterator[NotRead]:
    with grid.opened(path) as book:
        listed = book.sheets()
    for name in listed.seen:
        if name not in read:
            yield NotRead(path, note("not_asked"), name)
    for name in listed.hidden:
        yield NotRead(path, note("not_asked_hidden"), name)


def _completed(batch: Batch, extra: Collection[str]) -> Batch:
    """Return a batch with the columns that say where its rows are from, where they lack."""
    path = batch.path
    told = {FILE: named(str(path)) if path else None, SHEET: batch.sheet or None, ROOT: None}
    columns = [
        pl.lit(told[name], pl.String).alias(name)
        for name in (FILE, SHEET, ROOT)
        if name in extra and name not in batch.frame.columns
    ]
    if AT not in batch.frame.columns:
        columns.append(pl.lit(0, pl.Int32).alias(AT))
    frame = batch.frame.with_columns(columns)
    return replace(batch, frame=frame.select(LINE, AT, pl.exclude(LINE, AT)))
