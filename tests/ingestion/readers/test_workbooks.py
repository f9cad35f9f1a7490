"""Workbooks as people keep them: several sheets, hidden ones, titles, formulas, merged blocks."""

import datetime as dt
import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from openpyxl import Workbook
from openpyxl.chart import BarChart
from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900

from graph.errors import InvalidInput
from ingestion.errors import BadFile
from ingestion.readers import read
from ingestion.readers.sheets import NO_RESULT
from ingestion.run import ImportOutcome

if TYPE_CHECKING:
    from tests.ingestion.conftest import House

HEAD = ["number", "issued_on", "seller", "buyer", "amount_yuan"]
DAY = dt.date(2026, 1, 5)
Told = Callable[[ImportOutcome], list[dict[str, str]]]


def saved(book: Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def book_of(sheets: Mapping[str, Sequence[Sequence[object]]]) -> Workbook:
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    return book


def invoice(number: int, amount: object = 100, day: object = DAY) -> list[object]:
    return [str(number), day, "S2", "C1", amount]


def altered(content: bytes, part: str, *, old: bytes, new: bytes) -> bytes:
    """Return a workbook with some bytes of one part replaced."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(out, "w") as after:
        for entry in before.infolist():
            raw = before.read(entry)
            if entry.filename == part:
                assert old in raw
                raw = raw.replace(old, new)
            after.writestr(entry.filename, raw)
    return out.getvalue()


def test_sheets_with_one_header_are_one_table_and_told_apart(stocked: "House", told: Told) -> None:
    rows = {"1月": [HEAD, invoice(1)], "2月": [HEAD[::-1], invoice(2)[::-1], invoice(3, "x")[::-1]]}
    path = stocked.write("invoices_b.xlsx", saved(book_of(rows)))

    outcome = stocked.take("files", path)

    assert stocked.trades()["S2", "C1"] == 20000
    files = outcome.document()["files"]
    assert [(entry["sheet"], entry["rows"]) for entry in files] == [("1月", 1), ("2月", 2)]
    (issue,) = told(outcome)
    assert (issue["file"], issue["line"]) == (f"{path} [2月]", "3")
    files = stocked.lake.invoices_of(2, "S2", "C1")["file"].to_list()
    assert files == ["invoices_b.xlsx [1月]", "invoices_b.xlsx [2月]"]


def test_a_sheet_of_another_table_is_told_and_not_read(stocked: "House") -> None:
    lines = [[*HEAD, "unit_price"], [*invoice(1), 3], [*invoice(1), 4]]
    rows = {"说明": [["see the next sheet"]], "基础信息": [HEAD, invoice(1)], "汇总": lines}
    path = stocked.write("invoices_b.xlsx", saved(book_of(rows)))

    outcome = stocked.take("files", path)

    assert stocked.trades()["S2", "C1"] == 10000
    assert outcome.document()["files"][0]["sheet"] == "基础信息"
    assert [note.split(" is not")[0] for note in outcome.notes] == [
        "invoices_b.xlsx: sheet '说明' (1 line)",
        "invoices_b.xlsx: sheet '汇总' (3 lines)",
    ]


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_a_hidden_sheet_is_told_and_never_read(stocked: "House", state: str) -> None:
    book = book_of({"old": [HEAD, invoice(1, 999)], "empty": [], "2026": [HEAD, invoice(1)]})
    book["old"].sheet_state = state
    path = stocked.write("invoices_b.xlsx", saved(book))

    outcome = stocked.take("files", path)

    assert stocked.trades()["S2", "C1"] == 10000
    assert outcome.notes == ("invoices_b.xlsx: sheet 'old' is hidden and not read",)


def test_a_workbook_whose_table_is_hidden_is_refused(stocked: "House") -> None:
    book = book_of({"cover": [["see the other sheet"]], "old": [HEAD, invoice(1)]})
    book["old"].sheet_state = "hidden"
    path = stocked.write("invoices_b.xlsx", saved(book))

    with pytest.raises(BadFile, match="sheet 'cover': line 1: required column number is missing"):
        stocked.take("files", path)


def test_a_sheet_of_charts_holds_no_rows(tmp_path: Path) -> None:
    book = book_of({"data": [HEAD, invoice(1)]})
    book.create_chartsheet("chart", 0).add_chart(BarChart())
    path = tmp_path / "invoices.xlsx"
    path.write_bytes(saved(book))

    (chunk,) = read(path)

    assert (chunk.sheet, len(chunk.lines)) == ("data", 1)
    assert chunk.notes == ("sheet 'chart' holds charts or macros, no cells, and is not read",)


def test_titles_above_the_header_are_told_and_not_read(stocked: "House") -> None:
    rows = {"1": [["发票清单"], [], ["单位：元", None, None], HEAD, invoice(1), [], invoice(2)]}
    book = book_of(rows)
    book["1"].merge_cells("A1:E1")
    path = stocked.write("invoices_b.xlsx", saved(book))

    outcome = stocked.take("files", path)

    assert (outcome.rows, outcome.used) == (2, 2)
    assert outcome.notes == (
        "invoices_b.xlsx: sheet '1': lines 1 to 3 stand above the header and are not read",
    )
    assert stocked.lake.invoices_of(2, "S2", "C1")["line"].to_list() == [5, 7]


def test_a_header_that_is_missing_names_sheet_and_line(stocked: "House") -> None:
    path = stocked.write("invoices_b.xlsx", saved(book_of({"一": [[], HEAD[:3], invoice(1)[:3]]})))

    with pytest.raises(
        BadFile, match=r"invoices_b\.xlsx: sheet '一': line 2: required column buyer"
    ):
        stocked.take("files", path)


def test_a_formula_without_a_result_is_no_blank(stocked: "House", told: Told) -> None:
    first, second = [*invoice(1), '=IF(A2=1,"作废","正常")'], [*invoice(2, "=1+1"), None]
    rows = [[*HEAD, "status"], first, second, [*invoice(3), None]]
    path = stocked.write("invoices_b.xlsx", saved(book_of({"1": rows})))

    outcome = stocked.take("files", path)

    assert outcome.set_aside == {"cell_error": 2}
    assert {issue["value"] for issue in told(outcome)} == {NO_RESULT}
    assert stocked.trades()["S2", "C1"] == 10000


@pytest.mark.parametrize(
    ("cell", "text"),
    [(b'<c r="B2"><f>1+1</f><v>2</v></c>', "2"), (b'<c r="B2"><f>1+1</f><v/></c>', NO_RESULT),
     (b'<c r="B2"><f>1+1</f></c>', NO_RESULT), (b'<c r="B2" t="str"><f>A1</f><v></v></c>', None),
     (b'<c r="B2" t="str"><f>A1</f><v>x</v></c>', "x"), (b"<c t='e'><v>#REF!</v></c>", "#REF!"),
     (b'<c r="B2" t="e"><f>1/0</f><v>#DIV/0!</v></c>', "#DIV/0!"), (b'<c r="B2" t="e"/>', "#N/A"),
     (b'<c r="B2" t="b"><f>TRUE()</f><v>1</v></c>', "true"),
     (b'<c r="B2"><v>1234.5600000000001</v></c>', "1234.56"),
     (b'<c r="B2"><v>26992000000000000101</v></c>', "2.6992e+19"),
     (b'<c r="B2"><v>1E-5</v></c>', "0.00001"),
     (b'<c r="B2" t="inlineStr"><is><r><t>a</t></r><r><t>b</t></r></is></c>', "ab"),
     (b'<c r="B2" t="d"><v>2026-01-05T00:00:00</v></c>', "2026-01-05 00:00:00")],
)  # fmt: skip
def test_a_cell_is_what_the_file_says(tmp_path: Path, cell: bytes, text: str | None) -> None:
    path = tmp_path / "cells.xlsx"
    content = saved(book_of({"1": [["a", "b"], ["x", 4711]]}))
    old = b'<c r="B2" t="n"><v>4711</v></c>'
    path.write_bytes(altered(content, "xl/worksheets/sheet1.xml", old=old, new=cell))

    (row,) = [row for chunk in read(path) for row in chunk.rows.to_dicts()]

    assert row["b"] == text


def test_a_merged_block_has_its_value_once(stocked: "House", told: Told) -> None:
    rows = [[*HEAD, "status"], [*invoice(1), "正常"], [*invoice(2), None], [*invoice(3), None]]
    book = book_of({"1": rows})
    book["1"].merge_cells("F2:F3")
    book["1"].merge_cells("H2:H4")
    path = stocked.write("invoices_b.xlsx", saved(book))

    outcome = stocked.take("files", path)

    assert outcome.set_aside == {"cell_error": 1}
    assert [(issue["line"], issue["value"]) for issue in told(outcome)] == [("3", "#MERGED!")]


def test_a_merged_firm_is_not_carried_down(stocked: "House") -> None:
    book = book_of({"1": [HEAD, invoice(1), invoice(2), invoice(3)]})
    book["1"].merge_cells("C2:C4")
    path = stocked.write("invoices_b.xlsx", saved(book))

    assert stocked.take("files", path).set_aside == {"cell_error": 2}


def test_a_header_over_two_columns_with_cells_is_refused(stocked: "House") -> None:
    book = book_of({"1": [[*HEAD, None], [*invoice(1), None]]})
    book["1"].merge_cells("E1:F1")
    path = stocked.write("invoices_b.xlsx", saved(book))

    assert stocked.take("files", path).set_aside == {}
    book["1"]["F2"] = 7
    path = stocked.write("invoices_b.xlsx", saved(book))
    with pytest.raises(BadFile, match="line 1: header 'amount_yuan' stands over more than one"):
        stocked.take("files", path)


def test_a_title_over_two_lines_of_headers_is_no_second_column(stocked: "House") -> None:
    rows = [["发票清单"], ["序号", *HEAD, "备注"], [None, *HEAD, None], [1, *invoice(1), "x"]]
    rows[1][1:6] = ["一"] * 5
    book = book_of({"1": rows})
    for block in ("A1:G1", "A2:A3", "G2:G3"):
        book["1"].merge_cells(block)
    path = stocked.write("invoices_b.xlsx", saved(book))

    assert stocked.take("files", path).used == 1


@pytest.mark.parametrize(
    ("epoch", "year"), [(CALENDAR_WINDOWS_1900, 2026), (CALENDAR_MAC_1904, 2030)]
)
def test_days_are_counted_from_the_epoch_of_the_workbook(
    stocked: "House", epoch: dt.datetime, year: int
) -> None:
    book = book_of({"1": [HEAD, invoice(1, day=46027), invoice(2, day=46027.5)]})
    book["1"]["B3"].number_format = "yyyy-mm-dd hh:mm"
    book.epoch = epoch
    path = stocked.write("invoices_b.xlsx", saved(book))

    outcome = stocked.take("files", path, as_of=dt.date(2031, 1, 1))

    assert outcome.set_aside == {}
    days = stocked.lake.invoices_of(2, "S2", "C1")["issued_on"].to_list()
    assert {day.year for day in days} == {year}
    assert len(set(days)) == 1


def test_the_day_that_never_was_is_no_day(stocked: "House") -> None:
    book = book_of(
        {"1": [HEAD, invoice(1, day=60), invoice(2, day=20260105), invoice(3, day=2026)]}
    )
    book["1"]["B2"].number_format = "yyyy-mm-dd"
    path = stocked.write("invoices_b.xlsx", saved(book))

    assert stocked.take("files", path).set_aside == {"bad_date": 2}


def test_times_of_a_workbook_name_their_day(stocked: "House") -> None:
    moment = dt.datetime(2026, 1, 5, 23, 59, 59)  # noqa: DTZ001  # A workbook knows no time zone.
    book = book_of(
        {
            "1": [
                HEAD,
                invoice(1, day=moment),
                invoice(2, day="2026/1/5 0:00"),
                invoice(3, day=dt.time(10)),
            ]
        }
    )
    path = stocked.write("invoices_b.xlsm", saved(book))

    outcome = stocked.take("files", path)

    assert outcome.set_aside == {"bad_date": 1}
    days = stocked.lake.invoices_of(2, "S2", "C1")["issued_on"].to_list()
    assert days == [dt.date(2026, 1, 5)] * 2


def test_long_numbers_of_a_workbook_are_never_keys(stocked: "House") -> None:
    numbers = [26992000000022590001, 26992000000022590002, 123456789012345, "26992000000022590003"]
    rows = [[number, *invoice(1)[1:]] for number in numbers]
    path = stocked.write("invoices_b.xlsx", saved(book_of({"1": [HEAD, *rows]})))

    outcome = stocked.take("files", path)

    assert outcome.set_aside == {"lost_digits": 2}
    kept = stocked.lake.invoices_of(2, "S2", "C1")["number"].to_list()
    assert kept == ["123456789012345", "26992000000022590003"]


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml"])
def test_a_document_type_is_refused_and_no_entity_expanded(stocked: "House", part: str) -> None:
    content = saved(book_of({"1": [HEAD, invoice(1, "=1+1")]}))
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]>'
    name = b"<workbook " if "workbook" in part else b"<worksheet "
    content = altered(content, part, old=name, new=bomb + name)

    with pytest.raises(InvalidInput, match="broken workbook"):
        stocked.take("files", stocked.write("invoices_b.xlsx", content))


def test_an_old_or_locked_workbook_says_what_to_do(stocked: "House") -> None:
    path = stocked.write("invoices_b.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)

    with pytest.raises(BadFile, match=r"save it as \.xlsx without a password"):
        stocked.take("files", path)


def test_a_number_that_a_spreadsheet_made_a_day_is_never_a_key(stocked: "House") -> None:
    rows = [[DAY, *invoice(1)[1:]], [dt.time(10, 30), *invoice(1)[1:]], ["3-12", *invoice(1)[1:]]]
    path = stocked.write("invoices_b.xlsx", saved(book_of({"1": [HEAD, *rows]})))

    outcome = stocked.take("files", path)

    assert outcome.set_aside == {"turned_to_date": 2}
    assert stocked.lake.invoices_of(2, "S2", "C1")["number"].to_list() == ["3-12"]
