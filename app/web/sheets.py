"""CSV for spreadsheets: a byte-order mark, and no cell that a spreadsheet would run."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from urllib.parse import quote

from starlette.responses import Response

from app.web.render import HEADERS

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
_NO_FILE_NAME = re.compile(r'[\\/:*?"<>|\x00-\x1f]')
BYTE_ORDER_MARK = "\ufeff"


def cell(value: object) -> str:
    """
    Return a value as text that no spreadsheet takes for a formula.

    Example:
        >>> cell("=1+1"), cell(-5), cell(None)
        ("'=1+1", '-5', '')
    """
    if value is None:
        return ""
    text = str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(FORMULA_SIGNS) else text


def sheet(name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """Return rows as a CSV file to download."""
    out = io.StringIO()
    out.write(BYTE_ORDER_MARK)
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([cell(value) for value in row] for row in rows)
    plain = _NO_FILE_NAME.sub("_", name)
    disposition = f"attachment; filename*=UTF-8''{quote(plain, safe='')}"
    return Response(
        out.getvalue().encode(),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": disposition, **HEADERS},
    )
