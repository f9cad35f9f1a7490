"""The header of a grid: which row has all the names asked for, and what columns are called."""

import csv
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, takewhile
from pathlib import Path

import pyarrow as pa

from ingestion.characters import visible
from ingestion.errors import BadFile
from ingestion.fields.texts import trim
from ingestion.readers.blocks import FIELD_MAX
from ingestion.readers.chunk import COLUMNS_MAX
from ingestion.readers.sheets import MERGED
from ingestion.readers.text import SOUGHT_LINES_MAX
from ingestion.sets.batch import RESERVED
from ingestion.sets.errors import nearest
from ingestion.sets.model import Grid

SEPARATORS = (",", "\t", ";", "|")
_KEPT = '="'
_SAID = "sep="
INNER = "\x1f"  # In names of columns that are of no file: nobody can see it.
SEVERAL = re.compile(r"\*|\^.*\$", re.DOTALL)
_LOOKED_AT = 1000  # Rows below a header that tell whether it lacks the names of the last columns.
# A row by its last line, and its cells.
Row = tuple[int, Sequence[str]]


def cleaned(cell: str) -> str:
    r"""
    Return a cell of a header as it is called.

    Example:
        >>> cleaned('="企业名称"'), cleaned("价税\n合计\t")
        ('企业名称', '价税 合计')
    """
    text = visible(cell)
    if text.startswith(_KEPT) and text.endswith('"') and len(text) > len(_KEPT):
        text = visible(text[len(_KEPT) : -1])
    return "" if text == MERGED else text


def is_free(name: str) -> bool:
    """
    Return whether a column may be called so where nobody's file says what it is called.

    Example:
        >>> is_free("金额"), is_free("_line"), is_free("*"), is_free(" ")
        (True, False, False, False)
    """
    seen = bool(name.strip()) and INNER not in name
    return seen and name not in RESERVED and not SEVERAL.fullmatch(name)


def names_of(grid: Grid, rows: Sequence[Sequence[str]]) -> list[str]:
    """
    Return what the columns below one or two rows of a header are called.

    A column without a name is `_N`, one with the name of another `NAME#2`. A mark that the table
    library takes for several columns, as a star alone, is no name.

    Example:
        >>> grid = Grid("sales", ".*", synonyms={"number": ("No.",)})
        >>> names_of(grid, [["No.", "*", "amount", "amount"]])
        ['number', '_2', 'amount', 'amount#2']
    """
    found = _called(rows)
    for name, others in grid.synonyms.items():
        other = next((each for each in others if each in found), None)
        if name not in found and other is not None:
            found[found.index(other)] = name
    taken = set(RESERVED)
    names = []
    for at, name in enumerate(found, start=1):
        plain = f"_{at}" if not name or SEVERAL.fullmatch(name) else name
        only, count = plain, 1
        while only in taken:
            count += 1
            only = f"{plain}#{count}"
        taken.add(only)
        names.append(only)
    return names


