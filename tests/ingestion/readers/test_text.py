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
from tests.graph.effort import tenth

CELLS = st.text(st.sampled_from('ab1,"\n\r 金é;='), max_size=6)
ENDS = st.sampled_from(["\n", "\r\n"])
SETTINGS = settings(
    max_examples=tenth(150),
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

    filled = [(line, row) for line, row in zip(lines, rows, strict=True) if any(row)]
    assert cells(path) == filled


@SETTINGS
@given(rows=st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=1, max_size=12), end=ENDS)
def test_an_archive_in_gb18030_gives_the_same_cells(
    rows: list[list[str]], end: str, block: int, tmp_path: Path
) -> None:
    content, lines = written([["金额", "x", "y"], *rows], end)
    path = tmp_path / "rows.csv.gz"
    path.write_bytes(gzip.compress(content.encode("gb18030")))

    filled = [line for line, row in zip(lines[1:], rows, strict=True) if any(row)]
    assert [row for _, row in cells(path)][1:] == [row for row in rows if any(row)]
    assert [line for line, _ in cells(path)] == [lines[0], *filled]


def test_a_quote_inside_a_cell_is_a_quote(block: int, tmp_path: Path) -> None:
    path = tmp_path / "pipes.csv"
    path.write_text('a,b\n1,5" pipe\n2,"x\ny"\n3,z\n', encoding="utf-8")

    assert cells(path) == [(2, ["1", '5" pipe']), (3, ["2", "x\ny"]), (5, ["3", "z"])]


def test_text_after_a_closing_quote_is_set_aside(block: int, tmp_path: Path) -> None:
    path = tmp_path / "odd.csv"
    path.write_text('a,b\n1,"x"y\n2,z\n', encoding="utf-8")

    assert cells(path) == [(3, ["2", "z"])]
    assert [line for line, _ in unread(path)] == [2]


def test_every_line_that_an_open_quote_takes_along_is_told(block: int, tmp_path: Path) -> None:
    path = tmp_path / "odd.csv"
    path.write_text('a,b\n1,"x\n2,y\n3,"z"\n4,w\n', encoding="utf-8")

    assert cells(path) == [(5, ["4", "w"])]
    assert [line for line, _ in unread(path)] == [2, 3, 4]


@pytest.mark.parametrize("odd", ["", '3,5" x\n'])
def test_a_line_of_nothing_that_can_be_seen_is_blank(block: int, odd: str, tmp_path: Path) -> None:
    path = tmp_path / "blank.csv"
    path.write_text(f"a,b\n{odd}   \n1,x\n \t\n2,y\n\x1a", encoding="utf-8")

    assert [row[0] for _, row in cells(path)][-2:] == ["1", "2"]
    assert unread(path) == []


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


def test_lines_of_separators_alone_are_blank(block: int, tmp_path: Path) -> None:
    path = tmp_path / "saved.csv"
    path.write_text('a,b\n1,x\n,\n"",""\n2,y\n,\n,\n', encoding="utf-8")

    assert cells(path) == [(2, ["1", "x"]), (5, ["2", "y"])]
    assert unread(path) == []


@pytest.mark.parametrize(
    "content", ["a\tb\n1\tx,y\n", 'sep=\t\na\tb\n1\t"x,y"\n', '"sep=\t"\na\tb\n1\tx,y\n']
)
def test_cells_may_stand_between_tabs(block: int, content: str, tmp_path: Path) -> None:
    path = tmp_path / "tabbed.tsv"
    path.write_text(content, encoding="utf-8")

    line = content.count("\n")
    assert cells(path) == [(line, ["1", "x,y"])]
    assert {chunk.header_line for chunk in read(path)} == {line - 1}


