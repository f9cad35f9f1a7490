"""What is looked at of each file: its first rows below a header, the last ones, the lines above."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from ingestion.errors import BadFile
from ingestion.guess import headings
from ingestion.guess.headings import FoundHeader
from ingestion.guess.patterns import literally
from ingestion.notes import Note, note
from ingestion.readers import encoding, parquet, text
from ingestion.readers.blocks import TextCursor
from ingestion.readers.sheets import MERGED, Sheet
from ingestion.sets import Batch, Grid, grid
from ingestion.sets.headers import SEPARATORS, Row, names_of, text_rows

ROWS_MAX = 5_000  # Looked at of a sheet or file from its beginning,
TAIL_ROWS = 50  # and from its end where that is among so many batches.
BATCHES_MAX = 8
HEAD_LINES = 400
SHEETS_MAX = 100
NAME_MAX = 200  # A longer header is no name of a column.


@dataclass(frozen=True, slots=True)
class GridSample:
    """A sheet or text: how it is read, its rows as they are read, and what is above them."""

    path: Path
    sheet: str
    read_as: Grid
    frame: pl.DataFrame
    above: tuple[str, ...]
    header_lines: tuple[int, ...]
    whole: bool  # Whether all of its rows were looked at.
    held: tuple[str, ...] = ()  # Columns in which a cell stands for rows below it too.

    @property
    def names(self) -> list[str]:
        """Return the names of its columns."""
        return [name for name in self.frame.columns if name not in ("_line", "_at")]


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A file or sheet that nothing is proposed for, and why."""

    path: Path
    why: Note
    sheet: str = ""

    @classmethod
    def broken(cls, path: Path, error: Exception) -> "PassedOver":
        """Return a file that cannot be read, with what was said of it."""
        return cls(path, Note(str(error).removeprefix(f"{path.name}: ")))

    def document(self) -> dict[str, Any]:
        """Return it as plain values."""
        sheet = {"sheet": self.sheet} if self.sheet else {}
        label = {"zh": self.why.zh, "en": str(self.why)}
        return {"path": self.path.name, **sheet, "why": str(self.why), "label": label}


def of_file(path: Path) -> Iterator[GridSample | PassedOver]:
    """
    Yield what is looked at of a file of grids, sheet by sheet.

    Raises:
        BadFile: It is broken, or is none.
    """
    name = path.name.lower()
    if name.endswith(grid.BOOKS):
        yield from _of_book(path)
    elif name.endswith(".parquet"):
        names = tuple(next(iter(parquet.read(path))).columns)
        yield _sample(path, "", Grid("rows", ".*", header=names[:1]))
    else:
        yield _of_text(path)


def _of_book(path: Path) -> Iterator[GridSample | PassedOver]:
    with grid.opened(path) as book:
        listed = book.sheets()
        listed.check(path)
        for name in listed.seen[:SHEETS_MAX]:
            rows = book.sheet(name).rows
            found = headings.find(rows)
            if found is None:
                yield PassedOver(path, note("no_header") if rows else note("is_empty"), name)
                continue
            sample = _sample(path, name, _grid(rows, found, "sheet"))
            if sample.frame.height:
                yield replace(sample, held=_held(book.sheet(name), found, sample.names))
            else:
                yield PassedOver(path, note("no_rows"), name)
        for name in listed.hidden:
            yield PassedOver(path, note("is_hidden"), name)


def _held(sheet: Sheet, found: FoundHeader, names: Sequence[str]) -> tuple[str, ...]:
    """Return the columns in which blocks of cells are merged down below the header."""
    held = {
        at
        for line, cells in sheet.rows[found.at + found.rows :]
        for at, cell in enumerate(cells)
        if cell == MERGED and (line, at) not in sheet.across
    }
    return tuple(names[at] for at in sorted(held) if at < len(names))


def _grid(rows: Sequence[Row], found: FoundHeader, name: str, separator: str | None = None) -> Grid:
    """Return how the rows below a header are read."""
    head = [cells for _, cells in rows[found.at : found.at + found.rows]]
    plain = Grid(name, ".*", header_rows=found.rows, separator=separator)
    names = [each for each in names_of(plain, head) if len(each) <= NAME_MAX]
    return Grid(name, ".*", header=tuple(names), header_rows=found.rows, separator=separator)


def _of_text(path: Path) -> GridSample | PassedOver:
    lines = first_lines(path)
    best: tuple[float, str, Sequence[Row], FoundHeader] | None = None
    for separator in SEPARATORS:
        rows = list(text_rows(lines, separator, 0, whole=True))
        found = headings.find(rows)
        if found is None or _filled_most(rows) < 2:  # noqa: PLR2004  # one cell is no grid
            continue
        if best is None or found.score > best[0]:
            best = (found.score, separator, rows, found)
    if best is None:
        return PassedOver(path, note("no_header"))
    _, separator, below, at = best
    sample = _sample(path, "", _grid(below, at, "text", separator))
    return sample if sample.frame.height else PassedOver(path, note("no_rows"))


def _filled_most(rows: Sequence[Row]) -> int:
    return max((len(cells) for _, cells in rows), default=0)


def first_lines(path: Path) -> list[str]:
    """
    Return the first lines of a text.

    Raises:
        BadFile: It is empty, or no text that is read.
    """
    place = TextCursor(path)
    with text.opened(path) as (raw, stream):
        start = next(text.in_utf(place, text.pieces(place, raw, stream), None), b"")
    block = start[: text.SOUGHT_BYTES_MAX]
    if not block.strip():
        raise BadFile(f"{path.name}: the file is empty")
    cut = block[: block.rfind(b"\n") + 1] or block
    name = place.encoding or encoding.settle(path, None, cut) or encoding.UTF
    return [line.decode(name, "replace") for line in cut.splitlines(keepends=True)[:HEAD_LINES]]


def _sample(path: Path, sheet: str, asked: Grid) -> GridSample:
    """Return what is looked at of the rows of a sheet or text."""
    exact = replace(asked, sheet=literally(sheet) if sheet else None)
    heads: list[pl.DataFrame] = []
    first: Batch | None = None
    tail: pl.DataFrame | None = None
    rows, whole = 0, True
    for count, batch in enumerate(grid.read(exact, path)):
        if count >= BATCHES_MAX:
            tail, whole = None, False
            break
        first = first or batch
        if rows < ROWS_MAX:
            heads.append(batch.frame.head(ROWS_MAX - rows))
        whole = whole and rows + batch.frame.height <= ROWS_MAX
        rows += batch.frame.height
        tail = batch.frame.tail(TAIL_ROWS)
    if first is None:
        raise BadFile(f"{path.name}: the file is empty")
    frame = pl.concat(heads, how="diagonal")
    if tail is not None and not whole:
        frame = pl.concat([frame, tail], how="diagonal").unique(
            subset="_line", keep="first", maintain_order=True
        )
    return GridSample(path, sheet, asked, frame, first.above, first.header_lines, whole)


__all__ = ["GridSample", "PassedOver", "first_lines", "of_file"]
