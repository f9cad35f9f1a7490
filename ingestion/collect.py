"""From files to staged tables: every row with its file and line, and what is wrong with some."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa

from ingestion import mapper, readers
from ingestion.forms import Form
from ingestion.readers import Chunk, Unread
from ingestion.record import Problem, Records
from ingestion.source import Found, Source

# Called with the step and how much of it is done, in per cent.
Progress = Callable[[str, int], None]
_HASH_BYTES = 2**20


@dataclass(frozen=True, slots=True)
class File:
    """One file that was read: its path as given, its content's hash, its rows."""

    path: Path
    sha256: str
    rows: int


@dataclass(slots=True)
class Staged:
    """The rows of one table out of all its files, and the problems of some of them."""

    form: Form
    table: pa.Table
    problems: list[Problem] = field(default_factory=list)
    unread: list[tuple[int, Unread]] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """Return how many rows the files hold, readable or not."""
        return int(self.table.num_rows) + len(self.unread)


@dataclass(frozen=True, slots=True)
class Collected:
    """All that an import was given."""

    files: tuple[File, ...]
    tables: dict[str, Staged]
    notes: tuple[str, ...]


def collect(source: Source, found: Sequence[Found], progress: Progress) -> Collected:
    """
    Read every file.

    Raises:
        BadFile: A file cannot be read at all, or lacks a required column.
    """
    files: list[File] = []
    notes: list[str] = []
    parts: dict[str, list[pa.Table]] = {}
    tables: dict[str, Staged] = {}
    for at, item in enumerate(found):
        progress("read", 100 * at // len(found))
        staged = tables.setdefault(item.form.name, Staged(item.form, _empty(item.form)))
        chunks = parts.setdefault(item.form.name, [])
        before = sum(len(chunk) for chunk in chunks) + len(staged.unread)
        notes += _read(source, item, at, (staged, chunks))
        after = sum(len(chunk) for chunk in chunks) + len(staged.unread)
        files.append(File(item.path, sha256(item.path), after - before))
    for name, staged in tables.items():
        staged.table = pa.concat_tables([staged.table, *parts.pop(name)]).unify_dictionaries()
    progress("read", 100)
    return Collected(tuple(files), tables, tuple(notes))


def sha256(path: Path) -> str:
    """Return the hash of a file's bytes."""
    found = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_HASH_BYTES):
            found.update(block)
    return found.hexdigest()


def _read(source: Source, item: Found, at: int, into: tuple[Staged, list[pa.Table]]) -> list[str]:
    """Add one file's rows to its staged table; return what is to be told about the file."""
    staged, chunks = into
    offset = sum(len(chunk) for chunk in chunks)
    notes: dict[str, None] = {}
    for rows in readers.read(item.path):
        table, records, unknown = _mapped(source, item, rows, at)
        staged.problems += [problem.later(offset) for problem in records.problems]
        staged.unread += [(at, bad) for bad in rows.unread]
        offset += len(table)
        chunks.append(table)
        for header in unknown:
            notes[f"{item.path.name}: column {header!r} is not read"] = None
    return list(notes)


def _mapped(
    source: Source, item: Found, rows: Chunk, at: int
) -> tuple[pa.Table, Records, tuple[str, ...]]:
    named = mapper.name_columns(item.path.name, tuple(rows.columns), item.form, item.pattern)
    records = Records(rows)
    taken = source.mapper(records, item.form, named)
    unknown = records.close(ignore=item.pattern.ignored)
    columns = [taken[column.stored] for column in item.form.columns.values()]
    columns += [
        pa.array(records.lines, pa.int32()),
        pa.array(np.full(len(records), at, np.int32)),
        pa.array(records.extra),
    ]
    return pa.table(columns, schema=schema(item.form)), records, unknown


def schema(form: Form) -> pa.Schema:
    """Return the schema of a staged table: its columns, the line, the file and what is besides."""
    fields = [pa.field(column.stored, column.arrow) for column in form.columns.values()]
    besides = [("line", pa.int32()), ("file", pa.int32()), ("extra", pa.uint64())]
    return pa.schema([*fields, *(pa.field(name, kind) for name, kind in besides)])


def _empty(form: Form) -> pa.Table:
    return schema(form).empty_table()
