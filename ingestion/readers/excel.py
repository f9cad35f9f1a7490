"""
XLSX and XLSM: the visible sheets of a workbook that hold the table, through calamine.

The table is on the first visible sheet that has its header, and on the sheets with the same
header; what else there is, hidden or of another header, is told and not read. A cell that is no
value although it is not blank (an error, a formula without a result, the rest of a merged block)
is read as a word that says so, never as a blank.
"""

import datetime as dt
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from ingestion.errors import BadFile
from ingestion.readers.chunk import (
    CELLS_MAX,
    Chunk,
    Unread,
    check_header,
    check_unpacked,
    shown,
)
from ingestion.readers.extent import check_extent
from ingestion.readers.heads import Fits, find_header, same_header, told_above
from ingestion.readers.workbook import EPOCH_1900, MERGED, Workbook

BATCH_ROWS = 50_000
_WHOLE_MAX = 1e15  # Up to here a float holds every whole number that Excel can show.
_SMALL = 1e-4  # Below this Python writes a float with an exponent.
# The 28th and the 29th of February 1900, a day that never was, come as one.
_DOUBTFUL = dt.date(1900, 2, 28)
_OLD = b"\xd0\xcf\x11\xe0"


@dataclass(slots=True)
class _Sheet:
    """One sheet: its rows with the lines they stand on, and where its header is."""

    name: str
    rows: list[tuple[int, list[str]]]
    header: int | None = None  # Which of the rows.
    notes: list[str] = field(default_factory=list)

    @property
    def titles(self) -> list[str]:
        """Return the cells of the header."""
        return self.rows[self.header or 0][1]


def read(path: Path, fits: Fits | None = None) -> Iterator[Chunk]:
    """
    Yield the rows of the sheets that hold the table.

    Args:
        path: The workbook.
        fits: Whether a row is the header of the table; without it the first row is.

    Raises:
        BadFile: The workbook is broken, empty, has no visible sheet or unpacks to too much.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            check_unpacked(path, sum(entry.file_size for entry in archive.infolist()))
            check_extent(path, archive)
            workbook = Workbook.of(path, archive)
            yield from _tables(path, archive, workbook, fits)
    except (zipfile.BadZipFile, zlib.error, CalamineError, RuntimeError, OSError) as error:
        with path.open("rb") as raw:
            old = raw.read(4) == _OLD
        why = "an old or an encrypted one; save it as .xlsx without a password" if old else error
        raise BadFile(f"{path.name}: broken workbook: {why}") from error


def _tables(
    path: Path, archive: zipfile.ZipFile, workbook: Workbook, fits: Fits | None
) -> Iterator[Chunk]:
    """Yield the rows of the first sheet with the header, then of those with the same header."""
    first: _Sheet | None = None
    passed: list[_Sheet] = []
    notes: list[str] = []
    with CalamineWorkbook.from_path(str(path)) as book:
        for name in _visible(path, book, notes):
            sheet = _sheet(path, archive, workbook, book.get_sheet_by_name(name))
            if not sheet.rows:
                continue
            sheet.header = find_header([cells for _, cells in sheet.rows], fits)
            if sheet.header is None or (first and not same_header(sheet.titles, first.titles)):
                passed.append(sheet)
                continue
            first = first or sheet
            yield from _batches(path, workbook.epoch, sheet)
    if first is None:
        if not passed:
            raise BadFile(f"{path.name}: the file is empty")
        yield from _batches(path, workbook.epoch, passed.pop(0))  # It lacks a column: refused.
    notes += [_not_read(sheet, first) for sheet in passed]
    if notes and first:
        yield _Rows(notes).chunk(workbook.epoch, first)


def _not_read(sheet: _Sheet, first: _Sheet | None) -> str:
    beside = f" than that of sheet {first.name!r}" if first else ""
    rows = f"{len(sheet.rows)} line{'s' if len(sheet.rows) > 1 else ''}"
    return f"sheet {sheet.name!r} ({rows}) is not read: its header is another one{beside}"


def _visible(path: Path, book: CalamineWorkbook, notes: list[str]) -> list[str]:
    """Return the names of the sheets that a person sees; the others are told."""
    tables = [each for each in book.sheets_metadata if each.typ == SheetTypeEnum.WorkSheet]
    seen = [each.name for each in tables if each.visible == SheetVisibleEnum.Visible]
    hidden = [each.name for each in tables if each.visible != SheetVisibleEnum.Visible]
    notes += [f"sheet {name!r} is hidden and not read" for name in hidden]
    if not seen:
        beside = f"; hidden: {', '.join(map(repr, hidden))}" if hidden else ""
        raise BadFile(f"{path.name}: the workbook has no visible sheet{beside}")
    return seen


def _sheet(
    path: Path, archive: zipfile.ZipFile, workbook: Workbook, sheet: CalamineSheet
) -> _Sheet:
    """Return a sheet's rows that are not blank, with a word where a cell is no value."""
    cells: list[list[Any]] = sheet.to_python(skip_empty_area=False)
    valueless = workbook.valueless(path, archive, sheet.name)
    for (row, column), word in valueless.items():
        if row < len(cells) and column < len(cells[row]):
            cells[row][column] = word
    covered = _covered(path, sheet, cells)
    rows = []
    for at, values in enumerate(cells):
        texts = [_text(value, workbook.epoch) for value in values]
        if any(texts):
            for column in covered.get(at, ()):
                texts[column] = texts[column] or MERGED
            rows.append((at + 1, texts))
    return _Sheet(sheet.name, rows)


