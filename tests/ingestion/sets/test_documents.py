"""Documents of XML: what their paths give, and which are refused before they can hurt."""

from pathlib import Path

import pytest
from lxml import etree

from ingestion.errors import BadFile
from ingestion.sets import Inputs, Record, Wrong, Xml, xml_files
from ingestion.sets.xpaths import checked, compiled
from tests.ingestion.sets.reading import batches, columns, frame

ONE = Xml("s", r".*\.xml", (Record("a"),), {"b": "b"})


def written(folder: Path, content: str | bytes, name: str = "a.xml") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_a_field_has_all_its_values_without_blank_ones(tmp_path: Path) -> None:
    written(tmp_path, "<a><b> x </b><b/><b> </b><b>y<i>z</i></b></a>")
    written(tmp_path, "<a><b/></a>", "b.xml")

    assert columns(ONE, tmp_path) == {"b": [["x", "yz"], None]}


def test_each_element_is_a_row_with_its_line(tmp_path: Path) -> None:
    path = written(tmp_path, "<a n='7'>\n<row><b>1</b></row>\n<row/>\n<row><b>2</b></row></a>")
    asked = Xml("s", ".*", (Record("a", each="row", fields={"n": "../@n"}),), {"b": "b"})

    found = frame(asked, path)

    assert found["_line"].to_list() == [2, 3, 4]
    assert found["b"].to_list() == [["1"], None, ["2"]]
    assert found["n"].to_list() == [["7"]] * 3


@pytest.mark.parametrize("space", ["", ' xmlns="urn:x"', ' xmlns:d="urn:y" xmlns="urn:z"'])
def test_d_is_the_namespace_of_the_root(tmp_path: Path, space: str) -> None:
    path = written(tmp_path, f"<a{space}><b>1</b><c x='2'/></a>")
    asked = Xml("s", ".*", (Record("a"),), {"b": "d:b", "c": "d:c/@x", "n": "count | d:*[@x]/@x"})

    assert columns(asked, path) == {"b": [["1"]], "c": [["2"]], "n": [["2"]]}


def test_the_namespace_tells_roots_of_one_name_apart(tmp_path: Path) -> None:
    written(tmp_path, "<a xmlns='urn:1'><b>1</b></a>")
    written(tmp_path, "<a xmlns='urn:2'><b>2</b></a>", "b.xml")
    asked = Xml("s", ".*", (Record("a", "urn:[2-9]"),), {"b": "d:b"})

    with Inputs([tmp_path]) as inputs:
        (found,) = inputs.read(asked, extra=("_file", "_root"))
        told = [each.path.name for each in inputs.not_read()]

    assert found.frame.drop("_line", "_at").to_dicts() == [
        {"b": ["2"], "_file": "b.xml", "_root": "a"}
    ]
    assert told == ["a.xml"]


@pytest.mark.parametrize("name", ["UTF-8", "UTF-16", "GBK", "GB18030", "gb2312"])
def test_documents_are_read_in_the_encoding_they_declare(tmp_path: Path, name: str) -> None:
    path = written(
        tmp_path, f"<?xml version='1.0' encoding='{name}'?><a><b>东湖</b></a>".encode(name)
    )

    assert columns(ONE, path) == {"b": [["东湖"]]}


def test_batches_hold_some_documents_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingestion.sets.documents.BATCH_FILES", 2)
    for at in range(5):
        written(tmp_path, f"<a><b>{at}</b></a>", f"{at}.xml")

    found = batches(ONE, tmp_path)

    assert [len(each.paths) for each in found] == [2, 2, 1]
    assert [each.frame["_at"].to_list() for each in found] == [[0, 1], [0, 1], [0]]
    assert [n for each in found for (n,) in each.frame["b"]] == list("01234")


def test_a_document_of_many_rows_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingestion.sets.documents.BATCH_ROWS", 2)
    written(tmp_path, "<a>" + "<r><b>1</b></r>" * 3 + "</a>")
    written(tmp_path, "<a><r><b>2</b></r></a>", "b.xml")
    asked = Xml("s", ".*", (Record("a", each="r"),), {"b": "b"})

    found = frame(asked, tmp_path, extra=("_file",))

    assert found["_file"].to_list() == ["a.xml"] * 3 + ["b.xml"]


