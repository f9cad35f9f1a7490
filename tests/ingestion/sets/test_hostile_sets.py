"""Whatever lies in a file: its rows, or a refusal in words; never anything else."""

import gzip
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingestion.errors import BadFile, ImportRefused
from ingestion.sets import Batch, Fixed, Grid, Inputs, JsonLines, Record, Set, Wrong, Xml
from ingestion.sets.json_paths import checked as json_path
from ingestion.sets.regexes import compiled
from ingestion.sets.statements import checked as statement
from ingestion.sets.xpaths import checked as path_of_xml
from tests.graph.effort import tenth
from tests.ingestion import hostile

quick = settings(
    max_examples=tenth(60),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
SETS: dict[str, Set] = {
    "a.csv": Grid("s", ".*", ("a", "b")),
    "two.csv": Grid("s", ".*", ("a/b",), header_rows=2),
    "any.txt": Grid("s", ".*"),
    "a.csv.gz": Grid("s", ".*", ("a",)),
    "a.xlsx": Grid("s", ".*", ("a",)),
    "a.xls": Grid("s", ".*", ("a",)),
    "a.parquet": Grid("s", ".*", ("a",)),
    "fixed.txt": Fixed("s", ".*", (("a", 1, 3), ("b", 2, 9))),
    "a.xml": Xml("s", ".*", (Record("a", each="b"),), {"c": "c | d:e//f"}),
    "a.jsonl": JsonLines("s", ".*", {"a": "a.*.b"}),
}
STARTS = {
    "a.csv": b"a,b\n", "two.csv": b"a,\nb,c\n", "a.xml": b"<a>", "a.jsonl": b'{"a": ',
    "a.xlsx": b"PK\x03\x04", "a.xls": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a.parquet": b"PAR1",
}  # fmt: skip
bytes_of_files = st.one_of(
    st.binary(max_size=300),
    st.text(alphabet="ab,\"\n\r\t;|= \0'<>/&[]{}:1.-东\u200b\ufeff", max_size=120).map(str.encode),
    st.text(alphabet="ab,\n东湖西", max_size=60).map(lambda text: text.encode("utf-16")),
    st.text(alphabet='ab,\n"东湖西岭', max_size=60).map(lambda text: text.encode("gb18030")),
)


@pytest.mark.parametrize("name", SETS)
@quick
@given(content=bytes_of_files, begun=st.booleans())
def test_any_bytes_are_rows_or_a_refusal(
    tmp_path: Path, name: str, content: bytes, *, begun: bool
) -> None:
    raw = STARTS.get(name, b"") * begun + content
    path = tmp_path / name
    path.write_bytes(gzip.compress(raw) if name.endswith(".gz") else raw)
    lines = raw.count(b"\n") + raw.count(b"\r") + raw.count(b"\n\0") + 1

    found, refused = tried(name, path)
    assert refused is None or refused.startswith(name)
    assert all(0 < line <= lines for each in found for line in each.frame["_line"])
    if name.endswith((".csv", ".gz")):
        assert sum(each.rows for each in found) <= lines


def tried(name: str, path: Path) -> tuple[list[Batch], str | None]:
    """Return the rows of a file, or why it is refused."""
    with Inputs([path]) as inputs:
        try:
            return list(inputs.read(SETS[name], extra=("_file", "_sheet", "_root"))), None
        except ImportRefused as error:
            return [], str(error)


@quick
@given(text=st.text(alphabet="ab.*/|[]()@:='\"1 \t,;$-\\{}?+^不", max_size=30))
def test_any_words_are_taken_or_wrong(text: str) -> None:
    for check in (compiled, json_path, statement, lambda path: path_of_xml(path, {"a": "urn:a"})):
        with suppress(Wrong):
            check(text)


def test_an_archive_that_swells_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingestion.readers.chunk.UNPACKED_BYTES_FREE", 100_000)
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(b"a,b\n" + b"1,2\n" * 500_000))

    with Inputs([path]) as inputs, pytest.raises(BadFile, match=r"a.csv.gz: .* 200 times"):
        list(inputs.read(SETS["a.csv"]))


@pytest.mark.parametrize(
    ("sheet", "why"),
    [
        ('<row r="1"><c r="A1"><v>1</v></c></row><row r="9"><c r="XFD9"><v>1</v></c></row>', "XFD"),
        ('<row r="1048576"><c r="ZZ1048576"><v>1</v></c></row>',
         "20000000 cells"),
    ],
)  # fmt: skip
def test_a_sheet_without_end_is_refused(tmp_path: Path, sheet: str, why: str) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(hostile.workbook(sheet))

    with Inputs([path]) as inputs, pytest.raises(BadFile, match=why):
        list(inputs.read(SETS["a.xlsx"]))
