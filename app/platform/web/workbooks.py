"""
XLSX files to download: what a list shows, with real numbers, and a sheet that says what it is.

openpyxl writes them, which reads them too. A text stays a text, whatever sign it begins with.
"""

import datetime as dt
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from starlette.requests import Request

from app.platform.web.columns import Kind, ListColumn
from app.platform.web.preferences import preferences_of
from app.platform.web.render import firms_in_words, principal_of
from app.platform.web.texts import Texts

FORMATS: Mapping[Kind, str] = {"money": "#,##0.00", "share": "0.0%", "count": "0"}
WIDTHS: Mapping[Kind, int] = {"money": 20, "share": 12, "count": 12}
TEXT, TEXT_WIDTH = "@", 26
ROWS_MAX = 100_000  # Some ten seconds of work; whoever wants more takes the CSV.
MEDIA = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
BOLD = Font(bold=True)


def workbook(
    request: Request,
    columns: Sequence[ListColumn[Any]],
    rows: Iterable[Any],
    head: Mapping[str, Any],
) -> bytes:
    """
    Return rows as an XLSX file; money in yuan, and a second sheet about the first.

    Args:
        request: Its query is told on the second sheet, beside who asked and when.
        columns: The columns in order; amounts are in fen.
        rows: All rows that pass the filters, in order.
        head: Version, as-of date, policy and run.
    """
    t = Texts(preferences_of(request).language)
    book = Workbook(write_only=True)
    sheet = book.create_sheet(t("sheet_list"))
    sheet.freeze_panes = "A2"
    for at, column in enumerate(columns, start=1):
        width = WIDTHS.get(column.kind, TEXT_WIDTH)
        sheet.column_dimensions[get_column_letter(at)].width = width
    sheet.append([_cell(sheet, _title(column, t), "text", bold=True) for column in columns])
    count = 0
    for row in rows:
        sheet.append([_cell(sheet, column.value(row), column.kind) for column in columns])
        count += 1
    about = book.create_sheet(t("sheet_about"))
    about.column_dimensions["A"].width = about.column_dimensions["B"].width = 32
    for label, value in _about(request, t, head, count):
        about.append([_cell(about, label, "text", bold=True), _cell(about, value, "text")])
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def _title(column: ListColumn[Any], t: Texts) -> str:
    words = t(column.words)
    return t("in_yuan", words=words) if column.kind == "money" else words


def _cell(sheet: Any, value: Any, kind: Kind, *, bold: bool = False) -> Any:
    """Return a cell; what is no number of its kind is a text, and no text is a formula."""
    made = WriteOnlyCell(sheet)
    if value is None:
        return made
    if kind not in FORMATS or not math.isfinite(float(value)):
        made.value = ILLEGAL_CHARACTERS_RE.sub("", "∞" if kind in FORMATS else str(value))
        made.data_type = "s"
    else:
        made.value = Decimal(value).scaleb(-2) if kind == "money" else float(value)
    made.number_format = FORMATS.get(kind, TEXT)
    if bold:
        made.font = BOLD
    return made


def _about(
    request: Request, t: Texts, head: Mapping[str, Any], rows: int
) -> Iterable[tuple[str, str]]:
    """Yield what stands on the second sheet: what was asked, of which version, who and when."""
    left = {"version", "as_of", "page"}
    now: dt.datetime = request.app.state.resources.now()
    who = principal_of(request)
    yield t("rows"), firms_in_words(t, rows)
    for name, value in request.query_params.items():
        if value and name not in left:
            yield t("sheet_filter"), f"{name} = {value}"
    yield t("sheet_as_of"), str(head["as_of"])
    yield t("sheet_version"), str(head["version"])
    yield t("sheet_policy"), t.policy(str(head["policy"])) if head.get("policy") else ""
    yield t("sheet_run"), str(head.get("run") or "")
    yield t("sheet_who"), who.name if who else ""
    yield t("sheet_when"), now.isoformat(timespec="seconds")
