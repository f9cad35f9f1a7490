"""What is proposed for files of different kinds."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ingestion.forms import form
from ingestion.guess import guess
from tests.ingestion.guess import formats
from tests.ingestion.guess.formats import CORE, EAST, WEST
from tests.ingestion.guess.trying import tried

if TYPE_CHECKING:
    from tests.ingestion.conftest import House

CASES = Path(__file__).parents[3].parent / "shared" / "cases" / "sources"
NAMES = sorted(path.name for path in CASES.iterdir() if path.is_dir()) if CASES.is_dir() else []


def meant(proposal: dict[str, Any]) -> dict[str, str]:
    return {each["column"]: each["as"] for each in proposal["columns"] if each["as"]}


def strange(proposal: dict[str, Any]) -> list[str]:
    """Return the meanings that are no column of the table, nor a part of one."""
    known = {*form(proposal["table"]).columns, *form(proposal["table"]).parts}
    return [
        said
        for said in meant(proposal).values()
        if said.removeprefix("firms ").removesuffix(" code").removesuffix(" name") not in known
        and not said.startswith("firms ")
    ]


def proofs(proposal: dict[str, Any], column: str) -> dict[str, tuple[int, int]]:
    found = next(each for each in proposal["columns"] if each["column"] == column)
    return {each["kind"]: (each["rows"], each["of"]) for each in found["evidence"]}


@pytest.mark.parametrize("name", NAMES)
def test_each_case_is_guessed_as_a_person_asked_and_reads_as_one_counted(
    house: "House", name: str
) -> None:
    wanted = json.loads((CASES / name / "expected.json").read_text(encoding="utf-8"))
    if "guess" not in wanted:
        pytest.skip("nothing is asked of it")
    files = [path for path in (CASES / name).iterdir() if path.name != "expected.json"]
    owner, asked = wanted.get("given", {}).get("owner"), wanted["guess"]

    found = guess(files)
    first = found["proposals"][0]
    unknown = owner if asked.get("owner", owner) is None else None
    said, facts = tried(house, *files, proposed=found["description"], owner=unknown)

    assert first["table"] == asked["table"]
    assert first.get("sheet") == asked["sheet"] if "sheet" in asked else True
    lines = [asked["header_row"]] if "header_row" in asked else asked.get("header_rows")
    assert first["header_lines"] == (lines or first["header_lines"])
    if "owner" in asked:
        told = first["owner"] and {
            k: v for k, v in first["owner"].items() if k not in ("why", "label")
        }
        assert told == asked["owner"]
    if "asks" in asked:
        assert any("who owns the file" in question for question in first["todo"])
    assert asked.get("columns", {}).items() <= meant(first).items()
    assert strange(first) == []
    counts = ("rows", "used", "set_aside")
    assert {key: said[key] for key in counts} == {key: wanted[key] for key in counts}
    assert len(facts) == sum(map(len, wanted["tables"].values()))


def test_open_items_of_a_german_ledger_are_receivables_of_the_firm_above(
    house: "House", tmp_path: Path
) -> None:
    path = formats.open_items(tmp_path / "OPOS_2026.csv")

    [proposal] = guess([path])["proposals"]
    said, facts = tried(house, path)

    assert (proposal["table"], proposal["header_lines"]) == ("receivables", [2])
    assert proposal["owner"]["name"] == "Beispiel Maschinenbau GmbH"
    assert proofs(proposal, "Betrag")["sum_of_totals"] == (1, 1)
    assert proofs(proposal, "Fälligkeit")["day_order"] == (3, 3)
    assert (said["refused"], said["used"], said["set_aside"]) == (None, 3, {"left_out": 1})
    assert facts[0] == {
        "number": "900001",
        "seller": {"name": "Beispiel Maschinenbau GmbH"},
        "buyer": {"name": "Nordbau GmbH"},
        "amount_fen": 123456,
        "issued_on": "2026-08-03",
        "due_on": "2026-09-02",
        "status": "open",
    }


def test_days_with_the_month_first_and_the_owner_in_every_row_are_found(
    house: "House", tmp_path: Path
) -> None:
    path = formats.invoices_out(tmp_path / "sales.csv")

    [proposal] = guess([path])["proposals"]
    said, facts = tried(house, path)

    assert proposal["owner"]["name"] == EAST[0]
    assert proposal["owner_why"] == {
        "zh": "3 行中有 3 行以其为 销方或购方",
        "en": "it is seller or buyer in 3 of 3 rows",
    }
    assert proofs(proposal, "VAT")["amount_tax_total"] == (3, 3)
    assert (said["refused"], said["used"]) == (None, 3)
    assert [fact["issued_on"] for fact in facts] == ["2026-07-03", "2026-07-25", "2026-08-04"]
    assert facts[0]["buyer"] == {"name": CORE[0], "code": CORE[1]}


def test_arithmetic_stands_above_the_words_of_headers(tmp_path: Path) -> None:
    path = formats.text(
        tmp_path / "发票.csv",
        [
            ["发票号码", "开票日期", "销方名称", "购方名称", "金额", "税额", "合计金额"],
            ["26990000000000000001", "2026-07-01", EAST[0], CORE[0], "113.00", "13.00", "100.00"],
            ["26990000000000000002", "2026-07-02", WEST[0], CORE[0], "226.00", "26.00", "200.00"],
        ],
    )

    found = meant(guess([path])["proposals"][0])

    assert (found["金额"], found["税额"], found["合计金额"]) == ("total", "tax", "amount")


def test_units_in_headers_and_the_owner_above_them_are_read(house: "House", tmp_path: Path) -> None:
    path = formats.invoices_in(tmp_path / "进项发票_202607.xlsx")

    [proposal] = guess([path])["proposals"]
    said, facts = tried(house, path)

    assert proposal["owner"]["name"] == CORE[0]
    assert said["refused"] is None
    assert said["set_aside"] == {"left_out": 1, "void": 1}
    assert [(fact["number"], fact["amount_fen"]) for fact in facts] == [
        ("099001214000012345", 1200000),
        ("099001214100000017", 3000000),
    ]
    assert {fact["buyer"]["name"] for fact in facts} == {CORE[0]}


def test_what_is_still_open_counts_where_a_ledger_tells_face_and_payments(
    house: "House", tmp_path: Path
) -> None:
    path = formats.ledger(tmp_path / "应收.xlsx")

    [proposal] = guess([path])["proposals"]
    said, facts = tried(house, path)

    assert proposal["owner"]["name"] == EAST[0]
    assert proofs(proposal, "未收金额")["face_paid_open"] == (3, 3)
    assert (said["used"], said["set_aside"]) == (2, {"left_out": 2})
    assert [fact["amount_fen"] for fact in facts] == [60000, 50000]


def test_what_cannot_be_read_is_named_and_nothing_is_proposed(tmp_path: Path) -> None:
    (tmp_path / "broken.xlsx").write_bytes(b"PK\x03\x04 nothing")
    (tmp_path / "notes.pdf").write_bytes(b"%PDF-1.7")
    (tmp_path / "empty.csv").write_bytes(b"")
    (tmp_path / "bomb.xml").write_text("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>")

    found = guess([tmp_path])

    assert (found["proposals"], found["description"]) == ([], "")
    assert sorted(each["path"] for each in found["not_read"]) == [
        "bomb.xml", "broken.xlsx", "empty.csv", "notes.pdf"
    ]  # fmt: skip
    assert all(each["why"] for each in found["not_read"])
