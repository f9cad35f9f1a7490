"""
XLS of Excel 97 to 2003 through xlrd, with what its records say beside it.

xlrd tells numbers, days, texts, errors, merged blocks and hidden sheets apart, but not whether a
cell is a formula: the records are looked at for formulas that nobody has computed. A result that
is an empty text cannot be told from none there, and is read as none.
"""

import datetime as dt
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import xlrd
from xlrd.compdoc import CompDocError

from ingestion.errors import BadFile
from ingestion.readers.chunk import Chunk
from ingestion.readers.heads import Fits
from ingestion.readers.shapes import Shape, shape_of
from ingestion.readers.sheets import (
    EPOCH_1900,
    EPOCH_1904,
    NO_RESULT,
    OpenWorkbook,
    Place,
    Sheet,
    SheetNames,
    laid_out,
    tables,
    told_hidden,
)

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_VERSION_MIN = 80  # Older ones keep text in a code page that they need not name.
_BOF, _EOF, _BOUND, _FORMULA = 0x0809, 0x000A, 0x0085, 0x0006
_FORMULA_BYTES = 16
_BLANK_TEXT, _ON_LOAD = 3, 0x0002
_DAY_MS = 86_400_000
_FALSE_DAY = 60  # Of the workbooks that count from 1900: a 29 February that never was.
_DAYS_MAX = 2_958_466  # The first day of the year 10000.
# What a file that is broken, or meant to hurt, makes xlrd raise.
_BROKEN = (
    xlrd.XLRDError, CompDocError, struct.error, ArithmeticError, AssertionError, AttributeError,
    EOFError, LookupError, RecursionError, TypeError, ValueError, NotImplementedError,
)  # fmt: skip


def read(path: Path, fits: Fits | None = None) -> Iterator[Chunk]:
    """
    Yield the rows of the sheets that hold the table.

    Args:
        path: The workbook.
        fits: Whether a row is the header of the table; without it the first row is.

    Raises:
        BadFile: The workbook is broken, empty, encrypted, older than Excel 97 or has no visible
            sheet.
    """
    with opened(path) as book:
        yield from tables(path, book, fits)


@contextmanager
def opened(path: Path) -> Iterator[OpenWorkbook]:
    """
    Open a workbook.

    Raises:
        BadFile: It is broken, empty, encrypted or older than Excel 97.
    """
    raw = path.read_bytes()
    if not raw:
        raise BadFile(f"{path.name}: the file is empty")
    if not raw.startswith(_OLE):
        raise BadFile(f"{path.name}: the ending does not fit what is in the file")
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:  # xlrd prints what it wonders at.
        try:
            book = xlrd.open_workbook(
                file_contents=raw, formatting_info=True, on_demand=True, logfile=nowhere
            )
            found = _BiffWorkbook.of(path, book)
        except BadFile:
            raise
        except _BROKEN as error:
            raise _broken(path, error) from error
        yield found


def _broken(path: Path, error: Exception) -> BadFile:
    if "encrypted" in str(error):
        return BadFile(f"{path.name}: an encrypted workbook; save it without a password")
    why = f": {error}" if isinstance(error, (xlrd.XLRDError, CompDocError)) else ""
    return BadFile(f"{path.name}: broken workbook{why}")


