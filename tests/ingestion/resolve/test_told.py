"""A credit code beside a name says whose row it is; name and code that disagree are told."""

import itertools

import pytest

from ingestion.resolve import Decision, ListedFirm, resolve
from ingestion.resolve.beside import SIGN
from ingestion.resolve.codes import check_letter

ONE, TWO, THREE = (
    body + check_letter(body)
    for body in ("91350100M000100Y4", "91350100M000200X4", "91350100M000300X4")
)
A = ListedFirm("files", "A", "甲机械有限公司", ONE, ("老甲厂",), identifies=True)
B = ListedFirm("files", "B", "乙零件有限公司", None, ("老乙厂",), identifies=True)
C = ListedFirm("files", "C", "丙材料厂", None, (), identifies=True)


def told(code: str, name: str) -> str:
    return f"{code}{SIGN}{name}"


# The firm that each text means, "-" for somebody else; those in dispute begin with "!".
CASES: dict[str, dict[str, str]] = {
    "a listed code": {told(ONE, "甲机械"): "A", told(ONE, "甲机械有限公司"): "A"},
    "a listed firm without a code is known by it": {
        told(TWO, "乙零件有限公司"): "B",
        "乙零件有限公司": "B",
        TWO: "B",
        told(TWO, "乙零件厂"): "B",
    },
    "an id beside a code": {told(TWO, "B"): "B", TWO: "B"},
    "an alias beside a code": {told(TWO, "老乙厂"): "B", "老乙厂": "B"},
    "the code of one and the name of another": {
        f"!{told(ONE, '乙零件有限公司')}": "A",
        "乙零件有限公司": "B",
    },
    "the code of one and the id of another": {f"!{told(ONE, 'B')}": "A", "B": "B"},
    "a new name of a listed code": {f"!{told(ONE, '新名机械厂')}": "A", "新名机械厂": "A"},
    "another code beside a listed name": {
        f"!{told(TWO, '甲机械有限公司')}": TWO,
        "甲机械有限公司": "-",
        "A": "A",
    },
    "two codes beside one name": {
        f"!{told(TWO, '乙零件有限公司')}": TWO,
        f"!{told(THREE, '乙零件有限公司')}": THREE,
        "乙零件有限公司": "-",
        "B": "B",
    },
    "one code beside the names of two listed firms": {
        f"!{told(TWO, '乙零件有限公司')}": TWO,
        f"!{told(TWO, '丙材料厂')}": TWO,
        "丙材料厂": "-",
        "C": "C",
    },
    "a stranger": {
        told(TWO, "丁电子有限公司"): TWO,
        told(TWO, "丁电子 有限责任公司"): TWO,
        "丁电子有限公司": TWO,
    },
    "an agent's code": {
        told(TWO, "东湖厂"): "-",
        told(TWO, "西岭厂"): "-",
        told(TWO, "南山厂"): "-",
        told(TWO, "乙零件有限公司"): "B",
        "乙零件有限公司": "B",
    },
    "an agent's code that is listed": {
        told(ONE, "东湖厂"): "-",
        told(ONE, "西岭厂"): "-",
        told(ONE, "南山厂"): "-",
        told(ONE, "北坡厂"): "-",
        told(ONE, "甲机械有限公司"): "A",
    },
    "spellings of one name are no agent's": {
        told(ONE, "甲机械"): "A",
        told(ONE, "甲机械（中国）有限公司"): "A",
        told(ONE, "甲机械集团"): "A",
        told(ONE, "老甲厂"): "A",
        told(ONE, "甲机械有限公司一厂"): "A",
    },
}


@pytest.mark.parametrize("case", CASES)
def test_a_code_beside_a_name_comes_first(case: str) -> None:
    wanted = {text.removeprefix("!"): firm for text, firm in CASES[case].items()}
    given = [("files", text) for text in wanted]

    for listed in itertools.permutations((A, B, C)):
        found = resolve(listed, given[::-1], identifying={"files": True})

        assert [found.ids[listed.index(row)] for row in (A, B, C)] == ["A", "B", "C"]
        meant = {text: found.meant["files", text] for text in wanted}
        for text, firm in wanted.items():
            if firm == "-":
                assert meant[text] not in ("A", "B", "C", ONE, TWO, THREE)
            else:
                assert meant[text] == firm
        disputed = {f"!{text}" for _, text in found.disputed}
        assert disputed == {text for text in CASES[case] if text.startswith("!")}


def test_names_that_do_not_identify_stay_so_beside_a_code() -> None:
    row = ListedFirm("cumcm", "E1", "***公司", None, (), identifies=False)
    given = [("cumcm", told(TWO, "***公司")), ("cumcm", "***公司")]

    found = resolve([row], given, identifying={"cumcm": False})

    assert found.meant["cumcm", told(TWO, "***公司")] == TWO
    assert found.meant["cumcm", "***公司"] not in (TWO, "E1")


@pytest.mark.parametrize("first", [TWO, "B"])
def test_a_person_says_whose_a_code_is(first: str) -> None:
    pair = ("B", TWO) if first == "B" else (TWO, "B")
    decision = Decision(1, "join", *pair, by="li", decided_at="2026-07-01")
    given = [("files", TWO), ("files", told(TWO, "丁电子有限公司"))]

    for texts in (given, given[:1]):
        found = resolve([B], texts, identifying={"files": True}, decisions=[decision])
        assert {found.meant[text] for text in texts} == {"B"}