LAUGHS = "".join(f'<!ENTITY l{i + 1} "{f"&l{i};" * 10}">' for i in range(9))
HURTING = {
    "a document type": ("<!DOCTYPE a><a/>", "document type or entities"),
    "laughs": (f'<!DOCTYPE a [<!ENTITY l0 "x">{LAUGHS}]><a b="&l9;">&l9;</a>', "document type"),
    "a file of the system": ('<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "document type"),
    "behind a remark": ("<?xml version='1.0'?>\n<!-- < --><?x ?>\n<!DOCTYPE a><a/>", "declares a"),
    "in UTF-16": ("<!DOCTYPE a><a/>".encode("utf-16"), "document type"),
    "in UTF-16 unmarked": ("<!DOCTYPE a><a/>".encode("utf-16-le"), "document type"),
    "an unknown entity": ("<a>&nbsp;</a>", "broken XML: Entity 'nbsp' not defined"),
    "a hidden encoding": (b"<?xml version='1.0' encoding='UTF-7'?>+ADwAIQ-DOCTYPE a><a/>", "utf-7"),
    "depth": ("<a>" * 257 + "</a>" * 257, "256 elements in one another"),
    "great depth": ("<a>" * 50_000 + "</a>" * 50_000, "256 elements in one another"),
    "no end": ("<a><b>", "broken XML"),
    "no XML": ("number,amount\n", "broken XML"),
    "no text": (b"<a>\xff</a>", "broken XML"),
    "no text of its encoding": (b"<?xml version='1.0' encoding='gbk'?><a>\xff</a>", "no text in"),
    "nothing": ("", "empty"),
}  # fmt: skip


@pytest.mark.parametrize("kind", HURTING)
def test_a_document_that_may_hurt_is_refused_whole(tmp_path: Path, kind: str) -> None:
    content, why = HURTING[kind]
    written(tmp_path, "<a><b>1</b></a>", "0.xml")
    written(tmp_path, content)

    with pytest.raises(BadFile, match=rf"^a\.xml: .*{why}"):
        batches(ONE, tmp_path)


@pytest.mark.parametrize(
    "text", ["<a>\n<![CDATA[secret", "<a>\n<b>secret\x00", "<a>\nsecret&x;</a>"]
)
def test_a_broken_document_is_told_with_its_line_and_shows_nothing_of_it(
    tmp_path: Path, text: str
) -> None:
    path = tmp_path / "a.xml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(BadFile, match=r"^a\.xml: line 2: broken XML: ") as told:
        batches(Xml("s", ".*", (Record("a"),)), path)
    assert "secr" not in str(told.value)


def test_a_document_of_the_greatest_depth_and_long_texts_are_read(tmp_path: Path) -> None:
    path = written(
        tmp_path, "<a><b>" + "x" * 11_000_000 + "</b>" + "<c>" * 255 + "</c>" * 255 + "</a>"
    )

    assert len(columns(ONE, path)["b"][0][0]) == 11_000_000


def test_a_large_document_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml_files, "BYTES_MAX", 20)

    with pytest.raises(BadFile, match="XML of more than 20 bytes"):
        batches(ONE, written(tmp_path, "<a>" + " " * 20 + "</a>"))


PREFIXES = {"cbc": "urn:c", "cac": "urn:a"}


@pytest.mark.parametrize(
    "path",
    [
        "a/b", "//b", ".", "../@x", "a[@x='1']/b | c/d", "cac:A/cbc:B[@c = /*/cbc:D]", "a[1]",
        "a[not(b) and c > 1 or d]", "a[(b or c) and not(d)]", "*", "@*", "cac:*", "d:*", "名称",
        "TotalTax-includedAmount", "and/or[and and or]", "a/text()", "xml:lang",
    ],
)  # fmt: skip
def test_a_path_of_steps_and_conditions_is_taken(path: str) -> None:
    checked(path, PREFIXES)


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("count(a)", "no function count"), ("document('x')", "no function document"),
        ("a[last()]", "no function last"), ("a[contains(b, 'x')]", "','"),
        ("ancestor::a", "ancestor:: is no step"), ("$x", "no variables"), ("a[", "a condition"),
        ("a]", "after a it ends here"), ("a b", "after a it ends here"), ("", "blank"),
        ("cbd:x", "the prefix cbd; did you mean cbc"), ("a//b//c//d//e", "at most 3 times"),
        ("a[b[c[d[e[f[g]]]]]]", "at most 5 times"), ("a/", "lacks a step"), ("|a", "lacks a step"),
        ("(a)/b", "lacks a step"), ("a[not b]", "lacks a ]"), ("a['x'", "lacks a ]"),
        ("a[(b]", r"lacks a \)"), ("a" * 1001, "at most 1000 characters"), ("a#b", "'#'"),
        ("not(a)", "no function not"),
    ],
)  # fmt: skip
def test_a_path_of_anything_else_is_refused(path: str, why: str) -> None:
    with pytest.raises(Wrong, match=why):
        checked(path, PREFIXES)


def test_the_prefix_of_the_root_is_no_other() -> None:
    with pytest.raises(Wrong, match="prefix d is the namespace of the root"):
        checked("d:a", {"d": "urn:x"})


def test_a_path_with_a_name_like_a_word_is_evaluated_as_a_name() -> None:
    root = etree.fromstring("<x><not>1</not><or><and>2</and></or></x>")

    assert [each.text for each in compiled("not | or/and", (), None)(root)] == ["1", "2"]


def test_rows_that_are_no_elements_are_refused(tmp_path: Path) -> None:
    asked = Xml("s", ".*", (Record("a", each="@x"),), {"b": "b"})

    with pytest.raises(BadFile, match="each is to name elements"):
        batches(asked, written(tmp_path, "<a x='1'/>"))