def _covered(path: Path, sheet: CalamineSheet, cells: list[list[Any]]) -> dict[int, list[int]]:
    """Return by row the columns that a merged block with a value covers."""
    found: dict[int, list[int]] = {}
    count = 0
    for (top, left), (bottom, right) in sheet.merged_cell_ranges or ():
        if top >= len(cells) or left >= len(cells[top]) or cells[top][left] == "":
            continue
        last, edge = min(bottom, len(cells) - 1), min(right, len(cells[top]) - 1)
        count += (last - top + 1) * (edge - left + 1)
        if count > CELLS_MAX:
            raise BadFile(f"{path.name}: sheet {sheet.name!r}: merged blocks without end")
        for row in range(top, last + 1):
            skipped = left + 1 if row == top else left
            found.setdefault(row, []).extend(range(skipped, edge + 1))
    return found


def _text(cell: object, epoch: dt.date) -> str:
    """Return a cell as one would type it; Excel itself holds 15 significant digits."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        if cell.is_integer() and abs(cell) < _WHOLE_MAX:
            return f"{cell:.0f}"
        figures = f"{cell:.15g}"
        return f"{Decimal(figures):f}" if abs(cell) < _SMALL else figures
    if isinstance(cell, dt.datetime):
        return cell.isoformat(sep=" ")
    if cell == _DOUBTFUL and epoch == EPOCH_1900:
        return "1900-02-28 or 29"
    return str(cell).strip()


@dataclass(slots=True)
class _Rows:
    """Rows of a sheet on their way into a batch, and what is to be told of it."""

    notes: list[str] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    cells: list[list[str]] = field(default_factory=list)
    bad: list[Unread] = field(default_factory=list)

    def chunk(self, epoch: dt.date, sheet: _Sheet) -> Chunk:
        """Return the batch."""
        line, header = sheet.rows[sheet.header or 0]
        columns = list(zip(*self.cells, strict=True)) if self.cells else [() for _ in header]
        return Chunk(
            lines=np.array(self.lines, np.int64),
            columns={
                name: pa.array(list(column), pa.string())
                for name, column in zip(header, columns, strict=True)
            },
            unread=tuple(self.bad),
            sheet=sheet.name,
            header_line=line,
            epoch=epoch,
            notes=tuple(self.notes),
        )


def _batches(path: Path, epoch: dt.date, sheet: _Sheet) -> Iterator[Chunk]:
    start = sheet.header or 0
    line, titles = sheet.rows[start]
    header = check_header(path, ["" if cell == MERGED else cell for cell in titles], line)
    sheet.rows[start] = (line, header)
    above = told_above([line for line, _ in sheet.rows[:start]])
    rows = _Rows([f"sheet {sheet.name!r}: {note}" for note in above])
    for line, texts in sheet.rows[start + 1 :]:
        if "\0" in "".join(texts):
            rows.bad.append(Unread(line, shown(",".join(texts)), "holds a NUL byte"))
        else:
            rows.lines.append(line)
            rows.cells.append(texts)
        if len(rows.lines) >= BATCH_ROWS:
            yield rows.chunk(epoch, sheet)
            rows = _Rows()
    yield rows.chunk(epoch, sheet)
