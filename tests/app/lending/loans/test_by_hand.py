"""Loans computed by hand: each figure is worked out in the words beside it."""

from decimal import Decimal

import pytest

from app.books.errors import RuleBroken
from app.lending.loans.acts import (
    Recovery,
    Restructuring,
    WriteOff,
    recover,
    restructure,
    write_off,
)
from app.lending.loans.grading import grade, overdue_days
from app.lending.loans.loan import Loan, Sums
from app.lending.loans.schedule import rows_to_come, schedule
from app.lending.loans.terms import proceeds_fen
from tests.app.lending.loans.making import (
    RULES,
    in_turn,
    loan,
    on,
    owed_on,
    paid,
    rows,
    terms,
)


def test_leap_day() -> None:
    # 72,000,000 at 4 %: 8,000 a day. 2028-01-29 to 02-29 are 31 days; a year before the day of the
    # draw is not in February, the last one is: 30 days.
    leap = schedule(terms("bullet_monthly", 72_000_000, "0.04", "2028-01-29", months=1), RULES)
    plain = schedule(terms("bullet_monthly", 72_000_000, "0.04", "2027-01-29", months=1), RULES)

    assert rows(leap) == [("2028-02-29", 72_000_000, 248_000)]
    assert rows(plain) == [("2027-02-28", 72_000_000, 240_000)]


def test_drawn_on_the_31st() -> None:
    # 36,000,000 at 5 %: 5,000 a day, a quarter less after each row: 5,000 x 30, 3,750 x 31,
    # 2,500 x 31, 1,250 x 28.
    plan = schedule(terms("equal_principal", 36_000_000, "0.05", "2026-10-31", months=4), RULES)

    assert rows(plan) == [
        ("2026-11-30", 9_000_000, 150_000),
        ("2026-12-31", 9_000_000, 116_250),
        ("2027-01-31", 9_000_000, 77_500),
        ("2027-02-28", 9_000_000, 35_000),
    ]


def test_one_day() -> None:
    # 7,200,000 at 3 %: 600 a day. A day late: 7,200,600 x 0.045 / 360 = 900.075.
    made = loan("bullet", 7_200_000, "0.03", "2026-06-15", days=1)

    assert owed_on(made, "2026-06-15").all_fen == 7_200_000
    assert owed_on(made, "2026-06-16").due_fen == 7_200_600
    assert owed_on(made, "2026-06-17").due_fen == 7_200_600 + 900


def test_without_interest() -> None:
    # 1,000,000 / 3 = 333,333.3; what is late bears 1.5 x nothing.
    made = terms("equal_instalment", 1_000_000, "0", "2026-01-15", months=3)
    late = loan("equal_instalment", 1_000_000, "0", "2026-01-15", months=3)

    assert [row[1:] for row in rows(schedule(made, RULES))] == [
        (333_333, 0),
        (333_333, 0),
        (333_334, 0),
    ]
    assert owed_on(late, "2026-03-01").due_fen == 333_333
    assert overdue_days(late, on("2026-02-15")) == 0
    assert owed_on(late, "2026-06-01").all_fen == 1_000_000


def test_parts_paid_over_a_due_day() -> None:
    # Row 1: 3,000,000 + 9,000,000 x 0.06 x 31 / 360 = 46,500. Paid on its day 1,000,000: interest
    # 46,500, principal 953,500; 2,046,500 bear 9 %, 511.625 a day: 5,116.25 on 02-25. Then 500,000
    # pay 5,116 and principal 494,884; 1,551,616 bear 387.904 a day: on 03-07 5,116.25 + 3,879.04 =
    # 8,995.29, less 5,116: 3,879. Row 2: 6,000,000 x 0.06 x 28 / 360 = 28,000.
    made = loan("equal_principal", 9_000_000, "0.06", "2026-01-15", months=3)

    first, told = paid(made, "2026-02-15", 1_000_000)
    assert told is not None
    assert (told.interest_fen, told.principal_fen, told.interest_overdue_fen) == (
        46_500,
        953_500,
        0,
    )
    second, told = paid(first, "2026-02-25", 500_000)
    assert told is not None
    assert (told.penalty_fen, told.principal_fen) == (5_116, 494_884)
    third, told = paid(second, "2026-03-07", 1_555_495)
    assert told is not None
    assert (told.penalty_fen, told.principal_fen) == (3_879, 1_551_616)
    assert overdue_days(third, on("2026-03-07")) == 0
    assert owed_on(third, "2026-03-15").due_fen == 3_028_000


