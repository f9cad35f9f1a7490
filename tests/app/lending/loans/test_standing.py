"""How a loan stands on a day: overdue, graded, in its days of grace, next touched when."""

from decimal import Decimal

import pytest

from app.lending.loans.acts import Restructuring, WriteOff, charge, restructure, write_off
from app.lending.loans.advancing import advance, at, draw, touch_on
from app.lending.loans.grading import grade, overdue_days
from app.lending.loans.loan import Charge, Happening, Loan, Sums
from app.lending.loans.owing import off_income, owed
from graph.errors import InvalidInput
from tests.app.lending.loans.making import RULES, in_turn, loan, on, owed_on, paid, rules, terms


def thirty_days(**further: int) -> Loan:
    """Return 3,600,000 at 5 %, 500 a day, due on 2026-01-31 with 15,000."""
    return loan("bullet", 3_600_000, "0.05", "2026-01-01", days=30, **further)


@pytest.mark.parametrize(
    ("days", "state", "loan_class", "stage"),
    [
        (0, "active", "normal", 1),
        (1, "overdue", "special_mention", 1),
        (30, "overdue", "special_mention", 1),
        (31, "overdue", "special_mention", 2),
        (90, "overdue", "special_mention", 2),
        (91, "defaulted", "substandard", 3),
        (270, "defaulted", "substandard", 3),
        (271, "defaulted", "doubtful", 3),
        (360, "defaulted", "doubtful", 3),
        (361, "defaulted", "loss", 3),
    ],
)
def test_grades_follow_the_days_overdue(days: int, state: str, loan_class: str, stage: int) -> None:
    day = on("2026-01-31") + (on("2026-01-02") - on("2026-01-01")) * days
    late = advance(thirty_days(), day, RULES).loan

    assert overdue_days(late, day) == days
    assert grade(late, day, RULES) == (state, loan_class, stage)


def test_a_default_that_begins_as_a_row_comes_into_grace_outlives_that_grace() -> None:
    """Row 1 is of 02-28, row 4 of 05-30, 91 days later; 1 is paid before the grace of 4 ends."""
    made = loan("bullet_monthly", 3_600_000, "0.05", "2026-01-30", months=9, grace_days=10)
    assert made.next_due_on == on("2026-02-28")
    row_1 = paid(made, "2026-06-01", 29 * 500)
    assert row_1.allocation is not None
    assert row_1.allocation.interest_overdue_fen == 29 * 500
    for day, days in (("2026-06-09", 101), ("2026-06-10", 102), ("2026-07-01", 123)):
        late = at(row_1.loan, on(day), RULES)
        assert (overdue_days(late, late.day), str(late.default_since)) == (days, "2026-02-28")


def test_what_a_row_paid_in_its_grace_bore_after_the_last_due_day_is_due_with_the_last() -> None:
    """Row 1 of 02-28 is paid on 04-04 in its grace, row 2 of 03-30 too late: 5 days x 250 of 1."""
    made = loan("equal_principal", 3_600_000, "0.05", "2026-01-30", months=2, grace_days=40)
    some = paid(made, "2026-04-04", 1_835_000)
    assert some.allocation is not None
    assert (some.allocation.interest_fen, some.allocation.principal_fen) == (32_000, 1_803_000)
    late = owed_on(some.loan, "2026-05-10")  # Of 1,835,000: 1,891 penalty, 30,750 interest.
    assert (late.principal_fen, late.penalty_fen, late.all_fen) == (1_797_641, 13_482, 1_811_123)
    assert late.due_fen == late.all_fen
    done = paid(some.loan, "2026-05-10", late.due_fen).loan

    assert (done.ended, done.totals.posted.interest) == ("repaid", 14_500 + 15_000 + 1_250)


def test_a_loan_is_touched_on_the_days_on_which_something_happens_and_no_other() -> None:
    late, touched = thirty_days(), []
    while (day := touch_on(late, RULES)) is not None:
        late, happened = advance(late, day, RULES)
        touched += [(str(day), [each.what for each in happened])]

    assert touched == [
        ("2026-01-31", ["due"]),
        ("2026-02-01", ["state", "class"]),
        ("2026-03-03", ["stage"]),
        ("2026-05-02", ["state", "class", "stage"]),
        ("2026-10-29", ["class"]),
        ("2027-01-27", ["class"]),
    ]