def _called(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the names that rows of a header give, blank where they give none."""
    if len(rows) == 1:
        return [cleaned(cell) for cell in rows[0]]
    above, below = rows
    width = max(len(above), len(below))
    names, held = [], ""
    for at in range(width):
        upper = above[at] if at < len(above) else ""
        lower = below[at] if at < len(below) else ""
        first, second = cleaned(upper), cleaned(lower)
        if first:
            # A block merged down to the second row stands for one column.
            held = "" if lower.strip() == MERGED else first
        elif not second and upper.strip() != MERGED:
            held = ""
        over = first or held
        names.append(f"{over}/{second}" if over and second else second or over)
    return names


def lacking(grid: Grid, names: Iterable[str]) -> list[str]:
    """Return which names of the header are not among those of a row."""
    there = set(names)
    return [name for name in grid.header if name not in there]


@dataclass(slots=True)
class Seeker:
    """Looks for the header of a grid, row by row, and keeps which row came nearest."""

    grid: Grid
    looked_at: int = 0
    line: int = 0
    lacks: list[str] | None = None
    names: tuple[str, ...] = ()

    def find(self, rows: Iterable[Row], rows_max: int = SOUGHT_LINES_MAX) -> int | None:
        """Return which of the rows is the first of the header; None where none is."""
        count = self.grid.header_rows
        window: list[Row] = []
        for at, row in enumerate(rows):
            if at >= rows_max:
                break
            window = [*window, row][-count:]
            if len(window) < count:
                continue
            if self._fits(window):
                return at - count + 1
        return None

    def _fits(self, window: Sequence[Row]) -> bool:
        if not self.grid.header:  # The first row that names anything.
            return any(cleaned(cell) for _, cells in window for cell in cells)
        self.looked_at += 1
        names = names_of(self.grid, [cells for _, cells in window])
        lacks = lacking(self.grid, names)
        if len(lacks) < self.missing:
            self.line, self.lacks, self.names = window[-1][0], lacks, tuple(names)
        return not lacks

    @property
    def missing(self) -> int:
        """Return how many names the nearest row lacks."""
        return len(self.grid.header if self.lacks is None else self.lacks)

    def why_none(self) -> str:
        """Return which row came nearest, and what it lacks."""
        if not self.grid.header:
            return "the file is empty"
        asked = f"no row has the header of set {self.grid.name}, {', '.join(self.grid.header)}"
        if self.lacks is None:
            return f"{asked}; none of the first {self.looked_at} has any of its names"
        hints = (f"{name}{nearest(name, self.names)}" for name in self.lacks)
        return f"{asked}; line {self.line} comes nearest and lacks {', '.join(hints)}"


@dataclass(frozen=True, slots=True)
class GridHeader:
    """The header of a grid: its rows as they stand, cell by cell, and what is above."""

    names: tuple[str, ...]
    cells: tuple[tuple[str | None, ...], ...]
    lines: tuple[int, ...]
    above: tuple[str, ...]

    @classmethod
    def of(
        cls, where: str, grid: Grid, rows: Sequence[Row], at: int, width: int = 0
    ) -> "GridHeader":
        """
        Return the header that begins at one of some rows.

        Args:
            where: The file, and the sheet of it, for messages.
            grid: What is asked for.
            rows: Its rows and those above.
            at: Which of them is the first row of the header.
            width: How many columns there are at least.

        Raises:
            BadFile: It has more columns than are read.
        """
        head = rows[at : at + grid.header_rows]
        width = max(width, *(len(cells) for _, cells in head))
        if width > COLUMNS_MAX:
            raise BadFile(
                f"{where}: line {head[-1][0]}: the header has {width} columns; "
                f"at most {COLUMNS_MAX} columns are read"
            )
        wide = [[*cells, *[""] * (width - len(cells))] for _, cells in head]
        return cls(
            names=tuple(names_of(grid, wide)),
            cells=tuple(_trimmed(cells) for cells in wide),
            lines=tuple(line for line, _ in head),
            above=tuple(filter(None, (titled(cells) for _, cells in rows[:at]))),
        )

    @property
    def named(self) -> int:
        """Return how many cells there are up to the last that is not blank."""
        named = (at for cells in self.cells for at, cell in enumerate(cells, start=1) if cell)
        return max(named, default=0)


def _trimmed(cells: Sequence[str]) -> tuple[str | None, ...]:
    """Return cells as those of rows are read."""
    return tuple(
        trim(pa.array([None if c == MERGED else c for c in cells], pa.string())).to_pylist()
    )


def titled(cells: Sequence[str]) -> str:
    """Return a line above a header as text, its cells joined by a blank."""
    return " ".join(filter(None, map(cleaned, cells)))


def filled(cells: Sequence[str]) -> int:
    """Return how many cells there are up to the last that is not blank."""
    return max((at for at, cell in enumerate(cells, start=1) if cleaned(cell)), default=0)


def header_of_text(path: Path, grid: Grid, lines: Sequence[str]) -> tuple[GridHeader, str]:
    """
    Return the header among the first lines of a text, and what stands between its cells.

    Args:
        path: The file, for messages.
        grid: What is asked for.
        lines: The first lines, with their ends.

    Raises:
        BadFile: No row of them has all the names.
    """
    if not any(map(str.strip, lines)):
        raise BadFile(f"{path.name}: the file is empty")
    said = lines[0].strip().strip('"').lower()
    skipped = int(len(said) == len(_SAID) + 1 and said.startswith(_SAID))
    if grid.separator is not None or skipped:
        separators: Sequence[str] = (grid.separator or said[-1],)
    else:
        separators = SEPARATORS
    seekers: list[Seeker] = []
    for whole in (True, False):  # A quote that is never closed above a table hides what follows.
        found: list[tuple[tuple[int, int], str, list[Row], int]] = []
        last = math.inf  # Where the header ends that was found: another counts above it only.
        for separator in separators:
            seeker = Seeker(grid)
            seekers.append(seeker)
            every = text_rows(lines, separator, skipped, whole=whole)
            rows, at = _looked_at(seeker, every, last)
            if at is not None:  # The first row, and the separator that makes most cells of it.
                line, cells = rows[at]
                found.append(((line, -len(cells)), separator, rows, at))
                last = rows[at + grid.header_rows - 1][0]
        if found:
            _, separator, rows, at = min(found, key=lambda each: each[0])
            width = _width(grid, rows, at)
            return GridHeader.of(path.name, grid, rows=rows, at=at, width=width), separator
    seeker = min(seekers, key=lambda each: each.missing)
    raise BadFile(f"{path.name}: {seeker.why_none()}")


def _looked_at(seeker: Seeker, every: Iterator[Row], last: float) -> tuple[list[Row], int | None]:
    """Return rows down to some below the header, none further down than a line, and where it is."""
    rows: list[Row] = []

    def kept() -> Iterator[Row]:
        """Yield the rows up to the last line."""
        for row in takewhile(lambda row: row[0] <= last, every):
            rows.append(row)
            yield row

    at = seeker.find(kept())
    if at is not None:
        rows += islice(every, _LOOKED_AT)
    return rows, at


def _width(grid: Grid, rows: Sequence[Row], at: int) -> int:
    """Return how many cells rows have, where most have more than the header names."""
    start = at + grid.header_rows
    width = max(len(cells) for _, cells in rows[at:start])
    below = rows[start : start + _LOOKED_AT]
    wider = [wide for _, cells in below if (wide := filled(cells)) > width]
    return max(wider) if 2 * len(wider) > len(below) else width


def text_rows(lines: Sequence[str], separator: str, skipped: int, *, whole: bool) -> Iterator[Row]:
    """Yield the rows of a text that are not blank, with the last line of each."""
    csv.field_size_limit(FIELD_MAX)
    pieces = [lines[skipped:]] if whole else ([line] for line in lines[skipped:])
    line = skipped
    for piece in pieces:
        reader = csv.reader(piece, delimiter=separator, skipinitialspace=True)
        try:
            for cells in reader:
                if any(map(str.strip, cells)):
                    yield line + reader.line_num, cells
        except csv.Error:  # A cell that is longer than any may be: what follows is looked at alone.
            return
        line += reader.line_num
