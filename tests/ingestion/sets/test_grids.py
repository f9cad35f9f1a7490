"""Text, workbooks and Parquet below the header that a description names."""

import gzip
from pathlib import Path

import polars as pl
import pytest
from openpyxl import Workbook

from ingestion.errors import BadFile
from ingestion.readers import text
from ingestion.sets import Grid
from tests.ingestion.sets.reading import batches, columns, frame

GRID = Grid("sales", ".*", ("number", "amount"))


@pytest.fixture(params=[64, text.BLOCK_BYTES])
def block(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "BLOCK_BYTES", request.param)


def written(tmp_path: Path, content: str | bytes, name: str = "a.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def workbook(tmp_path: Path, **sheets: list[list[object]]) -> Path:
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(tmp_path / "a.xlsx")
    return tmp_path / "a.xlsx"


@pytest.mark.parametrize("separator", [",", "\t", ";", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
@pytest.mark.usefixtures("block")
def test_text_is_read_whatever_parts_its_cells_and_encodes_them(
    tmp_path: Path, separator: str, encoding: str
) -> None:
    rows = [
        ["报表"],
        [],
        ["number", "amount", "名称"],
        ["1", "2.50", "亅亅公司"],
        ["2", "3", "东湖"],
    ]
    content = "\r\n".join(separator.join(row) for row in rows)

    (found, *more) = batches(GRID, written(tmp_path, content.encode(encoding)))

    assert found.above == ("报表",)
    assert found.header_lines == (3,)
    whole = pl.concat([found.frame, *(each.frame for each in more)])
    assert whole["_line"].to_list() == [4, 5]
    assert whole["名称"].to_list() == ["亅亅公司", "东湖"]


def test_a_given_encoding_and_separator_are_not_found_out(tmp_path: Path) -> None:
    content = "number;amount;a,b\n1;1,50;x\n".encode("utf-16-be")
    grid = Grid("s", ".*", ("number",), encoding="utf-16", separator=";")

    assert columns(grid, written(tmp_path, content))["amount"] == ["1,50"]


@pytest.mark.usefixtures("block")
def test_rows_may_be_short_or_have_blank_cells_behind(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        'number,amount,note,\nCustomer A\n1,2,x,,, ,""\n2,3\n3,4,y,,,z\n4,"5",w\n,,,,,,,\n',
    )

    (found, *more) = batches(GRID, path)

    every = [found, *more]
    assert [row.line for each in every for row in each.ragged] == [2, 4, 5]
    assert not any(each.unread for each in every)
    assert [n for each in every for n in each.frame["number"]] == ["Customer A", "1", "2", "3", "4"]
    assert [n for each in every for n in each.frame["note"]] == [None, "x", None, "y", "w"]


def test_quotes_in_odd_places_leave_short_rows_readable(tmp_path: Path) -> None:
    path = written(tmp_path, 'number,amount,note\n1,2,5" pipe\nGroup\n2,3,x,,\n3,4,y,z\n')

    (found,) = batches(GRID, path)

    assert [row.line for row in found.ragged] == [3, 5]
    assert found.ragged[1].why == "4 cells where the header has 3"
    assert found.frame["note"].to_list() == ['5" pipe', None, "x", "y"]


def test_columns_without_names_and_with_equal_ones_are_told_apart(tmp_path: Path) -> None:
    path = written(tmp_path, "number,,amount,amount,_line\n1,a,2,3,9\n")

    assert columns(GRID, path) == {
        "number": ["1"], "_2": ["a"], "amount": ["2"], "amount#2": ["3"], "_line#2": ["9"],
    }  # fmt: skip


def test_values_behind_the_last_name_are_columns_where_most_rows_have_them(tmp_path: Path) -> None:
    path = written(tmp_path, "number,amount\n1,2,a\n2,3,b\n")

    assert columns(GRID, path)["_3"] == ["a", "b"]


def test_a_synonym_stands_for_a_name(tmp_path: Path) -> None:
    grid = Grid("s", ".*", ("number", "amount"), synonyms={"number": ("No.", "编号")})

    assert columns(grid, written(tmp_path, "编号,amount\n1,2\n"))["number"] == ["1"]


def test_a_repeated_header_is_no_row(tmp_path: Path) -> None:
    path = written(tmp_path, "number,amount\n1,2\nnumber,amount\n2,3\n")

    (found,) = batches(GRID, path)

    assert found.repeated == (3,)
    assert found.rows == 3
    assert found.frame["number"].to_list() == ["1", "2"]


def test_a_header_may_have_a_line_end_in_a_cell_and_quotes_above(tmp_path: Path) -> None:
    path = written(tmp_path, 'List of "A\nnumber,"net\namount"\n1,2\n')
    grid = Grid("s", ".*", ("number",))
    with pytest.raises(BadFile, match="no row"):
        batches(Grid("s", ".*", ("nothing",)), path)

    found = frame(Grid("s", ".*", ("number", "net amount")), written(
        tmp_path, '"Title\nof two"\nnumber,"net\namount"\n1,2\n', "b.csv"))  # fmt: skip

    assert found["_line"].to_list() == [5]
    assert frame(grid, written(tmp_path, '"open\nnumber,a\n1,2\n', "c.csv"))["a"].to_list() == ["2"]


def test_no_such_header_names_the_nearest_row(tmp_path: Path) -> None:
    path = written(tmp_path, "title\nnumber,amout,who\n1,2,秘密\n")

    with pytest.raises(BadFile) as told:
        batches(GRID, path)

    assert str(told.value) == (
        "a.csv: no row has the header of set sales, number, amount; line 2 comes nearest and lacks "
        "amount; did you mean amout"
    )


def test_a_header_that_shares_no_name_shows_no_cell(tmp_path: Path) -> None:
    with pytest.raises(BadFile) as told:
        batches(GRID, written(tmp_path, "amounts,秘密\n1,2\n"))

    assert "秘密" not in str(told.value)
    assert "none of the first 2 has any of its names" in str(told.value)


def test_every_sheet_that_matches_is_read(tmp_path: Path) -> None:
    table = [["number", "amount"], [1, 2]]
    path = workbook(tmp_path, cover=[["x"]], 表1=table, 表2=[["T"], *table, [3, 4]], 表3=[])
    found = batches(Grid("s", ".*", ("number", "amount"), sheet="表.*"), path)

    assert [(each.sheet, each.rows, each.above) for each in found] == [
        ("表1", 1, ()), ("表2", 2, ("T",)), ("表3", 0, ()),
    ]  # fmt: skip
    assert [each.sheet for each in batches(GRID, path)] == ["表1"]


def test_no_such_sheet_names_those_there_are(tmp_path: Path) -> None:
    path = workbook(tmp_path, one=[["number", "amount"]], two=[["number"]])

    with pytest.raises(BadFile, match=r"no sheet is called x.*; there are one, two"):
        batches(Grid("s", ".*", ("number",), sheet="x.*"), path)
    with pytest.raises(BadFile, match=r"sheet 'two': .* line 1 comes nearest and lacks amount"):
        batches(Grid("s", ".*", ("number", "amount"), sheet="two"), path)


def test_two_rows_of_header_are_held_to_the_right(tmp_path: Path) -> None:
    path = written(tmp_path, "number,due,,paid,,\n,net,gross,net,gross,\n1,2,3,4,5,6\n")

    assert list(columns(Grid("s", ".*", ("number", "paid/net"), header_rows=2), path)) == [
        "number", "due/net", "due/gross", "paid/net", "paid/gross", "_6",
    ]  # fmt: skip


def test_parquet_and_packed_text_are_grids(tmp_path: Path) -> None:
    pl.DataFrame({"number": [1], "amount": [2.5]}).write_parquet(tmp_path / "a.parquet")
    packed = written(tmp_path, gzip.compress(b"number,amount\n1,2.5\n"), "a.csv.gz")

    for path in (tmp_path / "a.parquet", packed):
        assert columns(GRID, path) == {"number": ["1"], "amount": ["2.5"]}
    with pytest.raises(BadFile, match=r"a.parquet: set s: it lacks total"):
        batches(Grid("s", ".*", ("number", "total")), tmp_path / "a.parquet")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "empty"),
        (b"\n \n", "empty"),
        (b"%PDF-1.4 number,amount", "ending"),
        ("number,amount\n1,2".encode("utf-32"), "UTF-32"),
        ("number,amount\n".encode("utf-16") + b"\x00\xd8", "UTF-16"),
        (b"number,amount\n" + b"," * 2000 + b"x\n" * 3, "unread"),
        (b"number,amount" + b",x" * 1000, "1000 columns"),
    ],
)
def test_a_file_that_is_no_such_text_is_refused(tmp_path: Path, content: bytes, why: str) -> None:
    path = written(tmp_path, content)
    if why == "unread":
        assert sum(len(each.unread) for each in batches(GRID, path)) == 1
        return
    with pytest.raises(BadFile, match=why):
        batches(GRID, path)


def test_a_header_alone_gives_no_rows(tmp_path: Path) -> None:
    (found,) = batches(GRID, written(tmp_path, "number,amount"))

    assert (found.rows, found.frame.columns) == (0, ["_line", "_at", "number", "amount"])
