"""Which row of a table is its header: titles, owners and units may stand above it."""

from collections.abc import Callable, Iterable, Sequence

from ingestion.characters import visible

# Whether a row's cells are the header of the table that is looked for.
Fits = Callable[[Sequence[str]], bool]
HEAD_ROWS = 50  # So many rows that are not blank are looked at.


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


def told_above(lines: Sequence[int]) -> list[str]:
    """Return what is told of the lines above a header."""
    if not lines:
        return []
    if len(lines) == 1:
        return [f"line {lines[0]} stands above the header and is not read"]
    return [f"lines {lines[0]} to {lines[-1]} stand above the header and are not read"]
