"""
What commands print: facts on standard output, everything else on standard error.

With `--json` one document is all that standard output sees, so that a pipe can read it. Tables are
for people: amounts stand whole and to the right, long names are cut to the width of the terminal
(80 columns, or `COLUMNS`, where there is none).
"""

import shutil
import sys
from collections.abc import Mapping, Sequence
from decimal import ROUND_DOWN, Context, Decimal

from rich.cells import cell_len, set_cell_size

from app.platform.documents import dumps

GAP = "  "
FIRST_MAX = 20  # Rows of a list that may be long.
CUT_MIN = 6  # No text is cut to less than this many columns of the terminal.
CENT, SIXTH = Decimal("0.01"), Decimal("0.000001")
WIDE = Context(prec=200, rounding=ROUND_DOWN)  # Products of amounts have many digits.


class Figure(str):
    """A figure in words: in a table it stands to the right and is never cut."""

    __slots__ = ()


def print_document(document: object) -> None:
    """Print one JSON document on standard output."""
    sys.stdout.write(dumps(document, indent=2) + "\n")


def say(text: str) -> None:
    """Print a line for people on standard error."""
    sys.stderr.write(_lines(text))


def show(text: str) -> None:
    """Print a line of facts on standard output."""
    sys.stdout.write(_lines(text))


def _lines(text: str) -> str:
    return "".join(f"{plain(line)}\n" for line in text.split("\n"))


def show_first(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print the first rows of a long list after an empty line, and say how many are left."""
    show("")
    show_table(headings, rows[:FIRST_MAX], cut=["name"])
    if len(rows) > FIRST_MAX:
        show(f"and {len(rows) - FIRST_MAX} more; --json has all")


def show_table(
    headings: Sequence[str], rows: Sequence[Sequence[object]], *, cut: Sequence[str] = ()
) -> None:
    """
    Print rows as a plain table on standard output; figures stand to the right.

    Args:
        headings: One a column.
        rows: Cells: whole numbers, figures, text, None for nothing.
        cut: Headings of the columns whose text may be cut where a line would be too long.
    """
    columns = [[_cell(row[at]) for row in rows] for at in range(len(headings))]
    right = [any(isinstance(each, Figure) for each in column) for column in columns]
    widths = [
        max(map(cell_len, [heading, *column]))
        for heading, column in zip(headings, columns, strict=True)
    ]
    text = [at for at, figures in enumerate(right) if not figures]
    _shrink(widths, [at for at in text if headings[at] in cut])
    if any(right):  # Where names give too little, the other words give too: figures stay whole.
        _shrink(widths, text)
    for row in [headings, *zip(*columns, strict=True)]:
        cells = [
            _placed(cell, widths[at], right=right[at], last=at == len(row) - 1)
            for at, cell in enumerate(row)
        ]
        show(GAP.join(cells).rstrip())


def show_facts(facts: Mapping[str, object]) -> None:
    """Print names and values, one a line, on standard output; figures stand to the right."""
    width = max((len(name) for name in facts), default=0)
    values = {name: _cell(value) for name, value in facts.items()}
    right = max((len(v) for v in values.values() if isinstance(v, Figure)), default=0)
    for name, value in values.items():
        show(f"{name:<{width}}  {value:>{right if isinstance(value, Figure) else 0}}".rstrip())


def yuan(amount_fen: int | str | Decimal | None, *, power: int = 1) -> Figure:
    """
    Return an amount in yuan with two places, cut towards zero, or a dash where it is absent.

    Args:
        amount_fen: In fen, or in that power of fen.
        power: How often money is multiplied in it.

    Example:
        >>> yuan(928000000), yuan(-5), yuan("123456.789"), yuan(None)
        ('9,280,000.00', '-0.05', '1,234.56', '-')
    """
    if amount_fen is None:
        return Figure("-")
    cut = Decimal(amount_fen).scaleb(-2 * power, WIDE).quantize(CENT, context=WIDE)
    return Figure(f"{cut:,f}")


def share(value: str | Decimal | float | None) -> Figure:
    """
    Return a share, ratio or rate with six places, cut towards zero, or a dash.

    Example:
        >>> share("0.822033898305"), share(1), share(None)
        ('0.822033', '1.000000', '-')
    """
    if value is None:
        return Figure("-")
    return Figure(f"{Decimal(str(value)).quantize(SIXTH, context=WIDE):f}")


def plain(text: object) -> str:
    r"""
    Return text that a terminal shows and does not obey: no control characters, no line ends.

    Example:
        >>> plain("Yunqi" + chr(27) + "[31m\nLtd")
        'Yunqi [31m Ltd'
    """
    return "".join(each if each.isprintable() else " " for each in str(text))


def fitted(text: str, columns: int) -> str:
    """
    Return text in so many columns of a terminal: cut with an ellipsis, or filled with blanks.

    Example:
        >>> fitted("华东重工集团有限公司", 9), fitted("steel", 6)
        ('华东重工…', 'steel ')
    """
    if cell_len(text) > columns:
        text = set_cell_size(text, columns - 1).rstrip() + "…"
    return set_cell_size(text, columns)


def width() -> int:
    """Return the columns of the terminal: `COLUMNS`, what it says itself, or 80."""
    return shutil.get_terminal_size().columns


def _cell(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, Figure):
        return cell
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return Figure(f"{cell:,}")
    return plain(cell)


def _placed(cell: str, columns: int, *, right: bool, last: bool) -> str:
    if right:
        return " " * (columns - cell_len(cell)) + cell
    return cell if last and cell_len(cell) <= columns else fitted(cell, columns)


def _shrink(widths: list[int], columns: Sequence[int]) -> None:
    """Take from the widest of some columns until a line fits, or all are as narrow as may be."""
    over = sum(widths) + len(GAP) * (len(widths) - 1) - width()
    while over > 0:
        widest = max(columns, key=lambda at: widths[at], default=None)
        if widest is None or widths[widest] <= CUT_MIN:
            return
        widths[widest] -= 1
        over -= 1
