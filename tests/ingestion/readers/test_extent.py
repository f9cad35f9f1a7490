"""Files that ask for more than a file of facts ever holds are refused before they are read."""

import io
import zipfile
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingestion.errors import BadFile
from ingestion.readers import read, text
from ingestion.readers.chunk import COLUMNS_MAX


def workbook(*cells: tuple[str, object]) -> bytes:
    book = openpyxl.Workbook()
    for place, value in cells:
        book.active[place] = value
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def rewritten(content: bytes, part: str, *, old: bytes, new: bytes) -> bytes:
    """Return a workbook with something else in one of its parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(out, "w") as after:
        for entry in before.infolist():
            body = before.read(entry)
            after.writestr(entry, body.replace(old, new) if entry.filename.endswith(part) else body)
    return out.getvalue()


def refusal(path: Path) -> str:
    with pytest.raises(BadFile) as refused:
        list(read(path))
    return str(refused.value)


def test_a_cell_at_the_far_corner_is_named_and_not_laid_out(tmp_path: Path) -> None:
    path = tmp_path / "invoices.xlsx"
    path.write_bytes(workbook(("A1", "number"), ("XFD1048576", 1)))

    assert "invoices.xlsx: sheet1.xml has a cell in column XFD, the 16384th" in refusal(path)


def test_what_the_sheet_says_of_its_own_dimension_is_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "invoices.xlsx"
    content = workbook(("A1", "number"), ("ALL1048576", 1))
    path.write_bytes(rewritten(content, "sheet1.xml", old=b"A1:ALL1048576", new=b"A1:B2"))

    assert "reaches row 1048576 of 1000 columns" in refusal(path)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'<c r="XFD1"', b"<c  t='n' r = 'XFD1' "),
        (b'<c r="XFD1"', b'<x:c xmlns:x="a" r="xfd1"'),
    ],
)
def test_a_cell_is_found_however_it_is_written(tmp_path: Path, old: bytes, new: bytes) -> None:
    path = tmp_path / "invoices.xlsx"
    content = workbook(("A1", "number"), ("XFD1", 1))
    path.write_bytes(rewritten(content, "sheet1.xml", old=old, new=new))

    assert "the 16384th" in refusal(path)


def test_cells_that_bear_a_style_alone_reach_nowhere(tmp_path: Path) -> None:
    path = tmp_path / "invoices.xlsx"
    content = workbook(("A1", "number"), ("A2", "7"))
    path.write_bytes(
        rewritten(content, "sheet1.xml", old=b"</row>", new=b'<c r="XFC9" s="0"/></row>')
    )

    (rows,) = read(path)

    assert rows.columns["number"].to_pylist() == ["7"]


@pytest.mark.parametrize("name", ["invoices.csv", "invoices.xlsx", "invoices.parquet"])
def test_a_file_of_more_columns_than_are_read_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    headers = [f"c{at}" for at in range(COLUMNS_MAX + 1)]
    if name.endswith(".csv"):
        path.write_text(",".join(headers) + "\n", encoding="utf-8")
    elif name.endswith(".xlsx"):
        book = openpyxl.Workbook()
        book.active.append(headers)
        book.save(path)
    else:
        pq.write_table(pa.table({each: ["1"] for each in headers}), path)

    assert f"at most {COLUMNS_MAX} columns are read" in refusal(path)


def test_a_very_wide_header_is_refused_without_comparing_all_with_all(tmp_path: Path) -> None:
    path = tmp_path / "invoices.csv"
    path.write_text(",".join(f"column {at}" for at in range(60_000)) + "\n", encoding="utf-8")

    assert "the header has 60000 columns" in refusal(path)


def test_an_endless_line_among_odd_quotes_is_refused_while_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text, "BLOCK_BYTES", 1000)
    monkeypatch.setattr(text, "ROW_BYTES_MAX", 4000)
    path = tmp_path / "invoices.csv"
    path.write_bytes(b'number,goods\n1,a "quote"\n' + b"2," * 50_000)

    assert "a line longer than any may be" in refusal(path)


def test_a_workbook_with_a_tag_that_never_ends_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "invoices.xlsx"
    content = workbook(("A1", "number"))
    path.write_bytes(
        rewritten(content, "sheet1.xml", old=b"<sheetData>", new=b"<sheetData " + b"a" * 2_000_000)
    )

    assert "endless tag" in refusal(path)
