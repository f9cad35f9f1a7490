"""Grids: text, workbooks and Parquet below a header that has the names asked for."""

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import reduce
from operator import and_
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa

from ingestion.errors import BadFile
from ingestion.notes import about_sheet, note
from ingestion.readers import Chunk, Unread, biff, excel, parquet, text
from ingestion.readers.chunk import shown
from ingestion.readers.heads import TextTable
from ingestion.readers.sheets import MERGED, OpenWorkbook, Sheet
from ingestion.sets import regexes
from ingestion.sets.batch import LINE, Batch
from ingestion.sets.headers import GridHeader, Row, Seeker, header_of_text, lacking, names_of
from ingestion.sets.model import Grid

BOOKS = (".xlsx", ".xlsm", ".xls")
BATCH_ROWS = 50_000


def read(grid: Grid, path: Path) -> Iterator[Batch]:
    """
    Yield the rows of a file.

    Raises:
        BadFile: It is broken, or has no such sheet or header.
    """
    name = path.name.lower()
    if name.endswith(BOOKS):
        with opened(path) as book:
            yield from _of_book(grid, path, book)
    elif name.endswith(".parquet"):
        yield from _of_parquet(grid, path)
    else:
        yield from _of_text(grid, path)


def opened(path: Path) -> AbstractContextManager[OpenWorkbook]:
    """Open a workbook of either kind."""
    return biff.opened(path) if path.name.lower().endswith(".xls") else excel.opened(path)


def _of_text(grid: Grid, path: Path) -> Iterator[Batch]:
    found: list[GridHeader] = []

    def find(lines: list[str]) -> TextTable:
        """Return where the header of a text stands and what it names."""
        header, separator = header_of_text(path, grid, lines)
        found.append(header)
        return TextTable(header.names, header.named, separator, header.lines[-1])

    empty = True
    for chunk in text.table(path, find, grid.encoding):
        empty = False
        yield _batch(path, chunk, found[0])
    if empty:
        yield _batch(path, _no_rows(found[0]), found[0])


def _of_parquet(grid: Grid, path: Path) -> Iterator[Batch]:
    header: GridHeader | None = None
    for chunk in parquet.read(path):
        if header is None:
            cells = list(chunk.columns)
            names = names_of(grid, [cells])
            if lacks := lacking(grid, names):
                raise BadFile(f"{path.name}: set {grid.name}: it lacks {', '.join(lacks)}")
            header = GridHeader(tuple(names), (tuple(cells),), (1,), ())
        columns = dict(zip(header.names, chunk.columns.values(), strict=True))
        yield _batch(path, replace(chunk, columns=columns), header)


def _of_book(grid: Grid, path: Path, book: OpenWorkbook) -> Iterator[Batch]:
    listed = book.sheets()
    listed.check(path)
    names = listed.seen
    if grid.sheet is not None:
        names = [name for name in names if regexes.compiled(grid.sheet).fullmatch(name)]
    if not names:
        hidden = f"; hidden: {', '.join(listed.hidden)}" if listed.hidden else ""
        raise BadFile(
            f"{path.name}: set {grid.name}: no sheet is called {grid.sheet}; "
            f"there are {', '.join(listed.seen)}{hidden}"
        )
    if grid.sheet is None:
        yield from _of_first(grid, path, book, names)
        return
    for name in names:
        sheet = book.sheet(name)
        seeker = Seeker(grid)
        at = seeker.find(sheet.rows)
        if at is None and sheet.rows:
            raise BadFile(f"{path.name}: sheet {name!r}: {seeker.why_none()}")
        yield from _of_sheet(grid, path, sheet, at, book.epoch)


