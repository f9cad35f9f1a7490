"""From files to staged tables: every row with its file and line, and what is wrong with some."""

import datetime as dt
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from ingestion import mapper, readers
from ingestion.days import ZONE
from ingestion.forms import BESIDES
from ingestion.notes import Note, about, note
from ingestion.readers import Chunk
from ingestion.record import SourceRecords
from ingestion.source import SourceFile
from ingestion.staged import IncomingTable, Staged, schema

# Called with the stage in words and how much of it is done, in per cent.
Progress = Callable[[str, int], None]
Reading = Callable[[Path], None]  # Called with each file before it is read.
Chunks = Callable[[SourceFile], Iterator[Chunk]]
_HASH_BYTES = 2**20


@dataclass(frozen=True, slots=True)
class File:
    """One file that was read: its path as given, its content's hash, its rows."""

    path: Path
    sha256: str
    rows: int
    sheet: str = ""  # Of a workbook; blank elsewhere.
    several: bool = False  # Whether other sheets of the workbook are read too.
    query: str = ""  # The set whose query gave the rows; blank for those of files.

    @property
    def origin(self) -> str:
        """Return the file's name, with the sheet where it is one of several."""
        return f"{self.path.name} [{self.sheet}]" if self.several else self.path.name

    @property
    def place(self) -> str:
        """Return the file's path, with the sheet where it is one of several."""
        return f"{self.path} [{self.sheet}]" if self.several else str(self.path)

    def longer(self, rows: int) -> "File":
        """Return the same file with more rows."""
        return replace(self, rows=self.rows + rows)


@dataclass(frozen=True, slots=True)
class Collected:
    """All that an import was given."""

    files: tuple[File, ...]
    tables: dict[str, list[Staged]]  # Each in its divisions.
    notes: tuple[Note, ...]
    beside: IncomingTable | None = None  # Firms that rows of other tables tell of.
    report: Any = None  # What a description's reading found besides rows.

    @property
    def empty(self) -> str:
        """Return which files have a header alone, to be said behind a message; blank for none."""
        names = [file.origin for file in self.files if not file.rows]
        return (
            f": {', '.join(names)} {'has' if len(names) == 1 else 'have'} no rows" if names else ""
        )


def by_header(item: SourceFile) -> Iterator[Chunk]:
    """Yield the rows of a file whose header names the columns of its table."""
    return readers.read(item.path, mapper.fits(item.form))


def collect(
    found: Sequence[SourceFile],
    progress: Progress,
    *,
    zone: dt.tzinfo = ZONE,
    reading: Reading,
    chunks: Chunks = by_header,
    folder: Path | None = None,
) -> Collected:
    """
    Return every row of every file, staged by table.

    Args:
        found: The files, with the table that each holds.
        progress: Is told how far the reading is.
        zone: Where the bank works: there a moment is a day.
        reading: Is told each file before it is read.
        chunks: Gives the rows of a file.
        folder: Where rows are put down that are too many to be held.

    Raises:
        BadFile: A file cannot be read at all, or lacks a required column.
    """
    desk = _Collector(zone, chunks, folder)
    for at, item in enumerate(found):
        stage = f"reading {item.path.name}, {at + 1} of {len(found)}"
        progress(stage, 100 * at // len(found))
        reading(item.path)
        desk.read(item)
        progress(stage, 100 * (at + 1) // len(found))
    return desk.collected()


def sha256(path: Path) -> str:
    """Return the hash of a file's bytes."""
    found = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_HASH_BYTES):
            found.update(block)
    return found.hexdigest()


@dataclass(slots=True)
class _Collector:
    """What has been read so far: files, notes, and the rows of each table in their batches."""

    zone: dt.tzinfo
    chunks: Chunks
    folder: Path | None
    files: list[File] = field(default_factory=list)
    notes: dict[Note, None] = field(default_factory=dict)
    tables: dict[str, IncomingTable] = field(default_factory=dict)

    def read(self, item: SourceFile) -> None:
        """Read one file, a table of its own for each sheet."""
        shape = item.form
        stage = self.tables.setdefault(
            shape.name, IncomingTable.of(shape, self.folder, None, once=True)
        )
        digest = sha256(item.path)
        sheets: dict[str, int] = {}
        for rows in self.chunks(item):
            if rows.sheet not in sheets:
                sheets[rows.sheet] = len(self.files)
                self.files.append(File(item.path, digest, 0, rows.sheet))
            at = sheets[rows.sheet]
            self.files[at] = self.files[at].longer(len(rows.lines) + len(rows.unread))
            self._take(stage, item, rows, at)
            self.notes |= dict.fromkeys(about(item.path.name, each) for each in rows.notes)
        for at in sheets.values():
            self.files[at] = replace(self.files[at], several=len(sheets) > 1)

    def _take(self, stage: IncomingTable, item: SourceFile, rows: Chunk, file: int) -> None:
        """Add a batch as the columns of its table; what is wrong with its rows is kept."""
        named = mapper.name_columns(item.path.name, rows, item.form)
        records = SourceRecords(rows, self.zone)
        taken = mapper.to_columns(records, item.form, named)
        for header in records.close():
            self.notes[about(item.path.name, note("column_not_read", header=header))] = None
        stage.unread += [(file, bad) for bad in rows.unread]
        columns = [taken[column.stored] for column in item.form.columns.values()]
        columns += [
            pa.array(records.lines, pa.int32()),
            pa.array(np.full(len(records), file, np.int32)),
            pa.array(records.extra),
            *(taken.get(name, pa.nulls(len(records), pa.string())) for name in BESIDES),
        ]
        batch = pa.table(columns, schema=schema(item.form))
        stage.add(batch, problems=records.problems, doubts=records.doubts)

    def collected(self) -> Collected:
        """Return all that was read."""
        for file in self.files:
            if not file.rows:
                self.notes[about(file.origin, note("no_rows"))] = None
        tables = {name: stage.close() for name, stage in self.tables.items()}
        return Collected(tuple(self.files), tables, tuple(self.notes))