# 12,000,000 at 3.6 %: a million bears 100 a day. Row 1 on 02-15: 2,000,000 + 1,200 x 31 = 37,200.
# Then 2,500,000 of 10,000,000 are prepaid on the same day, without interest: 7,500,000 are left.
@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        (
            "lower",  # Five rows of 1,500,000: 750 x 28, 600 x 31, 450 x 30, 300 x 31, 150 x 30.
            [
                ("2026-03-15", 1_500_000, 21_000),
                ("2026-04-15", 1_500_000, 18_600),
                ("2026-05-15", 1_500_000, 13_500),
                ("2026-06-15", 1_500_000, 9_300),
                ("2026-07-15", 1_500_000, 4_500),
            ],
        ),
        (
            "shorten",  # Rows of 2,000,000: 750 x 28, 550 x 31, 350 x 30, 150 x 31.
            [
                ("2026-03-15", 2_000_000, 21_000),
                ("2026-04-15", 2_000_000, 17_050),
                ("2026-05-15", 2_000_000, 10_500),
                ("2026-06-15", 1_500_000, 4_650),
            ],
        ),
    ],
)
def test_prepaid_both_ways(mode: str, expected: list[tuple[str, int, int]]) -> None:
    made = loan("equal_principal", 12_000_000, "0.036", "2026-01-15", months=6)

    after, told = paid(made, "2026-02-15", 4_537_200, prepay=True, mode=mode)

    assert told is not None
    assert (told.interest_fen, told.principal_fen) == (37_200, 4_500_000)
    assert rows(rows_to_come(after, RULES)) == expected


def ninety_days() -> Loan:
    """Return 3,600,000 at 5 %, 500 a day, due on 2026-04-01 with 45,000; late, 759.375 a day."""
    return loan("bullet", 3_600_000, "0.05", "2026-01-01", days=90)


def test_over_ninety_days_overdue_and_paid_in_parts() -> None:
    # On 07-01 it is 91 days overdue: 91 x 759.375 = 69,103.125. Principal goes first, the penalty
    # last; once 3,645,000 are paid nothing bears any more, and the penalty stays what it is.
    first, told = paid(ninety_days(), "2026-07-01", 1_000_000)
    assert told is not None
    assert told[:5] == (0, 0, 0, 0, 1_000_000)
    second, told = paid(first, "2026-07-01", 2_645_000)
    assert told is not None
    assert told[:5] == (0, 0, 45_000, 0, 2_600_000)

    assert owed_on(second, "2026-07-11").all_fen == 69_103
    assert overdue_days(second, on("2026-07-11")) == 101
    assert grade(second, on("2026-07-11"), RULES) == ("defaulted", "substandard", 3)
    ended = paid(second, "2026-07-11", 69_103).loan
    assert (ended.ended, ended.totals.paid) == (
        "repaid",
        Sums(0, 69_103, 45_000, 3_600_000),
    )


def test_restructured() -> None:
    # On 04-11, ten days late: penalty 7,593.75, waived; interest 45,000, capitalised: 3,645,000.
    # At 4 % that is 405 a day: 30 x 405, 31 x 405, 30 x 405.
    act = Restructuring(
        day=on("2026-04-11"),
        repayment="bullet_monthly",
        rate=Decimal("0.04"),
        days=None,
        months=3,
        settle_day=None,
        capitalise=frozenset({"interest"}),
        waive=frozenset({"penalty"}),
    )

    after = restructure(ninety_days(), act, RULES).loan

    assert (after.totals.capitalised, after.totals.waived) == (
        Sums(interest=45_000),
        Sums(penalty=7_594),
    )
    assert rows(rows_to_come(after, RULES)) == [
        ("2026-05-11", 0, 12_150),
        ("2026-06-11", 0, 12_555),
        ("2026-07-11", 3_645_000, 12_150),
    ]
    assert overdue_days(after, on("2026-05-11")) == 10
    assert grade(after, on("2026-05-11"), RULES) == ("restructured", "special_mention", 2)
    ended = in_turn(
        after, [("2026-05-11", 12_150), ("2026-06-11", 12_555), ("2026-07-11", 3_657_150)]
    )
    assert ended.ended == "repaid"


def test_written_off_and_recovered() -> None:
    # On 2027-04-01, 365 days late: 365 x 759.375 = 277,171.875. Lost: 3,922,172 in all. 3,620,000
    # come back: principal 3,600,000, interest 20,000; 302,172 are left.
    lost = write_off(ninety_days(), WriteOff(on("2027-04-01")), RULES).loan
    assert lost.totals.lost == Sums(0, 277_172, 45_000, 3_600_000)
    assert owed_on(lost, "2028-04-01").all_fen == 0

    first = recover(lost, Recovery(on("2027-05-01"), 3_620_000), RULES).loan
    assert first.totals.recovered == Sums(0, 0, 20_000, 3_600_000)
    with pytest.raises(RuleBroken, match="302172 fen") as refused:
        recover(first, Recovery(on("2027-05-02"), 302_173), RULES)
    assert refused.value.further["rule"] == "loan.overpaid"
    second = recover(first, Recovery(on("2027-05-02"), 302_172), RULES).loan
    assert second.totals.recovered == second.totals.lost


def test_a_discount_of_one_day() -> None:
    # 1,000,000 at 3.6 %: 100 a day are kept back. A day late: 1,000,000 x 0.054 / 360 = 150.
    # Paid on the day of the draw it is the face: no rebate.
    made = terms("discount", 1_000_000, "0.036", "2026-06-15", days=1)
    drawn = loan("discount", 1_000_000, "0.036", "2026-06-15", days=1)

    assert proceeds_fen(made, frozenset()) == 999_900
    assert rows(schedule(made, RULES)) == [("2026-06-16", 1_000_000, 0)]
    assert owed_on(drawn, "2026-06-15").all_fen == 1_000_000
    assert owed_on(drawn, "2026-06-16").due_fen == 1_000_000
    assert owed_on(drawn, "2026-06-17").due_fen == 1_000_150
