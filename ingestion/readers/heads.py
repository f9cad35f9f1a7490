"""Which row of a table is its header: titles, owners and units may stand above it."""

import csv
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ingestion.characters import visible
from ingestion.notes import Note, note

# Whether a row's cells are the header of the table that is looked for.
Fits = Callable[[Sequence[str]], bool]
HEAD_ROWS = 50  # So many rows that are not blank are looked at.
SEPARATORS = (",", "\t")
_REFUSED = (";", "|")
_SAID = re.compile(r"\"?sep=(.)\"?", re.IGNORECASE)  # A line that spreadsheets write above a table.


def find_header(rows: Iterable[Sequence[str]], fits: Fits | None) -> int | None:
    """
    Return which of the first rows is the header; None where none fits.

    Example:
        >>> find_header([["Invoices"], ["number", "amount"]], lambda cells: "amount" in cells)
        1
    """
    for at, cells in zip(range(HEAD_ROWS), rows, strict=False):
        if fits is None or fits([visible(cell) for cell in cells]):
            return at
    return None


def same_header(one: Sequence[str], other: Sequence[str]) -> bool:
    """Return whether two headers name the same columns, in whatever order."""
    first, second = (
        {visible(cell).casefold() for cell in cells if visible(cell)} for cells in (one, other)
    )
    return first == second


def told_above(lines: Sequence[int]) -> list[Note]:
    """Return what is told of the lines above a header."""
    if not lines:
        return []
    if len(lines) == 1:
        return [note("line_above", line=lines[0])]
    return [note("lines_above", first=lines[0], last=lines[-1])]


@dataclass(frozen=True, slots=True)
class TextTable:
    """Where a table stands in a text, and what its columns are called."""

    names: tuple[str, ...]
    named: int  # Cells up to the last one of the header that is not blank.
    separator: str
    skipped: int  # So many lines end with the header.


@dataclass(frozen=True, slots=True)
class TextLayout:
    """How the text of a table is laid out: what stands between cells, and where it begins."""

    separator: str
    header: int | None  # Which of the lines looked at; None: the first that is not blank.
    skipped: int = 0  # Lines before the table that only say what stands between cells.


def lay_out(lines: Sequence[str], fits: Fits | None) -> TextLayout:
    r"""
    Return how a table of text is laid out.

    Cells stand between commas or tabs. Where semicolons or bars part them a comma may be a decimal
    one, and `1.500` a thousand and a half: that is not guessed.

    Args:
        lines: The first lines of the text.
        fits: Whether a row is the header of the table; without it the first row is.

    Raises:
        ValueError: The cells are parted in a way that is not read.

    Example:
        >>> lay_out(["number\tamount", "1\t2"], None).separator
        '\t'
    """
    said = _SAID.fullmatch(lines[0].strip(" \r\n")) if lines else None
    skipped = int(said is not None)
    filled = [at for at, line in enumerate(lines) if line.strip() and at >= skipped][:HEAD_ROWS]
    separators = [said[1]] if said is not None else [*SEPARATORS, *_REFUSED]
    for separator in separators if fits is not None else ():
        at = find_header([_cells(lines[line], separator) for line in filled], fits)
        if at is not None:
            return _checked(TextLayout(separator, filled[at], skipped))
    first = lines[filled[0]] if filled else ""
    separator = next((each for each in separators if each in first), separators[0])
    return _checked(TextLayout(separator, None, skipped))


def _checked(layout: TextLayout) -> TextLayout:
    if layout.separator not in SEPARATORS:
        raise ValueError(
            f"cells parted by {layout.separator!r} are not read; save the file with commas or tabs"
        )
    return layout


def _cells(line: str, separator: str) -> list[str]:
    return next(csv.reader([line], delimiter=separator, skipinitialspace=True), [])
