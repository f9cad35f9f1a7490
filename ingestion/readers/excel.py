"""
XLSX and XLSM: the visible sheets of a workbook that hold the table, through calamine.

The table is on the first visible sheet that has its header, and on the sheets with the same
header; what else there is, hidden or of another header, is told and not read. A cell that is no
value although it is not blank (an error, a formula without a result, the rest of a merged block)
is read as a word that says so, never as a blank.
"""

import datetime as dt
import math
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
from ingestion.readers.workbook import EPOCH_1900, MERGED, Found, Workbook

BATCH_ROWS = 50_000
_WHOLE_MAX = 1e15  # Up to here a float holds every whole number that Excel can show.
_SMALL = 1e-4  # Below this Python writes a float with an exponent.
# The 28th and the 29th of February 1900, a day that never was, come as one.
_DOUBTFUL = dt.date(1900, 2, 28)
_OLD, _ZIP = b"\xd0\xcf\x11\xe0", b"PK"
# A sum may be off by so many steps between doubles; from here on 15 digits do not tell a fen from
# the next, and from there on no double does.
_STEPS, _FEN_MAX, _TOLD_MAX = 4, 1e13, 2.0**46


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
        raise BadFile(f"{path.name}: {_why_broken(path, error)}") from error


def _why_broken(path: Path, error: Exception) -> str:
    with path.open("rb") as raw:
        start = raw.read(4)
    if not start:
        return "the file is empty"
    if start == _OLD:
        return "broken workbook: an old or an encrypted one; save it as .xlsx without a password"
    if not start.startswith(_ZIP):
        return "the ending does not fit what is in the file"
    return f"broken workbook: {error}"


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
            if first is None:
                sheet.notes, notes = [*notes, *sheet.notes], []
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
    others = [each.name for each in book.sheets_metadata if each.typ != SheetTypeEnum.WorkSheet]
    notes += [
        f"sheet {name!r} holds charts or macros, no cells, and is not read" for name in others
    ]
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
    found = workbook.look(path, archive, sheet.name)
    cells = _values(path, sheet, found)
    covered = _covered(path, sheet, cells)
    rows = []
    for at, values in enumerate(cells):
        texts = [_text(value, workbook.epoch) for value in values]
        if any(texts):
            for column in covered.get(at, ()):
                texts[column] = texts[column] or MERGED
            rows.append((at + 1, texts))
    return _Sheet(sheet.name, rows, notes=_told_hidden(sheet.name, found.hidden))


def _values(path: Path, sheet: CalamineSheet, found: Found) -> list[list[Any]]:
    """Return a sheet's cells, with what its part says beside their values."""
    if sheet.total_width * sheet.total_height > CELLS_MAX:
        raise BadFile(f"{path.name}: sheet {sheet.name!r}: at most {CELLS_MAX} cells are read")
    cells: list[list[Any]] = sheet.to_python(skip_empty_area=False)
    height, width = len(cells), len(cells[0]) if cells else 0
    for (row, column), word in found.words.items():
        if row < height and column < width:
            cells[row][column] = word
    for (row, column), shape in found.shapes.items():
        if row < height and column < width:
            cells[row][column] = shape.written(cells[row][column])
    return cells


def _told_hidden(sheet: str, rows: int) -> list[str]:
    if not rows:
        return []
    told = "1 hidden row is" if rows == 1 else f"{rows} hidden rows are"
    return [f"sheet {sheet!r}: {told} read like the others"]


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
        return _figures(cell)
    if isinstance(cell, dt.datetime):
        return cell.isoformat(sep=" ")
    if cell == _DOUBTFUL and epoch == EPOCH_1900:
        return "1900-02-28 or 29"
    return str(cell).strip()


def _figures(cell: float) -> str:
    """Return a number with the 15 digits that Excel shows, with all where those are another."""
    if not math.isfinite(cell):
        return "#NUM!"
    if cell.is_integer() and abs(cell) < _WHOLE_MAX:
        return f"{cell + 0.0:.0f}"
    figures = f"{cell:.15g}"
    off = abs(float(figures) - cell) > _STEPS * math.ulp(cell)
    if abs(cell) < _WHOLE_MAX and (off or abs(cell) >= _FEN_MAX):
        figures = repr(cell) if abs(cell) < _TOLD_MAX else f"{cell:.17g}"
    return f"{Decimal(figures):f}" if abs(cell) < _SMALL else figures


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
    rows = _Rows([*sheet.notes, *(f"sheet {sheet.name!r}: {note}" for note in above)])
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
