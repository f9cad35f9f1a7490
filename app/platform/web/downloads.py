"""
Files of a list: every row that passes its filters, in the columns and the order that are shown.

CSV has a byte-order mark and lines as spreadsheets expect them; its money is in yuan, its shares
are in per cent, and both are exact. XLSX is written by `app.platform.web.workbooks`.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import islice
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from app.platform.errors import Conflict
from app.platform.web.columns import Kind, ListColumn, ListTable
from app.platform.web.listing import columns_of
from app.platform.web.preferences import preferences_of
from app.platform.web.render import HEADERS
from app.platform.web.texts import Texts
from app.platform.web.workbooks import MEDIA, ROWS_MAX, workbook
from graph.sheets import parts, written

_NO_FILE_NAME = re.compile(r'[\\/:*?"<>|\x00-\x1f]')
UNITS: Mapping[Kind, str] = {"money": "in_yuan", "share": "in_percent"}
ENDLESS = "∞"


def download(
    request: Request,
    table: ListTable[Any],
    rows: Sequence[Any],
    head: Mapping[str, Any],
    *,
    name: str = "",
) -> Response:
    """
    Return rows as the file that the address ends with: `.xlsx`, else CSV.

    Args:
        request: Its query says which columns, and is told in a workbook.
        table: The list.
        rows: All rows that pass the filters, in order.
        head: Version, as-of date, policy and run.
        name: What the file is called, without date and ending; by default as the list.

    Raises:
        Conflict: There are more rows than a workbook takes.
    """
    t = Texts(preferences_of(request).language)
    columns = [ListColumn("id", "id", "text", table.id), *columns_of(request, table)]
    if request.scope["path"].endswith(".xlsx"):
        if len(rows) > ROWS_MAX:
            raise Conflict(f"a workbook takes {ROWS_MAX:,} rows, the list has {len(rows):,}")
        content, media, ending = workbook(request, columns, rows, head), MEDIA, "xlsx"
    else:
        content, media, ending = _csv(columns, rows, t), "text/csv; charset=utf-8", "csv"
    attached = attachment(f"{name or table.name}-{head['as_of']}.{ending}")
    return Response(content, media_type=media, headers=attached)


def download_long(
    request: Request,
    table: ListTable[Any],
    rows: Callable[[], Iterator[Any]],
    head: Mapping[str, Any],
) -> Response:
    """
    Return rows that are read while they are sent as the file that the address ends with.

    Args:
        request: Its query says which columns, and is told in a workbook.
        table: The list.
        rows: Reads all rows that pass the filters, in order, however many; a workbook's twice.
        head: Version, as-of date, policy and run.

    Raises:
        Conflict: There are more rows than a workbook takes.
    """
    t = Texts(preferences_of(request).language)
    columns = [ListColumn("id", "id", "text", table.id), *columns_of(request, table)]
    name = f"{table.name}-{head['as_of']}"
    if request.scope["path"].endswith(".xlsx"):
        if sum(1 for _ in islice(rows(), ROWS_MAX + 1)) > ROWS_MAX:
            raise Conflict(f"a workbook takes {ROWS_MAX:,} rows, the list has more")
        content = workbook(request, columns, islice(rows(), ROWS_MAX), head)
        return Response(content, media_type=MEDIA, headers=attachment(f"{name}.xlsx"))
    header = [_title(column, t) for column in columns]
    sent = parts(header, ([plain(c.value(row), c.kind) for c in columns] for row in rows()))
    headers = attachment(f"{name}.csv")
    return StreamingResponse(sent, media_type="text/csv; charset=utf-8", headers=headers)


def attachment(name: str) -> Mapping[str, str]:
    """
    Return the headers of a file to download: its name, and that no cache keeps it.

    Example:
        >>> attachment("limits-C1/2026.csv")["Content-Disposition"]
        "attachment; filename*=UTF-8''limits-C1_2026.csv"
    """
    quoted = quote(_NO_FILE_NAME.sub("_", name), safe="")
    return {"Content-Disposition": f"attachment; filename*=UTF-8''{quoted}", **HEADERS}


def _csv(columns: Sequence[ListColumn[Any]], rows: Iterable[Any], t: Texts) -> bytes:
    header = [_title(column, t) for column in columns]
    return written(header, ([plain(c.value(row), c.kind) for c in columns] for row in rows))


def _title(column: ListColumn[Any], t: Texts) -> str:
    words = t(column.words)
    return t(UNITS[column.kind], words=words) if column.kind in UNITS else words


def plain(value: Any, kind: Kind) -> object:
    """
    Return a value as a CSV file holds it: yuan, per cent, or as it is.

    Example:
        >>> plain(-70000005, "money"), plain("0.123456789012", "share")
        (Decimal('-700000.05'), Decimal('12.3456789012'))
    """
    if value is None:
        return None
    if kind == "money":
        return Decimal(value).scaleb(-2)
    if kind == "share":
        share = Decimal(str(value))
        return (share * 100).normalize() if share.is_finite() else ENDLESS
    return value
