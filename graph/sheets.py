"""CSV for spreadsheets: a byte-order mark, and no cell that a spreadsheet would run."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import islice

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


def cell(value: object) -> str:
    """
    Return a value as text that no spreadsheet takes for a formula.

    Example:
        >>> cell("=1+1"), cell(-5), cell(None)
        ("'=1+1", '-5', '')
    """
    if value is None:
        return ""
    text = f"{value:f}" if isinstance(value, Decimal) else str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(FORMULA_SIGNS) else text


def parts(
    header: Sequence[str], rows: Iterable[Sequence[object]], *, at_once: int = 1000
) -> Iterator[bytes]:
    """
    Yield the bytes of a CSV file as `written` returns them, so many rows at a time.

    Example:
        >>> whole = written(["n"], [[1], [2], [3]])
        >>> b"".join(parts(["n"], iter([[1], [2], [3]]), at_once=2)) == whole
        True
    """
    yield written(header, [])
    left = iter(rows)
    while part := list(islice(left, at_once)):
        yield _lines(part)


def _lines(rows: Iterable[Sequence[object]]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows([cell(each) for each in row] for row in rows)
    return out.getvalue().encode()


def written(
    header: Sequence[str], rows: Iterable[Sequence[object]], *, line_end: str = "\r\n"
) -> bytes:
    """Return rows under a header as the bytes of a CSV file in UTF-8 with a byte-order mark."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator=line_end)
    writer.writerow(header)
    writer.writerows([cell(value) for value in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")
