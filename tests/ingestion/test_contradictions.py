"""Rows that contradict themselves are named by reason; what real books hold is used."""

from collections.abc import Callable

import pytest

from ingestion.run import ImportOutcome
from tests.ingestion.conftest import FIRMS, House

Told = Callable[[ImportOutcome], list[dict[str, str]]]
HEADERS = {
    "invoices": "number,issued_on,seller,buyer,amount_yuan,tax_yuan,total_yuan,kind",
    "orders": "number,placed_on,seller,buyer,amount_yuan,delivered_on",
    "receivables": "number,seller,buyer,amount_yuan,issued_on,due_on,confirmed_on,paid_on",
    "vouchers": "number,issuer,holder,amount_yuan,issued_on,due_on,parent",
    "holdings": "owner,owned,share,from,to",
    "guarantees": "guarantor,debtor,amount_yuan,from,to",
}
SOUND = {
    "invoices": [
        "1,2026-01-05,S1,C1,100,13,113,",
        "2,2026-01-05,S1,C1,100,13,112.95,",
        "3,2026-01-05,S1,C1,100,,90,",
        "4,2026-01-05,S1,C1,-100,-13,-113,red",
        "5,2026-01-05,S1,C1,100,13,-113,red",
        "6,2026-01-05,S1,C1,100,13,,",
    ],
    "orders": ["1,2026-01-05,S1,C1,10,2025-12-31"],
    "receivables": [
        "1,S1,C1,10,2026-01-05,2026-01-05,2026-01-05,2026-01-05",
        "11,S1,C1,10,2026-01-05,2026-06-05,2026-01-04,2026-01-04",
    ],
    "vouchers": [
        "1,C1,C1,10,2026-01-05,2026-06-05,",
        "2,C1,S1,5,2026-01-05,2026-06-05,1",
        "3,C1,S1,5,2026-01-05,2026-06-05,2",
    ],
    "holdings": ["C1,S1,1,2020-01-01,2020-01-01", "C1,S2,0,,2020-01-01"],
    "guarantees": ["C1,S1,10,2020-01-01,"],
}
WRONG = {
    ("invoices", "total_differs"): ["7,2026-01-05,S1,C1,100,13,112.94,"],
    ("invoices", "placeholder"): ["8,2026-01-05,无,C1,100,,,", "-,2026-01-05,S1,C1,100,,,"],
    ("invoices", "self_trade"): ["9,2026-01-05,S1,东湖零件有限公司,100,,,"],
    ("receivables", "due_before_issued"): ["2,S1,C1,10,2026-01-05,2026-01-04,,"],
    ("receivables", "placeholder"): ["5,S1,000000,10,2026-01-05,2026-06-05,,"],
    ("receivables", "bad_amount"): ["6,S1,C1,-10,2026-01-05,2026-06-05,,"],
    ("vouchers", "due_before_issued"): ["4,C1,S1,10,2026-01-05,2025-06-05,"],
    ("vouchers", "own_parent"): [
        "5,C1,S1,10,2026-01-05,2026-06-05,5",
        "6,C1,S1,10,2026-01-05,2026-06-05,7",
        "7,云栖整机股份有限公司,S1,10,2026-01-05,2026-06-05,6",
    ],
    ("holdings", "ends_before_begins"): ["S1,S2,0.5,2020-01-02,2020-01-01"],
    ("holdings", "bad_number"): ["S2,S1,1.01,,"],
    ("holdings", "self_trade"): ["S2,S2,0.5,,"],
    ("guarantees", "ends_before_begins"): ["S1,S2,10,2020-01-02,2020-01-01"],
    ("guarantees", "self_trade"): ["S1,S1,10,,"],
}


@pytest.fixture
def firms(house: House) -> House:
    house.write("firms.csv", FIRMS)
    return house


@pytest.mark.parametrize("table", SOUND)
def test_what_real_books_hold_is_used(firms: House, table: str) -> None:
    firms.write(f"{table}.csv", "\n".join([HEADERS[table], *SOUND[table]]) + "\n")

    outcome = firms.take()

    assert outcome.set_aside == {}
    notes = [note for note in outcome.notes if note.endswith("; they count")]
    assert len(notes) == {"orders": 1, "receivables": 2}.get(table, 0)


@pytest.mark.parametrize(("table", "reason"), WRONG)
def test_a_contradiction_is_named_and_the_others_are_used(
    firms: House, told: Told, table: str, reason: str
) -> None:
    wrong = WRONG[table, reason]
    firms.write(f"{table}.csv", "\n".join([HEADERS[table], *SOUND[table], *wrong]) + "\n")

    outcome = firms.take()

    assert outcome.set_aside == {reason: len(wrong)}
    assert [issue["line"] for issue in told(outcome)] == [
        str(len(SOUND[table]) + 2 + at) for at in range(len(wrong))
    ]


def test_a_filler_is_no_id_of_a_firm(firms: House) -> None:
    firms.write("firms_more.csv", "firm,name\nNULL,零号机械有限公司\n无,某厂\n")
    firms.write(
        "invoices.csv",
        f"{HEADERS['invoices']}\n1,2026-01-05,NULL,C1,100,,,\n2,2026-01-05,S1,C1,1,,,\n",
    )

    assert firms.take().set_aside == {"placeholder": 3}
    assert firms.trades() == {("S1", "C1"): 100}


def test_no_firm_has_the_id_that_addresses_keep(firms: House, told: Told) -> None:
    firms.write("firms_more.csv", "firm,name\nown,自营机械有限公司\nOWN,欧文机械有限公司\n")
    firms.write(
        "invoices.csv",
        f"{HEADERS['invoices']}\nown,2026-01-05,own,C1,100,,,\nown,2026-01-06,OWN,C1,1,,,\n",
    )

    outcome = firms.take()

    assert outcome.set_aside == {"reserved": 2}
    assert {(each["column"], each["value"]) for each in told(outcome)} == {
        ("firm", "own"),
        ("seller", "own"),
    }
    assert firms.trades() == {("OWN", "C1"): 100}


def test_a_statement_below_the_trades_inside_is_noted(house: House) -> None:
    house.write("firms.csv", "firm,name,revenue_yuan,cost_yuan\nS1,甲,89,\nC1,乙,,91\nS2,丙,91,1\n")
    rows = "1,2026-01-05,S1,C1,100,,,\n2,2026-01-05,S2,S3,100,,,\n"
    house.write("invoices.csv", f"{HEADERS['invoices']}\n{rows}")

    (note,) = house.take().notes

    assert note.startswith("firms: 1 state a revenue a tenth or more below what they trade inside")


def test_what_is_no_credit_code_is_noted_with_its_line(firms: House) -> None:
    firms.write("firms_more.csv", "firm,name,uscc\nX1,甲乙厂,91350100M000100Y43\nX2,丙丁厂,无\n")
    firms.write("invoices.csv", f"{HEADERS['invoices']}\n1,2026-01-05,X1,X2,100,,,\n")

    (note,) = firms.take().notes
    assert note.startswith("firms: 1 rows hold no credit code in uscc, ")
    assert "the first in firms_more.csv line 3: what stands there identifies nobody" in note
