"""Which rows of a grid are its header: titles, owners and units may stand above it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ingestion.guess.vocabulary import vocabulary
from ingestion.readers.sheets import MERGED
from ingestion.sets.headers import Row, cleaned

SOUGHT_ROWS, CELLS_MAX = 200, 10_000  # So many rows are looked at, of wide ones fewer.
_BELOW = 20
# A cell that a header does not have: an amount, a day, a code, a share.
_DATA = re.compile(
    r"[-+(]?[¥$€]?[0-9][0-9.,:/\- ]*[)%-]?|[0-9]{8}[0-9A-Z]*|[0-9A-Z]{18}|true|false"
)
_SAID = re.compile(r".+[：:]\s*\S")  # 单位：元
_LENGTH_MAX = 60
_KNOWN, _TEXT, _LABEL = 3.0, 1.0, -2.0
_DATA_COST = -3.0


@dataclass(frozen=True, slots=True)
class FoundHeader:
    """Which row is the first of a header, of how many, and how many of its cells are known."""

    at: int
    rows: int
    score: float


def find(rows: Sequence[Row]) -> FoundHeader | None:
    """
    Return where the header of some rows is; None where no row looks like one.

    Example:
        >>> find([(1, ["发票清单", ""]), (2, ["发票号码", "金额"]), (3, ["00001", "1.00"])])
        FoundHeader(at=1, rows=1, score=8.0)
    """
    widest = max((len(cells) for _, cells in rows[:SOUGHT_ROWS]), default=1)
    some = rows[: max(_BELOW, min(SOUGHT_ROWS, CELLS_MAX // max(1, widest)))]
    width = max((_filled(cells) for _, cells in some), default=0)
    best: FoundHeader | None = None
    for at, (_, cells) in enumerate(some):
        if _filled(cells) < 2 and width > 1:  # noqa: PLR2004  # a title has one cell
            continue
        score = _score(cells)
        score -= 0.5 * max(0, min(width, _usual(some[at + 1 : at + 1 + _BELOW])) - _filled(cells))
        if score > 0 and (best is None or score > best.score):
            best = FoundHeader(at, 1, score)
    if best is None:
        return None
    return (
        FoundHeader(best.at, 2, best.score) if _goes_on(some, best.at) else _from_above(some, best)
    )


def _from_above(rows: Sequence[Row], found: FoundHeader) -> FoundHeader:
    """Return a header whose second row alone was found, with its first."""
    if found.at and _goes_on(rows, found.at - 1) and _score(rows[found.at - 1][1]) > 0:
        return FoundHeader(found.at - 1, 2, found.score)
    return found


def _filled(cells: Sequence[str]) -> int:
    return sum(1 for cell in cells if cell.strip() and cleaned(cell))


def _usual(rows: Sequence[Row]) -> int:
    """Return how many cells of rows are filled, of that row which has most of them."""
    return max((_filled(cells) for _, cells in rows), default=0)


def _score(cells: Sequence[str]) -> float:
    words = vocabulary()
    score, seen = 0.0, set[str]()
    for cell in map(cleaned, cells):
        if not cell:
            continue
        if is_data(cell):
            score += _DATA_COST
        elif cell in seen or len(cell) > _LENGTH_MAX:
            score -= _TEXT
        elif words.knows(cell):
            score += _KNOWN + _TEXT
        else:
            score += _LABEL if _SAID.match(cell) else _TEXT
        seen.add(cell)
    return score


def is_data(cell: str) -> bool:
    """Return whether a cell is an amount, a day or a code, as no header has them."""
    return bool(_DATA.fullmatch(cell)) and any(map(str.isdigit, cell))


def _goes_on(rows: Sequence[Row], at: int) -> bool:
    """Return whether the row below a first row of a header is its second."""
    if at + 1 >= len(rows):
        return False
    upper, lower = rows[at][1], rows[at + 1][1]
    there = [cleaned(cell) for cell in lower if cleaned(cell)]
    if not there or any(map(is_data, there)) or len(there) > len(set(there)) + 1:
        return False
    width = max(len(upper), len(lower))
    first, second = ([*cells, *[""] * (width - len(cells))] for cells in (upper, lower))
    below_blank = [c for u, c in zip(first, second, strict=True) if cleaned(c) and not cleaned(u)]
    alone = [u for u, c in zip(first, second, strict=True) if cleaned(u) and not cleaned(c)]
    merged = any(cell.strip() == MERGED for cell in [*first, *second])
    known = sum(vocabulary().knows(cell) for cell in there)
    spread = bool(below_blank) and bool(alone or merged)
    return spread and (merged or known * 2 >= len(there)) and _differs(rows, at)


def _differs(rows: Sequence[Row], at: int) -> bool:
    """Return whether what stands under a second row is of another kind than it."""
    columns = [column for column, cell in enumerate(rows[at + 1][1]) if cleaned(cell)]
    cells = [
        row[column]
        for _, row in rows[at + 2 : at + 2 + _BELOW]
        for column in columns
        if column < len(row) and cleaned(row[column])
    ]
    return not cells or 2 * sum(map(is_data, cells)) >= len(cells)