@pytest.mark.parametrize(
    "content", ["a;b\n1;2\n", "sep=;\na;b\n1;2\n", "a|b\n1|2\n", "SEP=|\na,b\n"]
)
def test_cells_between_other_signs_are_refused(content: str, tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text(content, encoding="utf-8")

    with pytest.raises(BadFile, match=r"other\.csv: line 1: cells parted by '[;|]' are not read"):
        list(read(path))


def test_a_blank_may_stand_before_a_quote(block: int, tmp_path: Path) -> None:
    path = tmp_path / "blanks.csv"
    path.write_text('a, "b"\n1, "x, y"\n2,z\n3,  "q ""r"""\n', encoding="utf-8")

    assert cells(path) == [(2, ["1", "x, y"]), (3, ["2", "z"]), (4, ["3", 'q "r"'])]


@pytest.mark.parametrize("unseen", ["\ufeff", "\u200b", "\u00a0", "\u3000", "\t", " \u2060 "])
def test_what_cannot_be_seen_may_stand_around_a_quote(
    block: int, unseen: str, tmp_path: Path
) -> None:
    path = tmp_path / "unseen.csv"
    rows = f'1,{unseen}"x, y"\n{unseen}"2",z\n"3"{unseen},"q ""r"""\n"4","s,{unseen}"{unseen}\n'
    path.write_text(f"a,b\n{rows}", encoding="utf-8")

    found = [[cell.strip(unseen) for cell in row] for _, row in cells(path)]
    assert found == [["1", "x, y"], ["2", "z"], ["3", 'q "r"'], ["4", "s,"]]
    assert unread(path) == []


@pytest.mark.parametrize("odd", ["", ' "x"'])
def test_titles_above_the_header_are_told(block: int, odd: str, tmp_path: Path) -> None:
    path = tmp_path / "titled.csv"
    path.write_text(f"List of invoices\n\nowner:,A{odd}\n,\na,b\n1,x\n", encoding="utf-8")

    chunks = list(read(path, lambda cells: "b" in cells))

    assert [chunk.lines.tolist() for chunk in chunks if len(chunk.lines)] == [[6]]
    assert {chunk.header_line for chunk in chunks} == {5}
    assert chunks[-1].notes == ("lines 1 to 4 stand above the header and are not read",)


TEXTS = {
    "big5": ["台灣積體電路製造股份有限公司", "鋼材", "國泰金控"],
    "cp932": ["トヨタ自動車株式会社", "鋼材", "山田太郎"],
    "euc_jp": ["トヨタ自動車株式会社", "有限会社すずき"],
    "cp949": ["삼성전자주식회사", "현대자동차"],
    "cp1252": ["Müller GmbH", "São Paulo", "Björn"],
    "cp1251": ["Лукойл", "Москва"],
    "koi8_r": ["Москва", "Газпром", "сталь"],
    "iso8859_7": ["Ελλάδα"],
}


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("odd", ["", ' "'])
def test_text_in_a_third_encoding_is_refused(name: str, odd: str, tmp_path: Path) -> None:
    path = tmp_path / "third.csv"
    rows = "".join(f"{at},{text}{odd}\n" for at, text in enumerate(TEXTS[name]))
    path.write_bytes(f"a,b\n{rows}".encode(name))

    with pytest.raises(BadFile, match=r"third\.csv: line 2: neither UTF-8 nor GB18030"):
        list(read(path))


def test_text_of_japan_without_kana_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "third.csv"
    path.write_bytes("a,b\n1,東京電力\n2,三菱商事\n3,山田太郎\n".encode("euc_jp"))

    with pytest.raises(BadFile, match="more likely EUC-JP"):
        list(read(path))


CHINESE = [
    ["云栖整机股份有限公司", "东湖零件有限公司"], ["铜"], ["一"], ["联通"], ["钢材"],
    ["正常", "作废"], ["香港國際貿易有限公司"], ["发票号码", "开票日期"], ["优の良品食品有限公司"],
    ["郏县鑫淼磊贸易行"], ["A·B"], ["№1", "《书》"], ["刀具", "高铁"], ["涤纶布", "螺丝", "轴承"],
]  # fmt: skip


@pytest.mark.parametrize("texts", CHINESE)
def test_chinese_in_gb18030_is_read_however_little_of_it_there_is(
    texts: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "short.csv"
    path.write_bytes("".join(f"{text},x\n" for text in ["a", *texts]).encode("gb18030"))

    assert [row[0] for _, row in cells(path)] == texts


@pytest.mark.parametrize(
    "text", ["Müller", "Société", "Łódź", "Москва", "é", "αβγ", "日本", "삼성"]
)
def test_utf_8_stays_utf_8(text: str, tmp_path: Path) -> None:
    path = tmp_path / "short.csv"
    path.write_bytes(f"a,b\n{text},x\n".encode())

    assert [row[0] for _, row in cells(path)] == [text]


GB_LINES = ["a,b", "1,东湖零件", "2,西岭材料", "3,北山商贸"]


@pytest.mark.parametrize("odd", ["", ' "'])
@pytest.mark.parametrize(
    ("text", "name"),
    [("云栖整机", "utf-8"), ("东湖", "utf-8"), ("正常", "utf-8"), ("钢材（热轧）", "utf-8"),
     ("國泰金控", "big5"), ("台灣積體電路", "big5"), ("Müller", "cp1252"), ("Škoda", "cp1252"),
     ("São Paulo", "latin1"), ("Björn GmbH", "cp1252")],
)  # fmt: skip
def test_rows_in_another_encoding_never_become_other_characters(
    odd: str, text: str, name: str, block: int, tmp_path: Path
) -> None:
    path = tmp_path / "mixed.csv"
    stranger = f"\n4,{text}{odd}\n".encode(name)
    path.write_bytes("\n".join(GB_LINES).encode("gb18030") + stranger)

    assert [row[0] for _, row in cells(path)] == ["1", "2", "3"]
    ((line, why),) = unread(path)
    assert line == 5
    assert "in a file in GB18030" in why


def test_one_cell_in_utf_8_is_enough(block: int, tmp_path: Path) -> None:
    path = tmp_path / "mixed.csv"
    lines = [f"{line},x".encode("gb18030") for line in GB_LINES]
    path.write_bytes(b"\n".join(lines) + b"\n4," + "正常".encode() + ",东湖".encode("gb18030"))

    assert [line for line, _ in unread(path)] == [5]


@pytest.mark.parametrize("odd", ["", ' "'])
def test_rows_in_gb18030_never_become_other_characters(
    odd: str, block: int, tmp_path: Path
) -> None:
    path = tmp_path / "mixed.csv"
    path.write_bytes("a,b\n1,东湖·零件\n".encode() + f"2,一{odd}\n".encode("gb18030"))

    assert [row[0] for _, row in cells(path)] == ["1"]
    assert unread(path) == [(3, "is GB18030 text in a file in UTF-8")]


@pytest.mark.parametrize(
    "text",
    ["國際貿易有限公司", "萬國", "郏县鑫淼磊贸易行", "张喆", "A座國際", "涓子", "𠮷野家", "沅江浜",
     "二〇二六", "鑫喆Ltd有限公司", "B2B商貿"],
)  # fmt: skip
def test_rare_characters_of_a_file_in_gb18030_are_read(text: str, tmp_path: Path) -> None:
    path = tmp_path / "rare.csv"
    path.write_bytes("\n".join([*GB_LINES, f"4,{text}"]).encode("gb18030"))

    assert [row[1] for _, row in cells(path)][-1] == text
    assert unread(path) == []


@pytest.mark.parametrize("name", ["utf-16-le", "utf-16-be", "utf-32-le"])
@pytest.mark.parametrize("head", ["a,b", '"a","b"', "发票号码,金额", '"发票号码"\t"金额"'])
def test_characters_of_two_bytes_are_told_as_such(name: str, head: str, tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    path.write_bytes(f"{head}\n1,2\n".encode(name))

    with pytest.raises(BadFile, match="UTF-16 is not read"):
        list(read(path))


@pytest.mark.parametrize("name", ["iso2022_jp", "iso2022_kr", "hz"])
def test_text_in_seven_bits_is_refused(name: str, tmp_path: Path) -> None:
    path = tmp_path / "seven.csv"
    path.write_bytes("a,b\n1,山田\n".encode(name))

    with pytest.raises(BadFile, match="ISO-2022 or HZ"):
        list(read(path))


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"PK\x03\x04rest", "ending"), (b"\xd0\xcf\x11\xe0", "ending"), (b"%PDF-1.4\n", "ending"),
     (b"<html><table>", "ending"), ("a,b\n1,2\n".encode("utf-16-le"), "UTF-16"),
     ("a,b\n1,2\n".encode("utf-16-be"), "UTF-16"), ("a,b\n".encode("utf-32"), "UTF-16")],
)  # fmt: skip
def test_what_is_no_text_is_refused(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "strange.csv"
    path.write_bytes(content)

    with pytest.raises(BadFile, match=message):
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


def test_a_row_that_is_a_mark_alone_keeps_rows_and_lines_together(tmp_path: Path) -> None:
    path = tmp_path / "marks.csv"
    path.write_bytes(b"a\n\xef\xbb\xbf\n1\n")

    (chunk,) = read(path)

    assert chunk.lines.tolist() == [2, 3]
    assert chunk.rows["a"].to_list() == [None, "1"]
