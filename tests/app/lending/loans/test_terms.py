"""What is a loan and what is not, and on which days its rows are due."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from app.books.errors import RuleBroken
from app.lending.loans.advancing import advance, draw
from app.lending.loans.rules import CLASSES
from app.lending.loans.schedule import schedule
from app.lending.loans.terms import proceeds_fen, working_day
from tests.app.lending.loans.making import RULES, loan, on, owed_on, rows, rules, terms

USUAL: dict[str, Any] = {
    "repayment": "equal_principal",
    "amount_fen": 1_000_000,
    "rate": "0.05",
    "drawn": "2026-01-15",
    "months": 6,
}


def days_due(**changed: Any) -> list[str]:
    bank = rules(days_off=changed.pop("days_off", frozenset()))
    return [row[0] for row in rows(schedule(terms(**USUAL | changed), bank))]


@pytest.mark.parametrize(
    ("named", "changed"),
    [
        ("amount_fen", {"amount_fen": 0}),
        ("amount_fen", {"amount_fen": 2**63}),
        ("amount_fen", {"amount_fen": True}),
        ("amount_fen", {"amount_fen": 1000.0}),
        ("rate", {"rate": "-0.01"}),
        ("rate", {"rate": "1.01"}),
        ("rate", {"rate": "NaN"}),
        ("rate", {"rate": "0.0000000000001"}),
        ("repayment", {"repayment": "balloon"}),
        ("tenor", {"months": None}),
        ("tenor", {"months": 0}),
        ("tenor", {"months": 361}),
        ("tenor", {"months": None, "days": 90}),
        ("tenor", {"days": 90}),
        ("tenor", {"repayment": "bullet", "days": 90}),
        ("tenor", {"repayment": "bullet", "months": None, "days": 0}),
        ("settle_day", {"settle_day": 0}),
        ("settle_day", {"settle_day": 32}),
        ("settle_day", {"repayment": "bullet", "settle_day": 20}),
        ("day_base", {"day_base": 12}),
        ("penalty_factor", {"penalty_factor": Decimal("0.5")}),
        ("grace_days", {"grace_days": -1}),
        ("due day", {"drawn": "9999-10-15"}),
        ("discount", {"repayment": "discount", "months": None, "days": 360, "rate": "1"}),
    ],
)
def test_what_is_no_loan_is_refused_by_name(named: str, changed: dict[str, Any]) -> None:
    made = terms(**USUAL | changed)

    with pytest.raises(RuleBroken, match=named) as refused:
        draw(made, RULES)

    assert refused.value.further["rule"] == "loan.terms"


def test_an_instalment_covers_the_interest_of_the_longest_month() -> None:
    # At 24 % over 360 months A is 1.0008 of a month's interest by twelfths, not 31 / 30 of it.
    with pytest.raises(RuleBroken, match="31 days") as refused:
        loan("equal_instalment", 100_000_000, "0.24", "2026-01-15", months=360)

    assert refused.value.further["rule"] == "loan.terms"


def test_a_loan_by_months_has_one_row_at_its_end() -> None:
    assert days_due(repayment="bullet", drawn="2026-08-31", months=6) == ["2027-02-28"]


def test_with_a_day_of_settlement_the_first_period_runs_to_it() -> None:
    made = terms(**USUAL | {"settle_day": 20, "months": 3})

    # 1,000,000 x 0.05 x 5 / 360 = 694.4; principal a third.
    assert rows(schedule(made, RULES))[0] == ("2026-01-20", 333_333, 694)
    assert days_due(settle_day=20, months=3) == ["2026-01-20", "2026-02-20", "2026-03-20"]
    assert days_due(settle_day=15, months=2) == ["2026-02-15", "2026-03-15"]
    assert days_due(settle_day=31, months=3) == ["2026-01-31", "2026-02-28", "2026-03-31"]
    assert days_due(settle_day=31, months=2, drawn="2026-02-28") == ["2026-03-31", "2026-04-30"]


def test_a_day_without_work_moves_the_due_day_and_no_other() -> None:
    off = frozenset({on("2026-02-15"), on("2026-02-16")})

    assert days_due(days_off=off, months=2) == ["2026-02-17", "2026-03-15"]


def test_to_the_day_it_was_moved_to_a_loan_bears_the_contract_rate() -> None:
    # 36,000,000 at 5 %: 5,000 a day, due after 33 days for 31; overdue from then: 7,500 a day on
    # principal, and 165,000 x 0.075 / 360 = 34.375.
    bank = rules(days_off=frozenset({on("2026-02-15"), on("2026-02-16")}))
    made = terms("bullet_monthly", 36_000_000, "0.05", "2026-01-15", months=1)

    drawn = draw(made, bank)

    assert rows(schedule(made, bank)) == [("2026-02-17", 36_000_000, 165_000)]
    assert owed_on(drawn, "2026-02-18").penalty_fen == 7_534


def test_a_discount_moved_is_kept_back_to_the_day_it_is_due() -> None:
    made = terms("discount", 36_000_000, "0.05", "2026-01-15", days=31)

    assert proceeds_fen(made, frozenset()) == 36_000_000 - 155_000
    assert proceeds_fen(made, frozenset({on("2026-02-15")})) == 36_000_000 - 160_000


def test_rows_that_a_calendar_moves_to_one_day_are_due_together() -> None:
    off = frozenset(on("2026-01-20") + dt.timedelta(days=each) for each in range(40))
    bank = rules(days_off=off)  # To 2026-02-28.
    made = terms(**USUAL | {"settle_day": 20, "months": 3})

    assert [row[0] for row in rows(schedule(made, bank))] == [
        "2026-03-01",
        "2026-03-01",
        "2026-03-20",
    ]
    assert len(owing_rows(draw(made, bank), "2026-03-01", bank)) == 2


def owing_rows(drawn: Any, day: str, bank: Any) -> list[int]:
    return [each.row for each in advance(drawn, on(day), bank).loan.due]


def test_a_calendar_without_a_day_of_work_is_no_calendar() -> None:
    off = frozenset(on("2026-01-01") + dt.timedelta(days=each) for each in range(400))

    with pytest.raises(ValueError, match="no day is worked within 366 days"):
        working_day(on("2026-01-01"), off)


def test_a_first_row_that_a_day_of_settlement_makes_short_lends_no_less() -> None:
    # A holds more principal in a period of five days: the last row takes what is left, less.
    made = terms("equal_instalment", 1_000_000, "0.06", "2026-01-15", months=3, settle_day=20)

    found = rows(schedule(made, RULES))

    assert sum(row[1] for row in found) == 1_000_000
    assert {sum(row[1:]) for row in found[:-1]} == {336_672}
    assert sum(found[-1][1:]) < 336_672


@pytest.mark.parametrize(
    "changed",
    [
        {"class_days": {"special_mention": 0}},
        {"class_days": {"special_mention": 0, "substandard": 90, "doubtful": 80, "loss": 360}},
        {"stage_days": {"two": 90, "three": 30}},
        {"cure_months": {"two": 0, "three": 12}},
        {"watch_days": 0},
        {"provisions": dict.fromkeys(CLASSES, Decimal(2))},
        {"payment_order": dict.fromkeys(CLASSES, ("fees", "principal"))},
    ],
)
def test_values_of_a_bank_that_do_not_hold_together_are_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(changed))):
        rules(**changed)
