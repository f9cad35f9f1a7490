"""Workbooks of Excel 97 to 2003 are read like newer ones: the same cells, the same strictness."""

import datetime as dt
import io
import struct
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import xlwt

from ingestion.errors import BadFile
from ingestion.readers import biff, read
from ingestion.readers.sheets import EPOCH_1904, MERGED, NO_RESULT

if TYPE_CHECKING:
    from tests.ingestion.conftest import House

HEAD = ["number", "issued_on", "seller", "buyer", "amount_yuan"]
DAY = dt.date(2026, 1, 5)


def styled(code: str) -> xlwt.XFStyle:
    return xlwt.easyxf(num_format_str=code)


def saved(book: xlwt.Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def book_of(rows: list[list[object]], name: str = "发票") -> xlwt.Workbook:
    book = xlwt.Workbook(encoding="utf-8")
    fill(book.add_sheet(name), rows)
    return book


def fill(sheet: xlwt.Worksheet, rows: list[list[object]]) -> None:
    for row, cells in enumerate(rows):
        for column, value in enumerate(cells):
            style = styled("yyyy-mm-dd") if isinstance(value, dt.date) else styled("General")
            sheet.write(row, column, value, style)


def values(folder: Path, content: bytes) -> list[str | None]:
    """Return the second column."""
    path = folder / "cells.xls"
    path.write_bytes(content)
    return [row["b"] for chunk in read(path) for row in chunk.rows.to_dicts()]


def invoice(number: object, amount: object = 100, day: object = DAY) -> list[object]:
    return [number, day, "S2", "C1", amount]


def test_invoices_of_an_old_workbook_are_imported(stocked: "House") -> None:
    rows = [HEAD, invoice("1"), invoice("2", 0.1 + 0.2), invoice(26992000000000000101)]
    path = stocked.write("invoices_b.xls", saved(book_of(rows)))

    outcome = stocked.take("files", path)

    assert outcome.set_aside == {"lost_digits": 1}
    assert stocked.trades()["S2", "C1"] == 10030
    assert outcome.document()["files"][0]["sheet"] == "发票"
    assert stocked.lake.invoices_of(2, "S2", "C1")["issued_on"].to_list() == [DAY, DAY]


@pytest.mark.parametrize(
    ("value", "code", "text"),
    [("007", "General", "007"), ("云栖（中国）", "General", "云栖（中国）"),
     ("a\u200bb", "@", "ab"), (1234.5600000000001, "0.00", "1234.56"),
     (12345678901234.56, "#,##0.00", "12345678901234.56"), (0.51, "0%", "0.51"), (5, '0"元"', "5"),
     (12345, "00000000", "00012345"), (7, '"S"0000', "S0007"), (True, "General", "true"),
     (dt.datetime(2026, 1, 5, 23, 59, 59), "yyyy/m/d h:mm", "2026-01-05 23:59:59"),  # noqa: DTZ001
     (46027, 'yyyy"年"m"月"d"日"', "2026-01-05"), (46027, "General", "46027"),
     (46027.5, "yyyy-mm-dd", "2026-01-05 12:00:00"), (60, "yyyy-mm-dd", "1900-02-28 or 29"),
     (1, "yyyy-mm-dd", "1900-01-01"), (0.5, "h:mm", "12:00:00"), (-5, "yyyy-mm-dd", "-5"),
     (1e9, "yyyy-mm-dd", "1000000000")],
)  # fmt: skip
def test_a_cell_is_what_it_is_in_a_newer_workbook(
    tmp_path: Path, value: object, code: str, text: str
) -> None:
    book = book_of([["a", "b"], ["x"]])
    book.get_sheet(0).write(1, 1, value, styled(code))

    assert values(tmp_path, saved(book)) == [text]


def test_errors_and_formulas_that_nobody_computed_are_no_blanks(tmp_path: Path) -> None:
    book = book_of([["a", "b"], ["x"], ["y"], ["z"]])
    sheet = book.get_sheet(0)
    sheet.row(1).set_cell_error(1, 0x2A)
    sheet.row(2).set_cell_error(1, 0x07)
    sheet.write(3, 1, xlwt.Formula("1+1"))

    assert values(tmp_path, saved(book)) == ["#N/A", "#DIV/0!", NO_RESULT]


@pytest.mark.parametrize(
    ("result", "state", "text"),
    [(struct.pack("<d", 2.5), 0, "2.5"), (struct.pack("<d", 0), 0, "0"),
     (struct.pack("<d", 0), 2, NO_RESULT), (b"\x01\0\x01\0\0\0\xff\xff", 0, "true"),
     (b"\x02\0\x2a\0\0\0\xff\xff", 0, "#N/A")],
)  # fmt: skip
def test_a_formula_is_read_by_its_result(
    tmp_path: Path, result: bytes, state: int, text: str
) -> None:
    book = book_of([["a", "b"], ["x", xlwt.Formula("1+1")]])
    nothing = b"\x03\0\0\0\0\0\xff\xff\0\0"
    content = saved(book)
    assert content.count(nothing) == 1

    assert values(tmp_path, content.replace(nothing, result + struct.pack("<H", state))) == [text]
    missing = content.replace(nothing, b"\0\0\0\0\0\0\xff\xff\0\0")
    with pytest.raises(BadFile, match="broken workbook"):  # Its text ought to follow.
        values(tmp_path, missing)


def test_a_merged_block_has_its_value_once(tmp_path: Path) -> None:
    book = book_of([["a", "b"], ["x"], ["y"], ["z"]])
    book.get_sheet(0).write_merge(1, 2, 1, 1, "正常")

    assert values(tmp_path, saved(book)) == ["正常", MERGED, None]


@pytest.mark.parametrize("state", [1, 2])
def test_hidden_sheets_and_rows_are_told(tmp_path: Path, state: int) -> None:
    book = book_of([["a", "b"], ["x", "old"]], "旧")
    fill(book.add_sheet("新"), [["a", "b"], ["x", "1"], ["y", "2"]])
    book.get_sheet(0).visibility = state
    book.get_sheet(1).row(1).hidden = True
    book.set_active_sheet(1)
    path = tmp_path / "cells.xls"
    path.write_bytes(saved(book))

    (chunk,) = read(path)

    assert chunk.rows["b"].to_list() == ["1", "2"]
    assert chunk.notes == (
        "sheet '旧' is hidden and not read",
        "sheet '新': 1 hidden row is read like the others",
    )


def test_a_sheet_of_charts_is_told(tmp_path: Path) -> None:
    book = book_of([["a", "b"], ["x", "1"]], "data")
    fill(book.add_sheet("chart"), [["q"]])
    content = saved(book)
    kind = content.index(b"\x05\0chart") - 1
    path = tmp_path / "cells.xls"
    path.write_bytes(content[:kind] + b"\x02" + content[kind + 1 :])

    (chunk,) = read(path)

    assert chunk.notes == ("sheet 'chart' holds charts or macros, no cells, and is not read",)


def test_days_are_counted_from_the_epoch_of_the_workbook(tmp_path: Path) -> None:
    book = book_of([["a", "b"], ["x", DAY]])  # Its number is that of the other epoch.
    book.dates_1904 = True
    path = tmp_path / "cells.xls"
    path.write_bytes(saved(book))

    (chunk,) = read(path)

    assert chunk.epoch == EPOCH_1904
    assert chunk.rows["b"].to_list() == ["2030-01-06"]


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "the file is empty"), (b"number,amount\n", "the ending does not fit"),
     (b"<html><table>", "the ending does not fit"), (b"PK\x03\x04", "the ending does not fit"),
     (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "broken workbook")],
)  # fmt: skip
def test_what_is_no_old_workbook_is_told_as_such(
    tmp_path: Path, content: bytes, message: str
) -> None:
    with pytest.raises(BadFile, match=rf"cells\.xls: {message}"):
        values(tmp_path, content)


def test_a_broken_workbook_is_refused_wherever_it_is_broken(tmp_path: Path) -> None:
    content = saved(book_of([["a", "b"], ["x", 1]]))
    path = tmp_path / "cells.xls"
    refused = 0
    for at in range(0, len(content), 97):
        for broken in (content[:at], content[:at] + b"\xff" * 8 + content[at + 8 :]):
            path.write_bytes(broken)
            try:
                list(read(path))
            except BadFile:
                refused += 1
    assert refused > len(content) // 97


def test_an_encrypted_or_older_workbook_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = saved(book_of([["a", "b"], ["x", 1]]))
    start = content.index(b"\x09\x08\x10\0\0\x06")
    locked = content[: start + 20] + struct.pack("<HH", 0x2F, 6) + content[start + 24 :]

    with pytest.raises(BadFile, match="save it without a password"):
        values(tmp_path, locked)
    monkeypatch.setattr(biff, "_VERSION_MIN", 81)  # The next one after Excel 97.
    with pytest.raises(BadFile, match=r"before Excel 97; save it as \.xlsx"):
        values(tmp_path, content)