def test_what_happened_is_told_with_its_figures() -> None:
    happened = advance(thirty_days(), on("2026-02-01"), RULES).happened

    assert list(happened) == [
        Happening(on("2026-01-31"), "due", "", 1, 3_600_000, 15_000),
        Happening(on("2026-02-01"), "state", "active", "overdue"),
        Happening(on("2026-02-01"), "class", "normal", "special_mention"),
    ]


def test_a_day_over_which_nothing_happens_leaves_the_loan_itself() -> None:
    drawn = thirty_days()

    assert advance(drawn, on("2026-01-30"), RULES).loan is drawn


def test_a_loan_does_not_go_back() -> None:
    late = advance(thirty_days(), on("2026-02-01"), RULES).loan

    with pytest.raises(InvalidInput, match="stands at 2026-02-01 already"):
        advance(late, on("2026-01-31"), RULES)


def test_what_is_borne_over_ninety_days_overdue_is_off_income() -> None:
    # 3,615,000 x 0.075 / 360 = 753.125 a day; from the 91st day overdue on, 2026-05-02, ten days.
    late = at(thirty_days(), on("2026-05-12"), RULES)

    assert off_income(late) == Sums(penalty=7_531)
    assert owed(late).penalty_fen == 76_066  # All 101 days are owed: 76,065.625.


class TestGrace:
    def test_within_it_the_contract_rate_is_borne_and_nothing_is_overdue(self) -> None:
        # Three days of 500; interest bears nothing at the contract rate.
        made = thirty_days(grace_days=5)

        debt = owed_on(made, "2026-02-03")

        assert (debt.penalty_fen, debt.interest_overdue_fen, debt.interest_fen) == (0, 0, 16_500)
        ended = paid(made, "2026-02-03", 3_616_500).loan
        assert ended.ended == "repaid"

    def test_on_its_last_day_it_still_holds(self) -> None:
        made = thirty_days(grace_days=5)

        late = advance(made, on("2026-02-05"), RULES).loan

        assert overdue_days(late, on("2026-02-05")) == 0
        assert owed_on(made, "2026-02-05").all_fen == 3_617_500

    def test_later_the_loan_is_as_if_there_were_none(self) -> None:
        with_grace, without = thirty_days(grace_days=5), thirty_days()

        assert owed_on(with_grace, "2026-02-06") == owed_on(without, "2026-02-06")
        late = advance(with_grace, on("2026-02-06"), RULES).loan
        assert overdue_days(late, on("2026-02-06")) == 6

    def test_what_was_paid_within_it_is_allocated_anew(self) -> None:
        payments = [("2026-02-02", 1_000_000), ("2026-02-04", 500_000)]
        with_grace = in_turn(thirty_days(grace_days=5), payments)
        without = in_turn(thirty_days(), payments)

        assert with_grace.totals.paid.penalty == 0
        later = at(with_grace, on("2026-02-06"), RULES)
        assert owed(later) == owed_on(without, "2026-02-06")
        assert later.totals.paid == without.totals.paid
        assert later.totals.paid.penalty == 2_596  # 1,506.25 + 2,616,506 x 0.075 x 2 / 360.

    def test_a_fee_within_it_stays(self) -> None:
        charged = charge(thirty_days(grace_days=5), Charge(on("2026-02-02"), 300), RULES).loan

        assert owed_on(charged, "2026-02-06").fees_fen == 300
        assert owed_on(charged, "2026-02-02").fees_fen == 300


