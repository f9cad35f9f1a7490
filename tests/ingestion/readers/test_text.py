"""CSV against Python's own reader: cells, lines, encodings, in blocks of any size."""

import csv
import gzip
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingestion.errors import BadFile
from ingestion.readers import Chunk, read, text
from ingestion.readers.marks import mark

CELLS = st.text(st.sampled_from('ab1,"\n\r 金é;='), max_size=6)
ENDS = st.sampled_from(["\n", "\r\n"])
SETTINGS = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture(params=[7, 64, text.BLOCK_BYTES])
def block(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    monkeypatch.setattr(text, "BLOCK_BYTES", request.param)
    return request.param


def cells(path: Path) -> list[tuple[int, list[str]]]:
    found: list[tuple[int, list[str]]] = []
    for chunk in read(path):
        columns = [values.to_pylist() for values in chunk.columns.values()]
        rows = [list(row) for row in zip(*columns, strict=True)]
        found += zip(chunk.lines.tolist(), rows, strict=True)
    return found


def unread(path: Path) -> list[tuple[int, str]]:
    return [(bad.line, bad.why) for chunk in read(path) for bad in chunk.unread]


def written(rows: list[list[str]], end: str) -> tuple[str, list[int]]:
    """Return the rows as CSV, and the line on which each begins."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator=end, quoting=csv.QUOTE_ALL)
    lines: list[int] = []
    for row in [["first", "second", "third"], *rows]:
        said = out.getvalue().replace("\r\n", "\n")
        lines.append(1 + said.count("\n") + said.count("\r"))
        writer.writerow(row)
    return out.getvalue(), lines[1:]


@SETTINGS
@given(rows=st.lists(st.lists(CELLS, min_size=3, max_size=3), max_size=12), end=ENDS)
def test_cells_and_lines_are_those_of_a_plain_reader(
    rows: list[list[str]], end: str, block: int, tmp_path: Path
) -> None:
    content, lines = written(rows, end)
    path = tmp_path / "rows.csv"
    path.write_bytes(content.encode())

    assert cells(path) == list(zip(lines, rows, strict=True))


@SETTINGS
@given(rows=st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=1, max_size=12), end=ENDS)
def test_an_archive_in_gb18030_gives_the_same_cells(
    rows: list[list[str]], end: str, block: int, tmp_path: Path
) -> None:
    content, lines = written([["金额", "x", "y"], *rows], end)
    path = tmp_path / "rows.csv.gz"
    path.write_bytes(gzip.compress(content.encode("gb18030")))

    assert [row for _, row in cells(path)][1:] == rows
    assert [line for line, _ in cells(path)] == lines


def test_a_quote_inside_a_cell_is_a_quote(block: int, tmp_path: Path) -> None:
    path = tmp_path / "pipes.csv"
    path.write_text('a,b\n1,5" pipe\n2,"x\ny"\n3,z\n', encoding="utf-8")

    assert cells(path) == [(2, ["1", '5" pipe']), (3, ["2", "x\ny"]), (5, ["3", "z"])]


def test_text_after_a_closing_quote_is_set_aside(block: int, tmp_path: Path) -> None:
    path = tmp_path / "odd.csv"
    path.write_text('a,b\n1,"x"y\n2,z\n', encoding="utf-8")

    assert cells(path) == [(3, ["2", "z"])]
    assert [line for line, _ in unread(path)] == [2]


def test_odd_quotes_do_not_hide_wrong_rows(block: int, tmp_path: Path) -> None:
    path = tmp_path / "odd.csv"
    path.write_bytes(b'a,b\n1,5" pipe\n2\n3,\x00\n4,\xe9\x87\x91\n5,\xff\n\n6,z\n7,\xe9\x87\x91\n')

    assert [line for line, _ in cells(path)] == [2, 5, 8, 9]
    assert unread(path) == [
        (3, "1 cells where the header has 2"),
        (4, "holds a NUL byte"),
        (6, "is not utf-8 text"),
    ]


def test_line_ends_of_three_kinds_may_stand_in_one_file(block: int, tmp_path: Path) -> None:
    path = tmp_path / "mixed.csv"
    path.write_bytes(b"a,b\r\n1,x\n2,y\r3,z\r\n\r\n4,end")

    assert cells(path) == [(2, ["1", "x"]), (3, ["2", "y"]), (4, ["3", "z"]), (6, ["4", "end"])]


def test_a_byte_order_mark_is_no_part_of_the_header(block: int, tmp_path: Path) -> None:
    path = tmp_path / "marked.csv"
    path.write_bytes("a,b\n1,金\n".encode("utf-8-sig"))

    (chunk,) = [chunk for chunk in read(path) if len(chunk.lines)]
    assert list(chunk.columns) == ["a", "b"]


def test_blank_cells_around_a_header_are_named(tmp_path: Path) -> None:
    path = tmp_path / "blank.csv"
    path.write_text(" a ,,b\n1,2,3\n", encoding="utf-8")

    assert list(next(read(path)).columns) == ["a", "(column 2)", "b"]


def test_one_spoilt_byte_does_not_make_a_file_gb18030(tmp_path: Path) -> None:
    path = tmp_path / "spoilt.csv"
    path.write_bytes("a\n金\n额\n".encode() + b"\xb0\xa1\n" + "元\n".encode())

    assert [row for _, row in cells(path)] == [["金"], ["额"], ["元"]]
    assert unread(path) == [(4, "is not utf-8 text")]


def test_a_header_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "spoilt.csv"
    path.write_bytes(b"a,\xb0\xff\n" + "金,额\n元,角\n".encode())

    with pytest.raises(BadFile, match="line 1: the header"):
        list(read(path))


def test_a_row_without_an_end_is_refused_before_it_fills_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text, "BLOCK_BYTES", 64)
    monkeypatch.setattr(text, "ROW_BYTES_MAX", 256)
    path = tmp_path / "endless.csv"
    path.write_text("a,b\n" + "x" * 1000, encoding="utf-8")

    with pytest.raises(BadFile, match="longer than any"):
        list(read(path))


def test_an_overlong_field_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    path.write_text(f"a,b\n1,{'x' * (text.FIELD_MAX + 1)}\n2,y\n", encoding="utf-8")

    assert [line for line, _ in cells(path)] == [3]
    assert unread(path) == [(2, "longer than a row may be")]


@given(st.binary(max_size=40))
def test_marks_never_lose_a_byte_or_a_row(raw: bytes) -> None:
    marks = mark(raw, last=True)
    if marks is None:
        return

    assert marks.end == len(raw)
    assert (marks.stops >= marks.starts).all()
    assert len(marks.fields) == len(marks.starts)
    assert int(marks.fields.sum()) >= len(marks.fields)


def test_a_chunk_whose_columns_differ_in_length_is_refused() -> None:
    chunk = next(read(Path(__file__).parent / "small.csv"))

    with pytest.raises(BadFile, match="1 cells in 2 rows"):
        Chunk(chunk.lines, {"a": chunk.columns["a"].slice(1)})
