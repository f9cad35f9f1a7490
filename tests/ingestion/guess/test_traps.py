"""Files with traps, from what is proposed for them to the facts that a check gives."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ingestion.guess import guess
from tests.ingestion.guess import formats
from tests.ingestion.guess.formats import CORE, EAST, NORTH, WEST
from tests.ingestion.guess.trying import tried

if TYPE_CHECKING:
    from tests.ingestion.conftest import House

Kept = Callable[[dict[str, Any]], Any]


def pair(fact: dict[str, Any]) -> tuple[str, str]:
    return fact["seller"]["name"], fact["buyer"]["name"]


def amounts(fact: dict[str, Any]) -> Any:
    return fact["amount_fen"]


TRAPS: list[tuple[Callable[[Path], None], Kept, list[Any], dict[str, int]]] = [
    (formats.units_of_sheets, amounts, [1234500, 300000], {}),
    (formats.orders_of_partners, pair, [(EAST[0], CORE[0]), (WEST[0], CORE[0])], {}),
    (formats.printed_list, amounts, [100000, 9999], {"left_out": 5}),
    (formats.blocks, lambda fact: fact["buyer"]["name"], [*[CORE[0]] * 3, NORTH[0]], {}),
    (formats.changing_sides, pair, [(CORE[0], NORTH[0]), (EAST[0], CORE[0])], {}),
    (formats.one_amount_two_ways, amounts, [-10000, 5000], {"left_out": 1}),
    (formats.tax_inside, amounts, [10000, 20000], {}),
    (formats.lines_of_json, lambda fact: fact["goods"], ["轴承；螺栓", "轴承；螺栓"], {}),
    (formats.batch_of_documents, pair, [(EAST[0], CORE[0]), (EAST[0], NORTH[0])], {}),
    (formats.sorted_flows, lambda fact: fact["kind"], ["trade", "trade", "tax"], {}),
    (formats.voided_by_a_flag, lambda fact: fact["number"], ["099001214000012345"], {"void": 1}),
    (formats.voided_bills, lambda fact: fact["status"], ["held"], {"void": 1}),
    (formats.lines_of_documents, pair, [(EAST[0], CORE[0])] * 2, {"left_out": 1}),
    (formats.overlapping_exports, amounts, [30000, 5000], {"duplicate": 2}),
    (formats.documents_of_another_norm, amounts, [10000, 20000, 11300, 22600], {}),
    (formats.short_names_and_attributes, amounts, [10000, 20000, 100, 200], {}),
    (formats.versions_of_documents, lambda fact: fact["number"], ["N1", "N2", "N3", "N4"], {}),
]


@pytest.mark.parametrize(("written", "kept", "wanted", "aside"), TRAPS)
def test_a_check_of_what_is_proposed_gives_the_facts(
    house: "House",
    tmp_path: Path,
    written: Callable[[Path], None],
    kept: Kept,
    wanted: list[Any],
    aside: dict[str, int],
) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    written(folder)

    said, facts = tried(house, folder)

    assert said["refused"] is None
    assert list(map(kept, facts)) == wanted
    assert said["set_aside"] == aside


def test_days_that_read_in_two_orders_are_a_question(tmp_path: Path) -> None:
    rows = [
        ["1", "02/09/2026", EAST[0], CORE[0], "1.00"],
        ["2", "03/09/2026", WEST[0], CORE[0], "2"],
    ]
    head = ["Invoice No.", "Invoice date", "Supplier", "Customer", "Net"]
    path = formats.text(tmp_path / "invoices.csv", [head, *rows])

    found = guess([path])

    assert any("is it dmy or mdy?" in question for question in found["proposals"][0]["todo"])
    assert "order: 'TODO: days in ''Invoice date''" in found["description"]


def test_what_holds_in_too_few_rows_is_doubted(tmp_path: Path) -> None:
    codes = [EAST[1], WEST[1], CORE[1], NORTH[1], "91990101MA0000A01X"]
    head = ["发票号码", "开票日期", "销方名称", "销方识别号", "购方名称", "金额"]
    rows = [
        [f"2699000000000000000{at}", "2026-07-01", f"第{at}公司", code, CORE[0], f"{at}.00"]
        for at, code in enumerate(codes)
    ]
    path = formats.text(tmp_path / "发票.csv", [head, *rows])

    [proposal] = guess([path])["proposals"]

    column = next(each for each in proposal["columns"] if each["column"] == "销方识别号")
    proof = next(each for each in column["evidence"] if each["kind"] == "check_characters")
    assert (proof["rows"], proof["of"], proof["doubtful"]) == (4, 5, True)
    assert any("check_characters holds in 4 of 5 rows" in each for each in proposal["todo"])