class TestKeeping:
    RESTRUCTURING = Restructuring(
        day=on("2026-05-02"),  # 91 days overdue.
        repayment="bullet",
        rate=Decimal("0.04"),
        days=720,
        months=None,
        settle_day=None,
        capitalise=frozenset({"interest", "penalty"}),
        waive=frozenset(),
    )

    def test_a_restructured_loan_keeps_class_and_days_until_it_was_in_order_long_enough(
        self,
    ) -> None:
        made = restructure(thirty_days(), self.RESTRUCTURING, RULES).loan

        assert touch_on(made, RULES) == on("2026-10-29")  # 180 days later.
        kept, free = on("2026-10-28"), on("2026-10-29")
        assert grade(made, kept, RULES) == ("restructured", "substandard", 3)
        assert overdue_days(made, kept) == 91
        released = advance(made, free, RULES).loan
        assert grade(released, free, RULES) == ("active", "normal", 3)
        assert overdue_days(released, free) == 0

    def test_class_and_days_that_are_kept_keep_its_interest_off_income(self) -> None:
        # 3,600,000 + 15,000 + penalty 68,534 at 4 %; 180 days until it is released.
        made = restructure(at(thirty_days(), on("2026-05-02"), RULES), self.RESTRUCTURING, RULES)

        later = at(made.loan, on("2026-12-31"), RULES)

        assert made.loan.undue_fen == 3_683_534
        assert off_income(later) == Sums(interest=73_671)  # 3,683,534 x 0.04 x 180 / 360

    def test_the_stage_is_left_after_its_months_in_order(self) -> None:
        made = restructure(thirty_days(), self.RESTRUCTURING, RULES).loan
        before, after = on("2027-05-01"), on("2027-05-02")  # Twelve months later.

        assert grade(advance(made, before, RULES).loan, before, RULES).stage == 3
        assert grade(advance(made, after, RULES).loan, after, RULES).stage == 1

    def test_days_in_order_begin_anew_after_it_was_overdue(self) -> None:
        monthly = loan("bullet_monthly", 3_600_000, "0.05", "2026-01-01", months=36)
        names = frozenset({"interest"})
        act = Restructuring(
            on("2026-01-31"), "bullet_monthly", Decimal("0.05"), None, 36, None, names, frozenset()
        )
        made = restructure(monthly, act, RULES).loan

        late = in_turn(made, [("2026-03-05", owed_on(made, "2026-03-05").due_fen)])

        assert late.orderly_since == on("2026-03-05")
        assert grade(late, on("2026-03-06"), RULES) == ("restructured", "normal", 2)

    def test_a_stage_reached_by_being_overdue_is_kept_too(self) -> None:
        monthly = loan("bullet_monthly", 3_600_000, "0.05", "2026-01-01", months=36)
        late = owed_on(monthly, "2026-03-05").due_fen  # Two rows; the first 32 days overdue.

        cured = in_turn(monthly, [("2026-03-05", late)])

        assert grade(cured, on("2026-03-05"), RULES) == ("active", "normal", 2)
        ordered = in_turn(
            cured,
            [(day, owed_on(cured, "2026-04-01").due_fen) for day in ("2026-04-01",)],
        )
        may = owed_on(ordered, "2026-05-01").due_fen
        june = in_turn(ordered, [("2026-05-01", may)])
        end = in_turn(june, [("2026-06-01", owed_on(june, "2026-06-01").due_fen)])
        assert grade(end, on("2026-06-04"), RULES).stage == 2
        assert grade(advance(end, on("2026-06-05"), RULES).loan, on("2026-06-05"), RULES).stage == 1

    def test_in_default_days_go_on_until_all_that_is_due_is_paid(self) -> None:
        monthly = loan("equal_principal", 3_600_000, "0.05", "2026-01-01", months=6)
        due = owed_on(monthly, "2026-06-10")  # The row of 02-01 is 129 days overdue.

        part = in_turn(monthly, [("2026-06-10", due.due_fen - 1)])

        assert overdue_days(part, on("2026-06-10")) == 129
        assert grade(part, on("2026-06-10"), RULES).loan_class == "substandard"
        whole = in_turn(part, [("2026-06-10", 1)])
        assert overdue_days(whole, on("2026-06-10")) == 0
        assert grade(whole, on("2026-06-10"), RULES).loan_class == "normal"


def test_what_has_ended_is_touched_no_more() -> None:
    ended = paid(thirty_days(), "2026-01-31", 3_615_000).loan
    lost = write_off(thirty_days(), WriteOff(on("2026-06-30")), RULES).loan

    assert (touch_on(ended, RULES), touch_on(lost, RULES)) == (None, None)
    assert grade(ended, on("2027-01-31"), RULES) == ("repaid", "normal", 1)
    assert grade(lost, on("2027-01-31"), RULES) == ("written_off", "loss", 3)


def test_a_bank_that_counts_other_days_grades_by_them() -> None:
    bank = rules(class_days={"special_mention": 5, "substandard": 30, "doubtful": 60, "loss": 100})
    made = terms("bullet", 3_600_000, "0.05", "2026-01-01", days=30)
    late = advance(draw(made, bank), on("2026-03-03"), bank).loan

    assert grade(late, on("2026-02-05"), bank).loan_class == "normal"
    assert grade(late, on("2026-03-03"), bank)[:2] == ("defaulted", "substandard")
