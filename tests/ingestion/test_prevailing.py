"""Of several rows with one key: void takes back, what is told again replaces, once counts."""

from collections.abc import Callable
from typing import Any

import pytest

from ingestion.run import ImportOutcome
from tests.ingestion.conftest import FIRMS, House

Told = Callable[[ImportOutcome], list[dict[str, str]]]
INVOICES = "number,issued_on,seller,buyer,amount_yuan,status\n"
LISTED = FIRMS.replace(",core", "").replace(",true", "").replace(",false", "").replace("司,", "司")


def newest(house: House) -> int:
    now = house.store.current()
    return now.number if now else 0


# By table: header, one row and the same row changed, and what is read of the published row.
CHANGES: dict[str, tuple[str, str, str, Callable[[House], Any], Any]] = {
    "invoices": (
        INVOICES,
        "1,2026-01-05,S1,C1,10,\n",
        "1,2026-01-05,S1,C1,7,\n",
        lambda house: house.trades()["S1", "C1"],
        700,
    ),
    "orders": (
        "number,placed_on,seller,buyer,amount_yuan,delivered_on\n",
        "1,2026-01-05,S1,C1,10,2026-01-05\n",
        "1,2026-01-06,S1,C1,7,2026-01-07\n",
        lambda house: house.lake.orders(newest(house))["amount_fen"].to_pylist(),
        [700],
    ),
    "receivables": (
        "number,seller,buyer,amount_yuan,issued_on,due_on,status\n",
        "1,S1,C1,10,2026-01-05,2026-06-05,open\n",
        "1,S1,C1,10,2026-01-05,2026-06-05,confirmed\n",
        lambda house: [row["status"] for row in house.rows("receivables")],
        ["confirmed"],
    ),
    "vouchers": (
        "number,issuer,holder,amount_yuan,issued_on,due_on,status\n",
        "1,C1,S1,10,2026-01-05,2026-06-05,held\n",
        "1,C1,S2,10,2026-01-05,2026-06-05,held\n",
        lambda house: [row["holder"] for row in house.rows("vouchers")],
        ["S2"],
    ),
    "holdings": (
        "owner,owned,share,from\n",
        "C1,S1,0.2,2020-01-01\n",
        "C1,S1,0.4,2020-01-01\n",
        lambda house: [row["share"] for row in house.rows("holdings")],
        [0.4],
    ),
    "guarantees": (
        "guarantor,debtor,amount_yuan,from\n",
        "C1,S1,10,2020-01-01\n",
        "C1,S1,7,2020-01-01\n",
        lambda house: [row["amount_fen"] for row in house.rows("guarantees")],
        [700],
    ),
}
ORDERS = "number,placed_on,seller,buyer,amount_yuan,delivered_on,status\n"
INVOICES_OF_A_DAY = "1,2026-01-05,S1,C1,10,\n"


@pytest.fixture
def firms(house: House) -> House:
    house.write("firms.csv", LISTED)
    return house


@pytest.mark.parametrize("table", CHANGES)
def test_a_changed_row_replaces_what_stood_in_one_import_as_in_two(
    firms: House, table: str
) -> None:
    header, first, changed, read, wanted = CHANGES[table]
    firms.take()
    firms.take("files", firms.write(f"{table}_a.csv", header + first))
    firms.take("files", firms.write(f"{table}_b.csv", header + changed))
    assert read(firms) == wanted

    both = [firms.inbox / f"{table}_{at}.csv" for at in "ab"]
    outcome = firms.take("files", firms.inbox / "firms.csv", *both, replace=True)

    assert read(firms) == wanted
    assert outcome.set_aside == {"replaced": 1}
    assert outcome.rows == outcome.used + 1


@pytest.mark.parametrize("table", [table for table in CHANGES if table != "invoices"])
def test_of_rows_of_one_file_the_last_stands_also_when_it_says_the_first_again(
    firms: House, table: str
) -> None:
    header, first, changed, read, wanted = CHANGES[table]
    firms.write(f"{table}.csv", header + changed + first + changed)

    outcome = firms.take()

    assert read(firms) == wanted
    assert outcome.set_aside == {"duplicate": 1, "replaced": 1}


@pytest.mark.parametrize("order", ["valid first", "void first"])
@pytest.mark.parametrize("files", [1, 2])
def test_void_takes_back_its_key_wherever_it_stands_in_the_import(
    firms: House, told: Told, order: str, files: int
) -> None:
    rows = [INVOICES_OF_A_DAY, "1,2026/1/5,东湖零件有限公司,C1,10,作废\n"]
    rows = rows if order == "valid first" else rows[::-1]
    more = "2,2026-01-05,S1,C1,5,\n"
    texts = ["".join(rows) + more] if files == 1 else [rows[0], rows[1] + more]
    for at, text in enumerate(texts):
        firms.write(f"invoices_{at}.csv", INVOICES + text)

    outcome = firms.take()

    assert firms.trades() == {("S1", "C1"): 500}
    assert outcome.set_aside == {"void": 1, "voided": 1}
    assert {issue["value"] for issue in told(outcome) if issue["reason"] == "voided"} == {"1"}


