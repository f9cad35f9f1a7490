"""Amounts in another currency are left out, counted by it, and weigh on nothing."""

from collections.abc import Callable

import pytest

from ingestion.cli import described
from ingestion.errors import ImportRefused
from ingestion.fields.currencies import currency
from ingestion.forms import CURRENCY, forms
from ingestion.run import ImportOutcome
from tests.ingestion.conftest import FIRMS, House

Told = Callable[[ImportOutcome], list[dict[str, str]]]
HEAD = "number,issued_on,seller,buyer,amount_yuan,status,币种\n"


@pytest.fixture
def firms(house: House) -> House:
    house.write("firms.csv", FIRMS)
    return house


@pytest.mark.parametrize("name", forms())
def test_every_table_with_money_may_name_its_currency(name: str) -> None:
    money = any(column.kind == "money" for column in forms()[name].columns.values())

    assert (CURRENCY in forms()[name].parts) == money
    assert (forms()[name].named(" 币 种 ") is not None) == money
    assert (forms()[name].named("Currency") is not None) == money


@pytest.mark.parametrize(
    ("code", "words"),
    {
        "CNY": ["cny", " RMB ", "156", "人民币", "人民币(元)", "¥", "￥", "元"],
        "USD": ["Usd", "ＵＳＤ", "840", "美元", "US$"],
        "HKD": ["港币", "344"],
        "XYZ": ["xyz"],
        None: ["12.50", "无", "US", "dollars", "-", "1560"],
    }.items(),
)
def test_currencies_go_by_code_number_and_name(code: str | None, words: list[str]) -> None:
    assert {currency(word) for word in words} == {code}


def test_rows_in_other_currencies_are_left_out_and_counted(firms: House, told: Told) -> None:
    rows = [
        "1,2026-01-05,S1,C1,10,,",
        "2,2026-01-05,S1,C1,20,,人民币",
        "3,2026-01-05,S1,C1,30,,rmb",
    ]
    rows += [f"{number},2026-01-05,S1,C1,1000,,美元" for number in range(4, 60)]
    rows += ["60,2026-01-05,S1,C1,7,,港币", "60,2026-01-05,S1,C1,7,,港币"]
    firms.write("invoices.csv", HEAD + "\n".join(rows) + "\n")

    outcome = firms.take()

    assert outcome.set_aside == {"left_out": 58}
    assert outcome.document()["currencies"] == {"HKD": 2, "USD": 56}
    assert "left out in USD: 56" in described(outcome)
    assert firms.trades() == {("S1", "C1"): 6000}
    issue = told(outcome)[0]
    assert (issue["line"], issue["column"], issue["value"]) == ("5", "currency", "USD")


def test_what_is_left_out_takes_nothing_back_and_repeats_nothing(firms: House) -> None:
    firms.write("invoices.csv", HEAD + "1,2026-01-05,S1,C1,10,,\n1,2026-01-05,S1,C1,10,void,USD\n")

    assert firms.take().set_aside == {"left_out": 1}
    assert firms.trades() == {("S1", "C1"): 1000}


def test_the_home_currency_by_another_name_is_the_same_row_again(firms: House) -> None:
    firms.write("invoices.csv", HEAD + "1,2026-01-05,S1,C1,10,,CNY\n1,2026-01-05,S1,C1,10,,\n")

    outcome = firms.take()
    assert (outcome.set_aside, outcome.document()["currencies"]) == ({"duplicate": 1}, {})
    firms.write("invoices.csv", HEAD + "1,2026-01-05,S1,C1,10,,人民币\n")
    assert not firms.take().published


def test_what_is_no_currency_counts_as_wrong(firms: House, told: Told) -> None:
    firms.write("invoices.csv", HEAD + "1,2026-01-05,S1,C1,10,,\n2,2026-01-05,S1,C1,10,,12.5\n")

    outcome = firms.take()

    assert outcome.set_aside == {"unknown_word": 1}
    assert [(i["line"], i["column"], i["value"]) for i in told(outcome)] == [("3", "币种", "12.5")]


def test_an_import_all_in_other_currencies_publishes_nothing(house: House) -> None:
    house.write("invoices.csv", HEAD + "1,2026-01-05,S1,C1,10,,EUR\n")

    with pytest.raises(ImportRefused, match="not one row can be used"):
        house.take()


@pytest.mark.parametrize(
    ("table", "text"),
    {
        "firms": "firm,name,capital_yuan,currency\nS1,甲,5,USD\nS2,乙,5,\n",
        "orders": "number,placed_on,seller,buyer,amount_yuan,currency\n1,2026-01-05,S1,C1,5,USD\n",
        "receivables": "number,seller,buyer,amount_yuan,issued_on,due_on,币别\n"
        "1,S1,C1,5,2026-01-05,2026-06-05,USD\n",
        "vouchers": "number,issuer,holder,amount_yuan,issued_on,due_on,currency\n"
        "1,C1,S1,5,2026-01-05,2026-06-05,USD\n",
        "guarantees": "guarantor,debtor,amount_yuan,currency\nC1,S1,5,USD\n",
        "events": "firm,happened_on,kind,amount_yuan,currency\nS1,2026-01-05,fire,5,USD\n",
    }.items(),
)
def test_no_table_takes_money_in_another_currency(house: House, table: str, text: str) -> None:
    house.write("invoices.csv", HEAD + "1,2026-01-05,S1,C1,10,,\n")
    house.write(f"{table}.csv", text)

    outcome = house.take()

    assert (outcome.set_aside, outcome.currencies) == ({"left_out": 1}, {"USD": 1})
