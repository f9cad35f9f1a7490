"""Files of a source into checked tables: every row used, or set aside with its reason."""

import datetime as dt
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from graph.errors import InvalidInput
from ingestion.checks import FILE, checked
from ingestion.forms import Form, form
from ingestion.issues import EXPECTED, Issue
from ingestion.readers import read
from ingestion.readers.chunk import LINE, Unread
from ingestion.records import COLUMN, REASON, VALUE, taken
from ingestion.source import Source

BLOCK = 2**20
NOTES = (LINE, FILE, REASON, COLUMN, VALUE)
Progress = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class File:
    """One file of an import: its path, the hash of its bytes, its rows."""

    path: Path
    table: str
    sha256: str
    rows: int


@dataclass(frozen=True, slots=True)
class Intake:
    """What an import read: sound rows by table, and what was set aside."""

    files: tuple[File, ...]
    tables: dict[str, pl.DataFrame]
    issues: tuple[Issue, ...]
    as_of: dt.date

    @property
    def rows(self) -> int:
        """Return the rows there were."""
        return sum(file.rows for file in self.files)

    @property
    def used(self) -> int:
        """Return the rows that are used."""
        return self.rows - sum(1 for issue in self.issues if issue.line)


def take_in(
    source: Source,
    paths: Sequence[Path],
    *,
    as_of: dt.date | None,
    today: dt.date,
    progress: Progress,
) -> Intake:
    """
    Return a source's files as checked tables.

    Args:
        source: Whose files they are.
        paths: Folders or files.
        as_of: The last day that is seen; by default the latest day in the data, not after today.
        today: The day of the import.
        progress: Told of each file and its rows.

    Raises:
        InvalidInput: A file is missing, broken or lacks a column, or more rows are wrong than
            the source allows.
    """
    raw: dict[str, list[pl.DataFrame]] = {}
    files: list[File] = []
    issues: list[Issue] = []
    for table, path in source.find(paths):
        frames, unread, unknown = _file(source, table, path, len(files))
        rows = sum(len(frame) for frame in frames) + len(unread)
        files.append(File(path, table, sha256(path), rows))
        raw.setdefault(table, []).extend(frames)
        issues += [Issue(path.name, 0, name, "", "column was not read") for name in unknown]
        issues += [Issue(path.name, row.line, "", row.why, "unreadable") for row in unread]
        progress(path.name, rows)
    whole = {table: pl.concat(frames) for table, frames in raw.items()}
    latest = as_of or _latest(whole, today)
    tables = {}
    for table, frame in whole.items():
        whole_table = checked(frame, form(table), until=latest)
        sound = whole_table.filter(pl.col(REASON).is_null())
        tables[table] = sound.drop(REASON, COLUMN, VALUE)
        issues += _issues(whole_table, files)
    intake = Intake(tuple(files), tables, tuple(issues), latest)
    _allow(source, intake)
    return intake


def sha256(path: Path) -> str:
    """Return the hash of a file's bytes."""
    digest = hashlib.sha256()
    with path.open("rb") as opened:
        while block := opened.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _file(
    source: Source, table: str, path: Path, number: int
) -> tuple[list[pl.DataFrame], list[Unread], list[str]]:
    frames: list[pl.DataFrame] = []
    unread: list[Unread] = []
    unknown: list[str] = []
    wanted: Form = form(table)
    for chunk in read(path):
        rows, left = taken(path.name, source.convert(table, path, chunk.rows), wanted)
        frames.append(rows.with_columns(pl.lit(number, pl.Int32).alias(FILE)))
        unread += chunk.unread
        unknown = [name for name in left if name not in source.ignore]
    return frames, unread, unknown


def _latest(tables: dict[str, pl.DataFrame], today: dt.date) -> dt.date:
    """Return the latest day of the rows, not after today."""
    days: list[dt.date] = []
    for table, frame in tables.items():
        column = form(table).day
        if column is not None:
            sound = frame.filter(pl.col(REASON).is_null() & (pl.col(column) <= today))
            latest = sound[column].max()
            days += [latest] if isinstance(latest, dt.date) else []
    return max(days, default=today)


def _issues(rows: pl.DataFrame, files: Sequence[File]) -> list[Issue]:
    wrong = rows.filter(pl.col(REASON).is_not_null())
    return [
        Issue(files[number].path.name, line, column or "", value or "", reason)
        for line, number, reason, column, value in wrong.select(NOTES).iter_rows()
    ]


def _allow(source: Source, intake: Intake) -> None:
    if intake.rows < source.rows_min:
        raise InvalidInput(f"{intake.rows} rows; source {source.name} gives {source.rows_min}")
    wrong = [issue for issue in intake.issues if issue.line and issue.reason not in EXPECTED]
    most = max(source.set_aside_rows_free, source.set_aside_share_max * intake.rows)
    if len(wrong) > most:
        first = wrong[0]
        where = f"{first.file}, line {first.line}, column {first.column!r}: {first.reason}"
        raise InvalidInput(f"{len(wrong)} of {intake.rows} rows are wrong, the first: {where}")
