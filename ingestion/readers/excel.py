"""XLSX and XLSM through calamine, with what the parts of the file say beside it."""

import datetime as dt
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from ingestion.errors import BadFile
from ingestion.readers.chunk import CELLS_MAX, Chunk, check_unpacked
from ingestion.readers.extent import check_extent
from ingestion.readers.heads import Fits
from ingestion.readers.sheets import OpenWorkbook, Sheet, SheetNames, laid_out, tables, told_hidden
from ingestion.readers.workbook import SheetRemarks, Workbook

_OLD, _ZIP = b"\xd0\xcf\x11\xe0", b"PK"


def read(path: Path, fits: Fits | None = None) -> Iterator[Chunk]:
    """
    Yield the rows of the sheets that hold the table.

    Args:
        path: The workbook.
        fits: Whether a row is the header of the table; without it the first row is.

    Raises:
        BadFile: The workbook is broken, empty, has no visible sheet or unpacks to too much.
    """
    with opened(path) as book:
        yield from tables(path, book, fits)


@contextmanager
def opened(path: Path) -> Iterator[OpenWorkbook]:
    """
    Open a workbook.

    Raises:
        BadFile: It is broken, empty or unpacks to too much.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            check_unpacked(path, sum(entry.file_size for entry in archive.infolist()))
            check_extent(path, archive)
            said = Workbook.of(path, archive)
            with CalamineWorkbook.from_path(str(path)) as book:
                yield _ExcelWorkbook(path, archive, said, book)
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


@dataclass(frozen=True, slots=True)
class _ExcelWorkbook:
    """A workbook that is open, by both who read it."""

    path: Path
    archive: zipfile.ZipFile
    said: Workbook
    book: CalamineWorkbook

    @property
    def epoch(self) -> dt.date:
        """Return day zero of its days."""
        return self.said.epoch

    def sheets(self) -> SheetNames:
        """Return what sheets there are."""
        listed = SheetNames()
        for each in self.book.sheets_metadata:
            if each.typ != SheetTypeEnum.WorkSheet:
                listed.others.append(each.name)
            elif each.visible == SheetVisibleEnum.Visible:
                listed.seen.append(each.name)
            else:
                listed.hidden.append(each.name)
        return listed

    def sheet(self, name: str) -> Sheet:
        """Return one sheet, with a word where a cell is no value."""
        found = self.said.look(self.path, self.archive, name)
        sheet = self.book.get_sheet_by_name(name)
        cells = _values(self.path, sheet, found)
        laid = laid_out(self.path, name, cells, sheet.merged_cell_ranges or (), self.epoch)
        laid.notes += told_hidden(name, found.hidden)
        return laid


def _values(path: Path, sheet: CalamineSheet, found: SheetRemarks) -> list[list[Any]]:
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
