"""What cannot all be true is told with the first of its kind; nothing is left out for it."""

import datetime as dt
from random import Random

import pytest

from ingestion.circles import in_circles
from tests.ingestion.conftest import FIRMS, House
from tests.ingestion.resolve.test_told import ONE, TWO

VOUCHERS = "number,issuer,holder,amount_yuan,issued_on,due_on,parent\n"
HOLDINGS = "owner,owned,share,kind,from,to\n"
INVOICES = "number,issued_on,seller,buyer,amount_yuan\n"


def voucher(number: int, yuan: int, parent: object = "") -> str:
    return f"{number},C1,S1,{yuan},2026-01-05,2026-06-05,{parent}\n"


# By case: the table's files, one an import, and the codes and first names of the last one's notes.
CASES: dict[str, tuple[str, list[str], list[tuple[str, str]]]] = {
    "parts that make their face": (
        "vouchers",
        [VOUCHERS + voucher(1, 10) + voucher(2, 6, 1) + voucher(3, 4, 1)],
        [],
    ),
    "parts above their face": (
        "vouchers",
        [VOUCHERS + voucher(1, 10), VOUCHERS + voucher(2, 6, 1) + voucher(3, 5, 1)],
        [("split_above_face", "is 1")],
    ),
    "a parent that nobody gave": (
        "vouchers",
        [VOUCHERS + voucher(2, 6, 9)],
        [("parent_unknown", "is 9")],
    ),
    "a circle over two imports": (
        "vouchers",
        [VOUCHERS + voucher(1, 10, 2), VOUCHERS + voucher(2, 10, 1)],
        [("split_in_circles", "is 1")],
    ),
    "shares of one": ("holdings", [HOLDINGS + "S1,C1,0.7,,,\nS2,C1,0.3,,,\n"], []),
    "shares above one": (
        "holdings",
        [HOLDINGS + "S1,C1,0.7,,,\n", HOLDINGS + "S2,C1,0.31,,,\n"],
        [("shares_above_one", "is C1")],
    ),
    "shares of which one has ended": (
        "holdings",
        [
            HOLDINGS
            + "S1,C1,0.7,,2020-01-01,2021-01-01\nS2,C1,0.7,,2021-01-02,\nS1,C1,1,control,,\n"
        ],
        [],
    ),
    "firms that own each other": (
        "holdings",
        [HOLDINGS + "S1,C1,0.1,,,\nC1,S2,0.1,,,\nS2,S1,0.1,,,\n"],
        [("holdings_in_circles", "3 firms")],
    ),
    "a number for two buyers": (
        "invoices",
        [INVOICES + "1,2026-01-05,S1,C1,10\n", INVOICES + "1,2026-01-05,S1,S2,10\n"],
        [("number_again", "is 1")],
    ),
    "a number on two days": (
        "invoices",
        [INVOICES + "1,2026-01-05,S1,C1,10\n1,2026-01-06,S1,C1,10\n"],
        [("number_again", "is 1")],
    ),
    "an old number without its code": (
        "invoices",
        [INVOICES + "00123456,2026-01-05,S1,C1,10\n00123456,2026-01-06,S1,C1,10\n"],
        [],
    ),
    "a number of two sellers": (
        "invoices",
        [INVOICES + "1,2026-01-05,S1,C1,10\n1,2026-01-05,S2,C1,10\n"],
        [],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_rows_that_cannot_all_be_true_are_told(house: House, case: str) -> None:
    table, texts, wanted = CASES[case]
    house.take("files", house.write("firms.csv", FIRMS))

    for at, text in enumerate(texts):
        outcome = house.take("files", house.write(f"{table}_{at}.csv", text))

    assert outcome.set_aside == {}
    assert [note.code for note in outcome.notes] == [code for code, _ in wanted]
    assert all(named in note for note, (_, named) in zip(outcome.notes, wanted, strict=True))


def test_a_circle_of_any_length_is_found() -> None:
    random = Random(1)
    names = list(range(5_000))
    random.shuffle(names)
    circle = dict(zip(names, names[1:] + names[:1], strict=True))

    assert in_circles(circle) == set(names)
    assert in_circles({**circle, -1: 0, -2: -1}) == set(names)
    del circle[names[7]]
    assert in_circles(circle) == set()


def test_firms_that_are_one_by_their_code_alone_are_told(house: House) -> None:
    rows = f"A,甲机械厂,{ONE}\nB,乙零件厂,{ONE}\nD,甲机械,{ONE}\n"
    house.write("firms.csv", f"firm,name,uscc\n{rows}")

    (note,) = house.take().notes

    assert note.code == "one_code"
    assert "firms: 1 have the credit code of another" in note
    assert "the first are A and B" in note


def test_a_name_of_two_firms_is_told_with_its_line(house: House) -> None:
    house.write("firms.csv", f"firm,name,uscc\nA,甲机械厂,{ONE}\nB,甲机械厂,{TWO}\nC,丙材料厂,\n")
    rows = "1,2026-01-05,A,C,10\n2,2026-01-05,甲机械厂,C,10\n"
    house.write("invoices.csv", f"{INVOICES}{rows}")

    (note,) = house.take().notes

    assert note.code == "name_of_several"
    assert "the first in invoices.csv line 3" in note
    assert house.trades()["A", "C"] == 1000


def test_the_list_of_issues_is_named_by_the_banks_day(house: House) -> None:
    house.write("firms.csv", FIRMS)
    night = dt.datetime(2026, 7, 1, 22, 30, tzinfo=dt.UTC)

    assert house.take(now=night).issues.name == "files-20260702T063000-1.csv"
