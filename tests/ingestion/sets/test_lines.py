"""Lines of text at fixed places, and lines of JSON."""

from pathlib import Path

import pytest

from ingestion.errors import BadFile
from ingestion.readers import text
from ingestion.sets import Fixed, JsonLines, Wrong
from ingestion.sets.json_paths import checked
from tests.ingestion.sets.reading import batches, columns, frame

FIXED = Fixed("s", ".*", (("number", 1, 4), ("name", 5, 8), ("amount", 9, 14)))
JSON = JsonLines("s", ".*", {"id": "id", "names": "lines.*.name", "deep": "a.b.c"})


@pytest.fixture(params=[16, text.BLOCK_BYTES], autouse=True)
def block(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "BLOCK_BYTES", request.param)


def written(tmp_path: Path, content: str | bytes) -> Path:
    path = tmp_path / "a.txt"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_columns_at_fixed_places_are_counted_in_characters(
    tmp_path: Path, encoding: str, end: str
) -> None:
    lines = ["0001东湖  12.50 ", "", "0002西岭公司 1.00x", "    ", "0003"]
    found = frame(FIXED, written(tmp_path, end.join(lines).encode(encoding)))

    assert found.drop("_at").rows() == [
        (1, "0001", "东湖", "12.50"), (3, "0002", "西岭公司", "1.00x"), (5, "0003", None, None),
    ]  # fmt: skip


def test_a_line_that_is_no_text_is_set_aside(tmp_path: Path) -> None:
    path = written(tmp_path, "0001东湖\n".encode() * 3 + b"0002\xff\n0003\0\n0004ab\n")

    found = batches(FIXED, path)

    assert [bad.line for each in found for bad in each.unread] == [4, 5]
    assert sum(each.rows for each in found) == 6


def test_values_of_json_stay_as_they_are_written(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        '{"id": 12345678901234567890, "lines": [{"name": "a"}, {"x": 1}, {"name": "b"}]}\n\n'
        '{"id": 1.10, "a": {"b": {"c": true}}}\r\n'
        '{"id": 1.5e3, "lines": [], "a": {"b": 7}}\n'
        '{"id": null, "lines": {"p": {"name": " "}, "q": {"name": "c"}}}',
    )

    assert columns(JSON, path) == {
        "id": [["12345678901234567890"], ["1.10"], ["1500"], None],
        "names": [["a", "b"], None, None, ["c"]],
        "deep": [None, ["true"], None, None],
    }
    assert frame(JSON, path)["_line"].to_list() == [1, 3, 4, 5]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{", "is no JSON"), ("[1]", "no object"), ('{"id": NaN}', "NaN"), ("[" * 99_999, "depth"),
        ('{"id": {"x": 1}}', "field id holds an object"), (r'{"id": "\ud800"}', "half a character"),
        (r'{"id": "\u0000"}', "NUL"), ('{"id": [[1]]}', "field id holds"),
    ],
)  # fmt: skip
def test_a_line_that_is_no_plain_object_is_set_aside(tmp_path: Path, line: str, why: str) -> None:
    found = batches(JSON, written(tmp_path, f'{{"id": 1}}\n{line}\n{{"id": 2}}\n'))

    ((told,),) = [each.unread for each in found if each.unread]
    assert (told.line, why in told.why) == (2, True)
    assert sum(each.frame.height for each in found) == 2


@pytest.mark.parametrize("path", ["", "a..b", "a.", ".".join("a" * 21), "a" * 1001])
def test_a_path_of_json_that_is_none_is_refused(path: str) -> None:
    with pytest.raises(Wrong):
        checked(path)


def test_an_empty_file_and_an_endless_line_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for asked in (FIXED, JSON):
        with pytest.raises(BadFile, match="empty"):
            batches(asked, written(tmp_path, ""))
    monkeypatch.setattr(text, "ROW_BYTES_MAX", 64)
    monkeypatch.setattr(text, "BLOCK_BYTES", 16)
    with pytest.raises(BadFile, match="longer than any may be"):
        batches(JSON, written(tmp_path, '{"id": "' + "x" * 200 + '"}\n'))