@pytest.mark.parametrize(
    ("table", "valid", "void"),
    [
        ("invoices", INVOICES + INVOICES_OF_A_DAY, INVOICES + "1,2026-01-05,S1,C1,10,void\n"),
        (
            "orders",
            ORDERS + "1,2026-01-05,S1,C1,10,2026-01-05,\n",
            ORDERS + "1,2026-01-05,S1,C1,10,2026-01-05,已作废\n",
        ),
    ],
)
def test_void_takes_back_what_an_earlier_import_gave_until_it_is_delivered_again(
    firms: House, table: str, valid: str, void: str
) -> None:
    def count() -> int:
        return firms.lake.view(newest(firms)).frame(table, ["number"]).height

    one, other = firms.write(f"{table}_1.csv", valid), firms.write(f"{table}_2.csv", void)
    firms.take("files", firms.inbox / "firms.csv", one)
    assert count() == 1

    outcome = firms.take("files", other)
    assert (outcome.published, outcome.used, outcome.set_aside) == (True, 0, {"void": 1})
    assert count() == 0
    assert not firms.take("files", other).published

    firms.take("files", one)
    assert count() == 1


def test_void_of_what_was_never_seen_and_of_another_source_changes_nothing(firms: House) -> None:
    firms.write("invoices.csv", INVOICES + INVOICES_OF_A_DAY)
    firms.take()
    before = firms.trades()
    never = firms.write("invoices_2.csv", INVOICES + "9,2026-01-05,S1,C1,10,void\n")
    same = firms.write(
        "invoices_3.csv", INVOICES + "1,2026-01-05,S1,C1,10,void\n2,2026-01-05,S1,C1,1,\n"
    )

    firms.take("files", never)
    assert firms.trades() == before
    firms.take("demo", same)
    assert firms.trades() == {("S1", "C1"): 1100}


def test_what_two_sources_tell_counts_once_and_is_noted(firms: House) -> None:
    firms.write("invoices.csv", INVOICES + INVOICES_OF_A_DAY)
    firms.take()
    other = firms.write("invoices_2.csv", INVOICES + INVOICES_OF_A_DAY + "2,2026-01-05,S1,C1,1,\n")

    outcome = firms.take("demo", other)

    assert outcome.notes == ("invoices: 1 are told by source files too: each counts once",)
    assert outcome.set_aside == {"told_elsewhere": 1}
    assert firms.trades() == {("S1", "C1"): 1100}


def test_a_void_receivable_stands_in_place_of_the_others(firms: House) -> None:
    header, first, changed, _, _ = CHANGES["receivables"]
    void = first.replace("open", "void")
    firms.write("receivables.csv", header + void + changed)

    outcome = firms.take()

    assert [row["status"] for row in firms.rows("receivables")] == ["void"]
    assert outcome.set_aside == {"voided": 1}


BY_SELLER = "number,issued_on,seller,buyer,amount_yuan,tax_yuan\n1,2026-01-05,S1,C1,10,1.3\n"
BY_BUYER = "number,issued_on,seller,buyer,amount_yuan\n1,2026-01-05,东湖零件有限公司,C1,10\n"


@pytest.mark.parametrize("order", [(BY_SELLER, BY_BUYER), (BY_BUYER, BY_SELLER)])
def test_an_invoice_told_by_both_ends_counts_once_in_one_import_or_two(
    firms: House, order: tuple[str, str]
) -> None:
    one, other = (
        firms.write(f"invoices_{at}.csv", text) for at, text in zip("ab", order, strict=True)
    )
    together = firms.take("files", firms.inbox / "firms.csv", one, other)
    first = firms.rows("trades")
    firms.take("files", firms.inbox / "firms.csv", one, replace=True)
    second = firms.take("files", other)

    assert first == firms.rows("trades")
    assert (first[0]["amount_fen"], first[0]["count"]) == (1000, 1)
    assert firms.lake.invoices_of(newest(firms), "S1", "C1")["tax_fen"].to_list() == [130]
    assert second.notes == ()
    assert together.set_aside == {"told_twice": 1}
    fuller = order[0] == BY_BUYER  # The seller's rows have a tax: they replace the buyer's.
    assert second.set_aside == ({} if fuller else {"told_twice": 1})
    again = firms.take("files", one, other)
    assert not again.published
    assert firms.rows("trades") == first