def _of_first(grid: Grid, path: Path, book: OpenWorkbook, names: list[str]) -> Iterator[Batch]:
    """Yield the rows of the first sheet with the header."""
    nearest: tuple[str, Seeker] | None = None
    for name in names:
        sheet = book.sheet(name)
        seeker = Seeker(grid)
        at = seeker.find(sheet.rows)
        if at is not None:
            yield from _of_sheet(grid, path, sheet, at, book.epoch)
            return
        if sheet.rows and (nearest is None or seeker.missing < nearest[1].missing):
            nearest = name, seeker
    if nearest is None:
        raise BadFile(f"{path.name}: the file is empty")
    raise BadFile(f"{path.name}: sheet {nearest[0]!r}: {nearest[1].why_none()}")


def _of_sheet(
    grid: Grid, path: Path, sheet: Sheet, at: int | None, epoch: dt.date
) -> Iterator[Batch]:
    if at is None:
        note_empty = about_sheet(sheet.name, note("no_rows"))
        yield Batch(
            frame=pl.DataFrame(schema={LINE: pl.Int32}),
            paths=(path,),
            sheet=sheet.name,
            notes=(note_empty,),
        )
        return
    where = f"{path.name}: sheet {sheet.name!r}"
    header = GridHeader.of(where, grid, rows=sheet.rows, at=at)
    notes = tuple(sheet.notes)
    rows = sheet.rows[at + grid.header_rows :]
    for start in range(0, max(1, len(rows)), BATCH_ROWS):
        some = rows[start : start + BATCH_ROWS]
        share = min(1.0, (start + len(some)) / max(1, len(rows)))
        batch = _batch(path, _chunk(sheet, header, some, share), header)
        yield replace(batch, notes=notes, epoch=epoch)
        notes = ()


def _chunk(sheet: Sheet, header: GridHeader, rows: Sequence[Row], share: float) -> Chunk:
    """Return rows of a sheet as columns; what a merged block covers is blank."""
    bad = [
        Unread(line, shown(",".join(cells)), "holds a NUL byte")
        for line, cells in rows
        if "\0" in "".join(cells)
    ]
    spoilt = {each.line for each in bad}
    good = [(line, cells) for line, cells in rows if line not in spoilt] if bad else rows
    turned = list(zip(*(cells for _, cells in good), strict=True))
    columns = turned or [() for _ in header.names]
    return Chunk(
        lines=np.array([line for line, _ in good], np.int64),
        columns={
            name: pa.array([None if cell == MERGED else cell for cell in cells], pa.string())
            for name, cells in zip(header.names, columns, strict=True)
        },
        unread=tuple(bad),
        sheet=sheet.name,
        share=share,
    )


def _no_rows(header: GridHeader) -> Chunk:
    columns = {name: pa.array([], pa.string()) for name in header.names}
    return Chunk(lines=np.zeros(0, np.int64), columns=columns)


def _batch(path: Path, chunk: Chunk, header: GridHeader) -> Batch:
    frame = chunk.rows.with_columns(pl.col(LINE).cast(pl.Int32))
    if all(frame[name].has_nulls() for name in header.names):
        frame = frame.filter(pl.any_horizontal(pl.col(header.names).is_not_null()))
    again = _again(frame, header)
    repeated: tuple[int, ...] = ()
    if again is not None:
        repeated = tuple(frame.filter(again)[LINE].to_list())
        frame = frame.filter(~again)
    return Batch(
        frame=frame,
        paths=(path,),
        sheet=chunk.sheet,
        above=header.above,
        header_lines=header.lines,
        unread=chunk.unread,
        repeated=repeated,
        ragged=chunk.ragged,
        share=chunk.share,
    )


def _again(frame: pl.DataFrame, header: GridHeader) -> pl.Series | None:
    """Return which rows hold a row of the header again; None for none."""
    found: pl.Series | None = None
    for cells in header.cells:
        columns = zip(header.names, cells, strict=True)
        name, cell = max(columns, key=lambda each: bool(each[1]))
        if not (frame[name] == cell).any():
            continue
        same = (
            pl.col(name).eq_missing(pl.lit(cell or None, pl.String))
            for name, cell in zip(header.names, cells, strict=True)
        )
        rows = frame.select(reduce(and_, same)).to_series()
        found = rows if found is None else found | rows
    return found if found is not None and found.any() else None
