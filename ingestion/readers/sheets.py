"""
What is read of a workbook, of whatever format: the visible sheets that hold the table.

The table is on the first visible sheet that has its header, and on the sheets with the same
header; what else there is, hidden or of another header, is told and not read. A cell that is no
value although it is not blank (an error, a formula without a result, the rest of a merged block)
is read as a word that says so, never as a blank.
"""

import datetime as dt
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa

from ingestion.errors import BadFile
from ingestion.notes import Note, about_sheet, note
from ingestion.readers.chunk import CELLS_MAX, COLUMNS_MAX, Chunk, Unread, check_header, shown
from ingestion.readers.heads import Fits, find_header, same_header, told_above

BATCH_ROWS = 50_000
EPOCH_1900, EPOCH_1904 = dt.date(1899, 12, 30), dt.date(1904, 1, 1)
NO_RESULT, MERGED = "#NO RESULT!", "#MERGED!"
_WHOLE_MAX = 1e15  # Up to here a float holds every whole number that Excel can show.
_SMALL = 1e-4  # Below this Python writes a float with an exponent.
# A sum may be off by so many steps between doubles; from here on 15 digits do not tell a fen from
# the next, and from there on no double does.
_STEPS, _FEN_MAX, _TOLD_MAX = 4, 1e13, 2.0**46
# The 28th and the 29th of February 1900, a day that never was, come as one.
_DOUBTFUL = dt.date(1900, 2, 28)
# A cell by its row and column, both counted from 0; a block by its first and its last.
Place = tuple[int, int]
Block = tuple[Place, Place]


@dataclass(slots=True)
class Sheet:
    """One sheet: its rows with the lines they stand on, and where its header is."""

    name: str
    rows: list[tuple[int, list[str]]]
    header: int | None = None  # Which of the rows.
    notes: list[Note] = field(default_factory=list)
    # The lines and columns that a block covers to the right of its first cell.
    across: set[Place] = field(default_factory=set)

    @property
    def titles(self) -> list[str]:
        """Return the cells of the header."""
        return self.rows[self.header or 0][1]


class OpenWorkbook(Protocol):
    """A workbook that is open: day zero of its days, and its sheets."""

    @property
    def epoch(self) -> dt.date:
        """Return day zero of its days."""

    def sheets(self) -> "SheetNames":
        """Return what sheets there are."""

    def sheet(self, name: str) -> Sheet:
        """Return one sheet."""


@dataclass(slots=True)
class SheetNames:
    """The names of the sheets that a person sees, of those that are hidden, and of other kinds."""

    seen: list[str] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)

    @property
    def notes(self) -> list[Note]:
        """Return what is told of the sheets that are not looked at."""
        told = [note("sheet_of_charts", name=name) for name in self.others]
        return told + [note("hidden_sheet", name=name) for name in self.hidden]

    def check(self, path: Path) -> None:
        """Raise `BadFile` where a person sees no sheet, or two have one name."""
        names = [*self.seen, *self.hidden]
        for name in names:
            if names.count(name) > 1:
                raise BadFile(f"{path.name}: broken workbook: two sheets are called {name!r}")
        if not self.seen:
            beside = f"; hidden: {', '.join(map(repr, self.hidden))}" if self.hidden else ""
            raise BadFile(f"{path.name}: the workbook has no visible sheet{beside}")


def tables(path: Path, book: OpenWorkbook, fits: Fits | None) -> Iterator[Chunk]:
    """
    Yield the rows of the first sheet with the header, then of those with the same header.

    Args:
        path: The workbook, for messages.
        book: The same, open.
        fits: Whether a row is the header of the table; without it the first row is.

    Raises:
        BadFile: It is empty, has no visible sheet, or a header that cannot be.
    """
    first: Sheet | None = None
    passed: list[Sheet] = []
    listed = book.sheets()
    listed.check(path)
    notes = listed.notes
    for name in listed.seen:
        sheet = book.sheet(name)
        if not sheet.rows:
            continue
        sheet.header = find_header([cells for _, cells in sheet.rows], fits)
        if sheet.header is None or (first and not same_header(sheet.titles, first.titles)):
            passed.append(sheet)
            continue
        if first is None:
            sheet.notes, notes = [*notes, *sheet.notes], []
        first = first or sheet
        yield from _batches(path, book.epoch, sheet)
    if first is None:
        if not passed:
            raise BadFile(f"{path.name}: the file is empty")
        yield from _batches(path, book.epoch, passed.pop(0))  # It lacks a column: refused.
    notes += [_not_read(sheet, first) for sheet in passed]
    if notes and first:
        yield _SheetRows(notes).chunk(book.epoch, first)