@dataclass(slots=True)
class _BiffSheet:
    """One sheet as the records name it, and its formulas that nobody has computed."""

    name: str
    at: int
    visible: bool
    cells: bool
    uncomputed: list[Place] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _BiffWorkbook:
    """A workbook that is open."""

    path: Path
    book: Any
    parts: list[_BiffSheet]

    @classmethod
    def of(cls, path: Path, book: Any) -> "_BiffWorkbook":
        """
        Return a workbook with what its records say.

        Raises:
            BadFile: It is older than Excel 97.
        """
        if book.biff_version < _VERSION_MIN:
            raise BadFile(f"{path.name}: a workbook of before Excel 97; save it as .xlsx")
        stream = bytes(book.mem[book.base : book.base + book.stream_len])
        parts = list(_parts(stream))
        order = [part for part in parts if part.cells]
        if [part.name for part in order] != book.sheet_names():
            raise BadFile(f"{path.name}: broken workbook: its list of sheets")
        for part in order:
            part.uncomputed += _uncomputed(stream, part.at)
        return cls(path, book, parts)

    @property
    def epoch(self) -> dt.date:
        """Return day zero of its days."""
        return EPOCH_1904 if self.book.datemode else EPOCH_1900

    def sheets(self) -> SheetNames:
        """Return what sheets there are."""
        listed = SheetNames()
        for part in self.parts:
            where = listed.seen if part.visible else listed.hidden
            (where if part.cells else listed.others).append(part.name)
        return listed

    def sheet(self, name: str) -> Sheet:
        """Return one sheet, with a word where a cell is no value."""
        order = [part for part in self.parts if part.cells]
        (at,) = (at for at, part in enumerate(order) if part.name == name)
        try:
            sheet = self.book.sheet_by_index(at)
            cells = [
                [self._value(cell) for cell in sheet.row(row)]
                + [""] * (sheet.ncols - sheet.row_len(row))
                for row in range(sheet.nrows)
            ]
            hidden = sum(info.hidden for row, info in sheet.rowinfo_map.items() if row < len(cells))
        except _BROKEN as error:
            raise _broken(self.path, error) from error
        for row, column in order[at].uncomputed:
            if row < len(cells) and column < len(cells[row]):
                cells[row][column] = NO_RESULT
        merged = [((a, c), (b - 1, d - 1)) for a, b, c, d in sheet.merged_cells]
        laid = laid_out(self.path, name, cells, merged, self.epoch)
        laid.notes += told_hidden(name, hidden)
        self.book.unload_sheet(at)
        return laid

    def _value(self, cell: Any) -> Any:
        """Return a cell's value as other readers have it."""
        if cell.ctype == xlrd.XL_CELL_DATE:
            return moment(cell.value, self.epoch)
        if cell.ctype == xlrd.XL_CELL_BOOLEAN:
            return bool(cell.value)
        if cell.ctype == xlrd.XL_CELL_ERROR:
            return xlrd.error_text_from_code.get(cell.value, "#N/A")
        if cell.ctype == xlrd.XL_CELL_NUMBER:
            shape = self._shape(cell.xf_index)
            return cell.value if shape is None else shape.written(cell.value)
        return cell.value

    def _shape(self, style: int) -> Shape | None:
        key = self.book.xf_list[style].format_key
        return _shaped(self.book.format_map[key].format_str)


@cache
def _shaped(code: str) -> Shape | None:
    return shape_of(code)


def moment(value: float, epoch: dt.date) -> object:
    """
    Return the day or time that a number stands for; the number where it stands for none.

    Example:
        >>> moment(46027.0, EPOCH_1900), moment(46027.5, EPOCH_1900)
        (datetime.date(2026, 1, 5), datetime.datetime(2026, 1, 5, 12, 0))
    """
    if not 0 <= value < _DAYS_MAX - (0 if epoch == EPOCH_1900 else (EPOCH_1904 - EPOCH_1900).days):
        return value
    days, ms = divmod(round(value * _DAY_MS), _DAY_MS)
    clock = dt.timedelta(milliseconds=ms)
    if days == 0:  # A time alone.
        return (dt.datetime.combine(epoch, dt.time.min) + clock).time()
    early = epoch == EPOCH_1900 and days < _FALSE_DAY
    day = epoch + dt.timedelta(days=days + early)
    return dt.datetime.combine(day, dt.time.min) + clock if ms else day


def _records(stream: bytes, at: int) -> Iterator[tuple[int, int, int]]:
    """Yield the kind of each record from a place on, with where its data begin and end."""
    while at + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, at)
        yield kind, at + 4, min(at + 4 + size, len(stream))
        at += 4 + size


def _parts(stream: bytes) -> Iterator[_BiffSheet]:
    """Yield the sheets in their order."""
    for kind, start, end in _records(stream, 0):
        if kind == _BOUND:
            at, state, what, length, wide = struct.unpack_from("<IBBBB", stream, start)
            text = stream[start + 8 : end]
            name = text[: length << (wide & 1)].decode("utf-16-le" if wide & 1 else "latin-1")
            yield _BiffSheet(name, at, (state & 3) == 0, what == 0)
        elif kind == _EOF:
            return


def _uncomputed(stream: bytes, at: int) -> Iterator[Place]:
    """Yield the cells of a sheet whose formula has no result."""
    depth = 0
    for kind, start, end in _records(stream, at):
        depth += (kind == _BOF) - (kind == _EOF)
        if depth == 0:
            return
        if kind == _FORMULA and end - start >= _FORMULA_BYTES and depth == 1:
            place = struct.unpack_from("<HH", stream, start)
            result, said = stream[start + 6 : start + 14], stream[start + 14]
            empty = result[6:] == b"\xff\xff" and result[0] == _BLANK_TEXT
            if empty or (said & _ON_LOAD and not any(result)):
                yield place