def test_lines_of_one_end_agree_with_the_sum_of_the_other(firms: House) -> None:
    firms.write("invoices_a.csv", BY_SELLER + "1,2026-01-05,S1,C1,30,3.9\n")
    firms.write("invoices_b.csv", BY_BUYER.replace(",10\n", ",40\n"))

    outcome = firms.take()

    assert firms.trades() == {("S1", "C1"): 4000}
    assert outcome.set_aside == {"told_twice": 1}


def test_ends_that_disagree_are_told_and_the_last_counts(firms: House) -> None:
    one = firms.write("invoices_a.csv", BY_SELLER)
    other = firms.write("invoices_b.csv", BY_BUYER.replace(",10\n", ",9\n"))

    outcome = firms.take()
    assert outcome.set_aside == {"told_otherwise": 1}
    assert firms.trades() == {("S1", "C1"): 900}

    firms.take("files", firms.inbox / "firms.csv", one, replace=True)
    second = firms.take("files", other)
    assert firms.trades() == {("S1", "C1"): 900}
    assert [note for note in second.notes if "with other amounts by their other end" in note]


def test_a_file_delivered_again_with_one_line_changed_keeps_the_other_lines(firms: House) -> None:
    line = "1,2026-01-05,S1,C1,{},\n"
    firms.write("invoices_a.csv", INVOICES + line.format(10) + line.format(20))
    firms.write("invoices_b.csv", INVOICES + line.format(10) + line.format(25))

    outcome = firms.take()

    assert firms.trades() == {("S1", "C1"): 3500}
    assert outcome.set_aside == {"duplicate": 1, "replaced": 1}


@pytest.mark.parametrize(
    ("goods", "told"), [(("钢材", "钢材"), 1), (("钢材", "铜材"), 0), (("", ""), 0)]
)
def test_equal_invoices_of_two_numbers_both_count_and_are_noted(
    firms: House, goods: tuple[str, str], told: int
) -> None:
    rows = [f"{at},2026-01-05,S1,C1,10,{each}\n" for at, each in enumerate(goods)]
    firms.write("invoices.csv", "number,issued_on,seller,buyer,amount_yuan,goods\n" + "".join(rows))

    outcome = firms.take()

    assert firms.trades() == {("S1", "C1"): 2000}
    assert len([note for note in outcome.notes if "under another number" in note]) == told


LINED = "number,issued_on,seller,buyer,amount_yuan,goods,行号\n"
# Files of one invoice, as goods, line number and amount of each row; and what counts of them.
LINES: dict[str, tuple[list[list[tuple[str, str, int]]], int, dict[str, int]]] = {
    "other goods": ([[("钢材", "", 10)], [("铜材", "", 20)]], 30, {}),
    "other numbers": ([[("钢材", "1", 10)], [("钢材", "2", 20)]], 30, {}),
    "a line told again": (
        [[("钢材", "", 10), ("铜材", "", 20)], [("铜 材", "", 25)]],
        35,
        {"replaced": 1},
    ),
    "two lines of the same goods in a file": (
        [[("钢材", "", 10), ("钢材", "", 20)], [("铜材", "", 5)]],
        35,
        {},
    ),
    "the whole after its lines": (
        [[("钢材", "", 10), ("铜材", "", 20)], [("", "", 30)]],
        30,
        {"replaced": 2},
    ),
    "the whole before its lines": (
        [[("", "", 30)], [("钢材", "", 10), ("铜材", "", 20)]],
        30,
        {"replaced": 1},
    ),
    "equal lines with numbers": ([[("钢材", "1", 10), ("钢材", "2", 10)]], 20, {}),
}


@pytest.mark.parametrize("case", LINES)
@pytest.mark.parametrize("code", ["", "91350100M000100Y43"])
def test_lines_that_are_split_over_files_are_added_up(firms: House, case: str, code: str) -> None:
    files, amount_yuan, set_aside = LINES[case]
    for at, rows in enumerate(files):
        head = LINED if at == 0 else LINED.replace("number,", "number,seller_code,", 1)
        beside = "" if at == 0 else f"{code},"
        text = [f"1,{beside}2026-01-05,S1,C1,{yuan},{what},{no}\n" for what, no, yuan in rows]
        firms.write(f"invoices_{at}.csv", head + "".join(text))

    outcome = firms.take()

    assert firms.trades() == {("S1", "C1"): 100 * amount_yuan}
    assert outcome.set_aside == set_aside
    assert not firms.take().published


def test_the_other_end_may_tell_the_sum_of_lines_split_over_files(firms: House) -> None:
    firms.write("invoices_1.csv", LINED + "1,2026-01-05,S1,C1,10,钢材,\n")
    firms.write("invoices_2.csv", LINED + "1,2026-01-05,S1,C1,20,铜材,\n")
    firms.write("invoices_3.csv", LINED + "1,2026-01-05,东湖零件有限公司,C1,30,,\n")

    assert firms.take().set_aside == {"told_twice": 1}
    assert firms.trades() == {("S1", "C1"): 3000}
