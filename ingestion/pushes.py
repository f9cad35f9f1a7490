"""
Rows that other systems push: a line of JSON each, whose names are columns of one table.

A line is judged by itself as a row of a file of the source `files` is. One that is wrong is told to
who pushed it, and not kept; what is kept is read again, with all that came before, by the import
that publishes it. Lines keep their numbers: one that is not kept is left blank.
"""

import codecs
import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from ingestion import contradictions, verdict
from ingestion.collect import Collected, Progress, Reading, collect
from ingestion.errors import BadFile
from ingestion.forms import Column, Form, forms
from ingestion.job import silent, unnoticed
from ingestion.readers import Chunk, Unread
from ingestion.readers.chunk import shown
from ingestion.sets.errors import nearest
from ingestion.sets.json_lines import LineFault, object_of, text_of, why
from ingestion.source import SourceFile
from ingestion.spool import Spool
from ingestion.staged import Staged
from ingestion.verdict import Tally, Verdict

ENDING = ".ndjson"
LINES_MAX = 200_000
CHANGES_MAX = 100  # So often lines of a push may change by which name a column is told.
TOLD_MAX = 1_000
_NAME_SHOWN_MAX = 80


@dataclass(frozen=True, slots=True)
class ToldLine:
    """A line that is set aside: by what column, for what reason, and why it cannot be read."""

    line: int
    column: str
    reason: str
    why: str | None


@dataclass(frozen=True, slots=True)
class Judged:
    """What becomes of the lines of a push, each judged by itself."""

    rows: int
    accepted: int
    set_aside: Mapping[str, int]
    lines: tuple[ToldLine, ...]  # The first of those set aside.
    left: int  # How many more there are.
    kept: bytes  # The lines without those that are wrong; blank where none is left.


def file_name(table: str, batch: str) -> str:
    """
    Return the name of the file in which the lines of a push are kept.

    Example:
        >>> file_name("invoices", "1f0c9a7be2d45c33")
        'invoices-1f0c9a7be2d45c33.ndjson'
    """
    return f"{table}-{batch}{ENDING}"


def collected(
    paths: Sequence[Path],
    *,
    zone: dt.tzinfo,
    progress: Progress = silent,
    reading: Reading = unnoticed,
    folder: Path | None = None,
) -> Collected:
    """
    Return every row of some pushes, staged by table, in the order in which they came.

    Args:
        paths: Their files, the first pushed one first.
        zone: Where the bank works.
        progress: Is told how far the reading is.
        reading: Is told each file before it is read.
        folder: Where rows are put down that are too many to be held.

    Raises:
        BadFile: A file is no push that was kept.
    """
    found = [SourceFile(path, path.name.partition("-")[0]) for path in paths]
    for item in found:
        if item.table not in forms() or not item.path.name.endswith(ENDING):
            raise BadFile(f"{item.path.name}: is no push that was kept")
        if not item.path.is_file():
            raise BadFile(f"{item.path.name}: no such file")
    return collect(found, progress, zone=zone, reading=reading, chunks=_chunks, folder=folder)


def judge(path: Path, zone: dt.tzinfo, today: dt.date) -> Judged:
    """
    Return what becomes of the lines of a push.

    Args:
        path: Its file, as `file_name` names it.
        zone: Where the bank works.
        today: The bank's day.

    Raises:
        BadFile: It has no line, more than are taken, or changes its names too often.
    """
    given = collected([path], zone=zone)
    if not given.files:
        raise BadFile("there is no record: a line of JSON each is wanted")
    ((staged,),) = given.tables.values()
    judged = _judged(staged, today)
    issues = [pl.DataFrame(each) for each in judged.tally.issues.tables()]
    told = pl.concat(issues).sort("line") if issues else pl.DataFrame()
    whys = {bad.line: bad.why for _, bad in staged.unread}
    lines = [
        ToldLine(line, column, reason, whys.get(line))
        for line, column, reason in told.head(TOLD_MAX).select("line", "column", "reason").rows()
    ] if issues else []  # fmt: skip
    wrong: set[int] = set()
    if issues:
        counted = ~pl.col("reason").is_in(verdict.NOT_COUNTED)
        wrong = set(told.filter(counted)["line"].to_list())
        numbers = staged.table["line"].to_numpy()
        firsts = numbers[judged.first_of]  # What says a wrong line again is wrong, too.
        wrong |= {
            line for line, first in zip(numbers.tolist(), firsts, strict=True) if first in wrong
        }
    return Judged(
        rows=staged.rows,
        accepted=judged.used,
        set_aside=dict(sorted(judged.tally.reasons.items())),
        lines=tuple(lines),
        left=max(0, len(told) - TOLD_MAX),
        kept=_without(path.read_bytes(), wrong),
    )


def _judged(staged: Staged, today: dt.date) -> Verdict:
    """Return the verdict on rows as far as each can be judged before firms are known."""
    judged = verdict.judge(staged, Tally(Spool(None)))
    verdict.future(judged, today)
    contradictions.refuse(judged, verdict.coded(staged.table.select(staged.form.parties)))
    if staged.form.ends:
        ends = [pl.Series(staged.table[name].cast(pa.string())) for name in staged.form.ends]
        codes = pl.concat(ends).cast(pl.Categorical).to_physical().cast(pl.Int64).fill_null(-1)
        first, second = np.split(codes.to_numpy(), 2)
        verdict.self_trades(judged, (first, second))
    return judged


