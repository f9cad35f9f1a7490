"""Workbooks as other programs write them, and what of a cell its value alone does not tell."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from ingestion.errors import BadFile
from ingestion.readers import read
from ingestion.readers.chunk import Chunk
from ingestion.readers.sheets import NO_RESULT
from tests.ingestion.hostile import MAIN, OFFICE, main_part, styles, workbook

PURL = "http://purl.oclc.org/ooxml"
HEAD = (
    '<row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c>'
    '<c r="B1" t="inlineStr"><is><t>b</t></is></c></row>'
)


def sheet(*cells: str) -> str:
    rows = (f'<row r="{at}"><c r="A{at}"><v>7</v></c>{c}</row>' for at, c in enumerate(cells, 2))
    return HEAD + "".join(rows)


def chunks(folder: Path, content: bytes) -> list[Chunk]:
    path = folder / "cells.xlsx"
    path.write_bytes(content)
    return list(read(path))


def second(folder: Path, content: bytes) -> list[str | None]:
    return [row["b"] for chunk in chunks(folder, content) for row in chunk.rows.to_dicts()]


def renamed(content: bytes, name: Callable[[str], str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(out, "w") as after:
        for entry in before.infolist():
            info = zipfile.ZipInfo("x")
            info.filename = name(entry.filename)
            after.writestr(info, before.read(entry))
    return out.getvalue()


@pytest.mark.parametrize(
    ("cell", "text"),
    [("12345678901234.56", "12345678901234.56"), ("70000000000000.91", "70000000000000.91"),
     ("90071992547409.91", "90071992547409.906"),
     ("0.30000000000000004", "0.3"), ("1234.5600000000001", "1234.56"), ("-0", "0"),
     ("0.123456789012345678", "0.12345678901234568"), ("1e400", "#NUM!"), ("NaN", "#NUM!")],
)  # fmt: skip
def test_a_number_keeps_every_digit_that_it_has(tmp_path: Path, cell: str, text: str) -> None:
    assert second(tmp_path, workbook(sheet(f'<c r="B2"><v>{cell}</v></c>'))) == [text]


@pytest.mark.parametrize(
    "name",
    [str, str.upper, lambda name: name.replace("/", "\\"), lambda name: name.replace("sh", "Sh")],
    ids=["as usual", "capitals", "backslashes", "mixed"],
)
def test_what_is_no_value_is_found_however_parts_are_named(
    tmp_path: Path, name: Callable[[str], str]
) -> None:
    cells = ['<c r="B2" t="e"><v>#N/A</v></c>', '<c r="B3"><f>1+1</f></c>']
    content = renamed(workbook(sheet(*cells)), name)

    try:
        found = second(tmp_path, content)
    except BadFile:
        return  # Refused is as good: a blank would be a default.
    assert found == ["#N/A", NO_RESULT]


@pytest.mark.parametrize(
    "content",
    [
        workbook(sheet(), more={"xl/workbook.xml": main_part(2 * '<sheet name="a" r:id="r1"/>')}),
        workbook(sheet(), more={"XL/Worksheets/sheet1.xml": f'<worksheet xmlns="{MAIN}"/>'}),
    ],
    ids=["sheets", "parts"],
)
def test_two_sheets_or_parts_of_one_name_are_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(BadFile, match="broken workbook"):
        chunks(tmp_path, content)


def test_a_nought_of_a_formula_that_is_still_to_be_computed_is_no_result(tmp_path: Path) -> None:
    cells = [
        '<c r="B2"><f>1+1</f><v>0</v></c>',
        '<c r="B3"><f>1+1</f><v>2</v></c>',
        '<c r="B4"><v>0</v></c>',
    ]
    later = {"xl/workbook.xml": main_part(rest='<calcPr calcId="1" fullCalcOnLoad="1"/>')}

    assert second(tmp_path, workbook(sheet(*cells))) == ["0", "2", "0"]
    assert second(tmp_path, workbook(sheet(*cells), more=later)) == [NO_RESULT, "2", "0"]


def test_noughts_and_letters_that_a_format_shows_are_part_of_a_code(tmp_path: Path) -> None:
    formats = ["00000000", '"S"0000', "\\N-000", "0.00", "#,##0", '0"元"', '"¥"0.00', "0_ "]
    cells = [f'<c r="B{at}" s="{at - 1}"><v>12345</v></c>' for at in range(2, 10)]
    part = {"xl/styles.xml": styles(*formats)}

    found = second(tmp_path, workbook(sheet(*cells), more=part))

    assert found == ["00012345", "S12345", "N-12345", *["12345"] * 5]
    text = '<c r="B2" s="1" t="inlineStr"><is><t>7</t></is></c>'
    assert second(tmp_path, workbook(sheet(text), more=part)) == ["7"]
    assert second(tmp_path, workbook(sheet('<c r="B2" s="2"><v>7</v></c>'), more=part)) == ["S0007"]


def test_strict_workbooks_and_phonetic_marks_are_read(tmp_path: Path) -> None:
    strict = workbook(sheet('<c r="B2" t="d"><v>2026-01-05</v></c>'))
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(strict)) as before, zipfile.ZipFile(out, "w") as after:
        for entry in before.infolist():
            text = before.read(entry).decode()
            text = text.replace(MAIN, f"{PURL}/spreadsheetml/main")
            after.writestr(entry, text.replace(OFFICE, f"{PURL}/officeDocument/relationships"))
    strings = '<si><r><t>东</t></r><r><t>湖</t></r><rPh sb="0" eb="2"><t>dong</t></rPh></si>'

    assert second(tmp_path, out.getvalue()) == ["2026-01-05"]
    spoken = workbook(sheet('<c r="B2" t="s"><v>0</v></c>'), strings)
    assert second(tmp_path, spoken) == ["东湖"]


@pytest.mark.parametrize("more", [{}, {"xl/sharedStrings.xml": ""}])
def test_a_text_that_is_not_there_is_no_blank(tmp_path: Path, more: dict[str, str]) -> None:
    with pytest.raises(BadFile, match="broken workbook"):
        chunks(tmp_path, workbook(sheet('<c r="B2" t="s"><v>7</v></c>'), more=more))


def test_hidden_rows_are_read_and_told(tmp_path: Path) -> None:
    rows = HEAD + "".join(
        f'<row r="{at}" {hidden}><c r="B{at}"><v>1</v></c></row>'
        for at, hidden in [(2, 'hidden="1"'), (3, ""), (4, "hidden='true'")]
    )

    (chunk,) = chunks(tmp_path, workbook(rows))

    assert chunk.lines.tolist() == [2, 3, 4]
    assert chunk.notes == ("sheet 'a': 2 hidden rows are read like the others",)


def test_a_far_row_is_found_though_its_cells_do_not_say_where_they_stand(tmp_path: Path) -> None:
    wide = "".join(f'<c r="{letters}1"><v>1</v></c>' for letters in ("A", "ALL"))
    rows = f'<row r="1">{wide}</row><row r="1048576"><c><v>1</v></c></row>'

    with pytest.raises(BadFile, match="reaches row 1048576 of 1000 columns"):
        chunks(tmp_path, workbook(rows))


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "the file is empty"), (b"number,amount\n", "the ending does not fit"),
     (b"<html><table>", "the ending does not fit"), (b"PK\x03\x04", "broken workbook")],
)  # fmt: skip
def test_what_is_no_workbook_is_told_as_such(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(BadFile, match=rf"cells\.xlsx: {message}"):
        chunks(tmp_path, content)