def laid_out(
    path: Path, name: str, cells: list[list[Any]], merged: Iterable[Block], epoch: dt.date
) -> Sheet:
    """
    Return a sheet's rows that are not blank, with a word where a merged block covers a cell.

    Args:
        path: The workbook, for messages.
        name: The sheet's name.
        cells: Its cells, row by row.
        merged: Its merged blocks.
        epoch: Day zero of the workbook's days.

    Raises:
        BadFile: Merged blocks cover more than a sheet may hold.
    """
    blocks = list(merged)
    covered = _covered(path, name, cells, blocks)
    rows = []
    for at, values in enumerate(cells):
        texts = [_text(value, epoch) for value in values]
        if any(texts):
            for column in covered.get(at, ()):
                texts[column] = texts[column] or MERGED
            rows.append((at + 1, texts))
    across = {
        (top + 1, column)
        for (top, left), (_, right) in blocks
        for column in range(left + 1, min(right, COLUMNS_MAX) + 1)
    }
    return Sheet(name, rows, across=across)


def told_hidden(sheet: str, rows: int) -> list[Note]:
    """Return what is told of rows that are hidden."""
    if not rows:
        return []
    told = Note("1 hidden row is" if rows == 1 else f"{rows} hidden rows are", str(rows))
    return [about_sheet(sheet, note("hidden_rows", rows=told))]


def _not_read(sheet: Sheet, first: Sheet | None) -> Note:
    rows = len(sheet.rows)
    lines = Note(f"{rows} line{'s' if rows > 1 else ''}", str(rows))
    if first is None:
        return note("other_header", name=sheet.name, lines=lines)
    return note("other_header_than", name=sheet.name, lines=lines, first=first.name)


def _covered(
    path: Path, name: str, cells: list[list[Any]], merged: Iterable[Block]
) -> dict[int, list[int]]:
    """Return by row the columns that a merged block with a value covers."""
    found: dict[int, list[int]] = {}
    count = 0
    for (top, left), (bottom, right) in merged:
        if top >= len(cells) or left >= len(cells[top]) or cells[top][left] == "":
            continue
        last, edge = min(bottom, len(cells) - 1), min(right, len(cells[top]) - 1)
        count += (last - top + 1) * (edge - left + 1)
        if count > CELLS_MAX:
            raise BadFile(f"{path.name}: sheet {name!r}: merged blocks without end")
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
class _SheetRows:
    """Rows of a sheet on their way into a batch, and what is to be told of it."""

    notes: list[Note] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    cells: list[Sequence[str]] = field(default_factory=list)
    bad: list[Unread] = field(default_factory=list)

    def chunk(self, epoch: dt.date, sheet: Sheet) -> Chunk:
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


def _check_merged(path: Path, sheet: Sheet) -> None:
    """Raise `BadFile` where a header stands over several columns that have cells of their own."""
    start = sheet.header or 0
    line, titles = sheet.rows[start]
    for column in (at for at in range(len(titles)) if (line, at) in sheet.across):
        title = next((each for each in titles[column::-1] if each != MERGED), "")
        if any(cells[column] not in ("", MERGED) for _, cells in sheet.rows[start + 1 :]):
            raise BadFile(
                f"{path.name}: sheet {sheet.name!r}: line {line}: header {title!r} stands over "
                "more than one column"
            )


def _batches(path: Path, epoch: dt.date, sheet: Sheet) -> Iterator[Chunk]:
    start = sheet.header or 0
    line, titles = sheet.rows[start]
    _check_merged(path, sheet)
    header = check_header(path, ["" if cell == MERGED else cell for cell in titles], line)
    sheet.rows[start] = (line, header)
    above = told_above([line for line, _ in sheet.rows[:start]])
    rows = _SheetRows([*sheet.notes, *(about_sheet(sheet.name, each) for each in above)])
    for line, texts in sheet.rows[start + 1 :]:
        if "\0" in "".join(texts):
            rows.bad.append(Unread(line, shown(",".join(texts)), "holds a NUL byte"))
        else:
            rows.lines.append(line)
            rows.cells.append(texts)
        if len(rows.lines) >= BATCH_ROWS:
            yield rows.chunk(epoch, sheet)
            rows = _SheetRows()
    yield rows.chunk(epoch, sheet)