def _without(content: bytes, wrong: set[int]) -> bytes:
    """Return lines with some of them blank; nothing where none is left."""
    lines = content.split(b"\n")
    kept = [b"" if number in wrong else line for number, line in enumerate(lines, start=1)]
    return b"\n".join(kept) if any(map(_is_said, kept)) else b""


def _is_said(line: bytes) -> bool:
    return bool(line.removeprefix(codecs.BOM_UTF8).strip())


@dataclass(slots=True)
class _Manner:
    """Lines that tell each column by one name."""

    names: dict[str, str] = field(default_factory=dict)  # By column the name it is told by.
    lines: list[int] = field(default_factory=list)
    rows: list[dict[str, str]] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)

    def agrees(self, names: Mapping[str, str]) -> bool:
        """Return whether a line tells its columns by the same names."""
        return all(self.names.get(column, name) == name for column, name in names.items())

    def chunk(self, form: Form) -> Chunk:
        """Return the lines as columns; a required one that no line tells is blank."""
        asked = dict.fromkeys(self.names.values())
        for column in form.columns.values():
            parts = [part for part in form.parts_of(column.name) if part.suffices]
            told = [column.name, *(part.name for part in parts)]
            if column.required and not any(name in self.names for name in told):
                asked[column.stored] = None
        columns = {
            name: pa.array([row.get(name) for row in self.rows], pa.string()) for name in asked
        }
        return Chunk(np.array(self.lines, np.int64), columns, tuple(self.unread))


@dataclass(slots=True)
class _LineReader:
    """Reads lines as rows of one table."""

    form: Form
    _columns: dict[str, Column | None] = field(default_factory=dict)  # By name the column it tells.

    def read(self, line: bytes) -> tuple[dict[str, str], dict[str, str]]:
        """
        Return what a line says, by name, and the names by which it tells its columns.

        Raises:
            ValueError: It is no JSON, or (LineFault) not what a row is.
            RecursionError: It is too deep.
        """
        try:
            text = line.decode()
        except UnicodeDecodeError:
            raise LineFault("is not utf-8 text") from None
        given = object_of(text, _once)
        names: dict[str, str] = {}
        for name in given:
            column = self._column(name)
            if column in names:
                said = f"{names[column]} and another name both tell {column}"
                raise LineFault(said, name)
            names[column] = name
        row = {name: self._text(name, value) for name, value in given.items() if value is not None}
        return row, names

    def _text(self, name: str, value: Any) -> str:
        column = self._columns[name]
        if isinstance(value, bool) and column is not None and column.kind not in ("flag", "word"):
            raise LineFault("is true or false, which this column is not", name)
        return text_of(name, value)

    def _column(self, name: str) -> str:
        if name not in self._columns:
            found = self.form.named(name)
            self._columns[name] = None if found is None else found[0]
        column = self._columns[name]
        if column is None:
            said = f"table {self.form.name} has no such column{self._like(name)}"
            raise LineFault(said, name, "unknown_column")
        return column.name

    def _like(self, name: str) -> str:
        """Return which column an unknown name may have meant, for as many as are told of."""
        if len(self._columns) > TOLD_MAX:
            return ""
        known = [column.stored for column in self.form.columns.values()]
        return nearest(name[:_NAME_SHOWN_MAX], [*known, *self.form.parts])


def _chunks(item: SourceFile) -> Iterator[Chunk]:
    reader, manner, changes, count = _LineReader(item.form), _Manner(), 1, 0
    content = item.path.read_bytes().removeprefix(codecs.BOM_UTF8)
    for number, line in enumerate(content.split(b"\n"), start=1):
        if not line.strip():
            continue
        count += 1
        if count > LINES_MAX:
            raise BadFile(f"more than {LINES_MAX} records; push them in several parts")
        try:
            row, names = reader.read(line)
        except (ValueError, RecursionError) as error:
            manner.unread.append(_unread(number, line, error))
            continue
        if not manner.agrees(names):
            yield manner.chunk(item.form)
            manner, changes = _Manner(), changes + 1
            if changes > CHANGES_MAX:
                raise BadFile(
                    f"line {number}: lines change more than {CHANGES_MAX} times between names of "
                    f"one column; use one of them"
                )
        manner.names |= names
        manner.lines.append(number)
        manner.rows.append(row)
    if count:
        yield manner.chunk(item.form)


def _unread(number: int, line: bytes, error: Exception) -> Unread:
    value = shown(line[: 4 * _NAME_SHOWN_MAX].decode(errors="replace")).replace("\0", "\\0")
    if isinstance(error, LineFault):
        return Unread(number, value, str(error), _printable(error.column), error.reason)
    return Unread(number, value, why(error))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object that says nothing twice."""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(name for name, count in Counter(n for n, _ in pairs).items() if count > 1)
        raise LineFault("holds a name twice", twice)
    return found


def _printable(name: str) -> str:
    """Return a name as every store and answer can hold it, and not too long."""
    text = name[:_NAME_SHOWN_MAX].encode("utf-8", "backslashreplace").decode()
    return text.replace("\0", "\\0")
