"""A description may say what tells the rows of a table apart, in versions too."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.ingestion.conftest import House
    from tests.ingestion.descriptions.conftest import Desk

BILLS = """
sets:
  bills: {files: '.*bills.*', header: [no, part, from, to, fen]}
tables:
- table: receivables
  from: bills
  key: [number, registry_id]
  columns: {number: no, registry_id: part, seller: from, buyer: to, amount: {from: fen, unit: fen},
    issued_on: {const: '2026-03-01'}, due_on: {const: '2026-09-01'}}
"""
HEAD = "no,part,from,to,fen\n"


def amounts(house: "House") -> list[tuple[str, int]]:
    rows = house.rows("receivables")
    return sorted((row["registry_id"] or "", row["amount_fen"]) for row in rows)


def test_rows_of_one_number_stand_side_by_side_and_are_replaced_by_the_whole_key(
    house: "House", desk: "Desk"
) -> None:
    desk.say(BILLS)
    house.write("bills.csv", f"{HEAD}B1,1-5,甲,乙,500\nB1,6-9,甲,乙,400\nB1,6-9,甲,乙,300\n")

    first = house.take("own")
    assert first.set_aside == {"replaced": 1}
    assert amounts(house) == [("1-5", 500), ("6-9", 300)]
    ids = {row["id"] for row in house.rows("receivables")}
    assert len(ids) == 2

    house.write("bills.csv", f"{HEAD}B1,1-5,甲,丙,50\nB1,10,甲,乙,1\n")
    house.take("own")
    assert amounts(house) == [("1-5", 50), ("10", 1), ("6-9", 300)]
    assert house.take("own").published is False


def test_a_key_that_is_shorter_than_the_form_s_replaces_whatever_its_ends_are(
    house: "House", desk: "Desk"
) -> None:
    desk.say(BILLS.replace("key: [number, registry_id]", "key: [number]"))
    house.write("bills.csv", f"{HEAD}B1,1,甲,乙,500\nB2,1,甲,乙,5\n")
    house.take("own")
    house.write("bills.csv", f"{HEAD}B1,1,丁,丙,50\n")
    house.take("own")

    assert amounts(house) == [("1", 5), ("1", 50)]


def test_a_row_whose_key_is_blank_is_missing_something(house: "House", desk: "Desk") -> None:
    desk.say(BILLS.replace("key: [number, registry_id]", "key: [registry_id]"))
    house.write("bills.csv", f"{HEAD}B1,,甲,乙,500\nB2,,甲,乙,5\nB3,7,甲,乙,6\n")

    assert house.take("own").set_aside == {"missing": 2}
    assert amounts(house) == [("7", 6)]


def test_another_source_keeps_the_key_of_the_form(house: "House", desk: "Desk") -> None:
    desk.say(BILLS)
    house.write("bills.csv", f"{HEAD}B1,1-5,甲,乙,500\nB1,6-9,甲,乙,400\n")
    house.take("own")
    head = "number,registry_id,seller,buyer,amount_fen,issued_on,due_on\n"
    rows = "C1,a,甲,乙,1,2026-03-01,2026-09-01\nC1,b,甲,乙,2,2026-03-01,2026-09-01\n"
    house.write("receivables.csv", head + rows)

    ended = house.take("files", house.inbox / "receivables.csv")

    assert ended.set_aside == {"replaced": 1}
    assert amounts(house) == [("1-5", 500), ("6-9", 400), ("b", 2)]
    (told,) = [row for row in house.rows("receivables") if row["number"] == "C1"]
    assert told["id"] == f"C1|{told['seller']}|{told['buyer']}"


INVOICES = """
sets:
  rows: {files: '.*', header: [no, part, from, to, fen]}
tables:
- table: invoices
  from: rows
  key: [goods]
  columns: {number: no, goods: part, seller: from, buyer: to, amount: {from: fen, unit: fen},
    issued_on: {const: '2026-03-01'}}
"""
VOUCHERS = (
    INVOICES.replace("invoices", "vouchers")
    .replace("[goods]", "[number, parent]")
    .replace("goods: part, seller: from, buyer: to", "parent: part, issuer: from, holder: to")
    .replace("issued_on:", "due_on: {const: '2026-09-01'}, issued_on:")
)


@pytest.mark.parametrize(
    ("text", "table", "amounts"), [(INVOICES, "trades", [9, 12]), (VOUCHERS, "vouchers", [5, 7, 9])]
)
def test_any_table_but_firms_takes_any_key(
    house: "House", desk: "Desk", text: str, table: str, amounts: list[int]
) -> None:
    desk.say(text)
    house.write("x.csv", f"{HEAD}N1,x,甲,乙,5\nN2,y,甲,乙,6\nN3,z,甲,乙,7\n")
    house.take("own")
    house.write("x.csv", f"{HEAD}N2,y,丁,乙,9\n")
    house.take("own")

    assert sorted(row["amount_fen"] for row in house.rows(table)) == amounts
    assert house.take("own").published is False
