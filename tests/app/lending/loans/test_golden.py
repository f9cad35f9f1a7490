"""Figures that are given: golden cases of loans, and kinds of faults of systems that lend."""

import datetime as dt

import pytest

from app.books.errors import RuleBroken
from app.lending.loans.advancing import advance
from app.lending.loans.grading import overdue_days
from app.lending.loans.owing import LoanDebt
from app.lending.loans.schedule import schedule
from app.lending.loans.terms import proceeds_fen
from tests.app.lending.loans.making import (
    RULES,
    in_turn,
    interest,
    loan,
    on,
    owed_on,
    paid,
    principal,
    rows,
    terms,
)

NOTHING = LoanDebt(0, 0, 0, 0, 0, 0, 0)


class TestGoldenCases:
    def test_a_bullet_at_the_end(self) -> None:
        plan = schedule(terms("bullet", 100_000_000, "0.0435", "2026-01-15", days=180), RULES)

        assert rows(plan) == [("2026-07-14", 100_000_000, 2_175_000)]

    def test_a_bullet_thirty_days_late(self) -> None:
        # (100,000,000 + 2,175,000) x 0.06525 x 30 / 360 = 555,576.56
        late = loan("bullet", 100_000_000, "0.0435", "2026-01-15", days=180)

        assert owed_on(late, "2026-08-13") == NOTHING._replace(
            penalty_fen=555_577, interest_overdue_fen=2_175_000, principal_fen=100_000_000
        )

    def test_a_bullet_with_interest_by_the_month(self) -> None:
        plan = schedule(
            terms("bullet_monthly", 100_000_000, "0.0435", "2026-01-31", months=6), RULES
        )

        assert interest(plan) == [338_333, 374_584, 362_500, 374_583, 362_500, 374_583]
        assert principal(plan) == [0, 0, 0, 0, 0, 100_000_000]

    def test_equal_principal_over_a_leap_day(self) -> None:
        plan = schedule(
            terms("equal_principal", 100_000_000, "0.0385", "2024-01-31", months=7), RULES
        )

        assert principal(plan) == [*[14_285_714] * 6, 14_285_716]
        assert interest(plan) == [310_139, 284_167, 229_166, 189_445, 137_500, 94_722, 47_361]

    def test_equal_instalments(self) -> None:
        made = terms("equal_instalment", 50_000_000, "0.05", "2025-11-30", months=12)
        plan = schedule(made, RULES)

        found = rows(plan)
        assert found[0] == ("2025-12-30", 4_072_041, 208_333)
        assert found[2] == ("2026-02-28", 4_111_831, 168_543)
        assert found[-1] == ("2026-11-30", 4_275_741, 18_410)
        assert {sum(row[1:]) for row in found[:-1]} == {4_280_374}
        assert (sum(principal(plan)), plan.interest_fen) == (50_000_000, 1_378_265)

    def test_a_discount(self) -> None:
        made = terms("discount", 123_456_789, "0.036", "2026-01-15", days=97)

        assert proceeds_fen(made, frozenset()) == 122_259_258


class TestKindsOfFaults:
    def test_kind_1_the_plan_sums_and_is_rounded_once(self) -> None:
        first = schedule(
            terms("equal_principal", 10_000_000, "0.06", "2026-03-15", months=7), RULES
        )
        second = schedule(
            terms("equal_instalment", 1_000_000, "0.06", "2026-03-15", months=3), RULES
        )
        third = schedule(terms("bullet_monthly", 3_333_300, "0.05", "2026-01-15", months=6), RULES)

        assert principal(first) == [*[1_428_571] * 6, 1_428_574]
        assert [row[1:] for row in rows(second)] == [
            (331_505, 5_167),
            (333_330, 3_342),
            (335_165, 1_732),
        ]
        assert interest(third) == [14_352, 12_963, 14_351, 13_889, 14_352, 13_888]
        assert third.interest_fen == 83_795  # Rows rounded one by one give 83,797.

    def test_kind_2_due_days_do_not_slide(self) -> None:
        plan = schedule(terms("bullet_monthly", 36_000_000, "0.05", "2027-10-31", months=5), RULES)

        assert [row[::2] for row in rows(plan)] == [
            ("2027-11-30", 150_000),
            ("2027-12-31", 155_000),
            ("2028-01-31", 155_000),
            ("2028-02-29", 145_000),
            ("2028-03-31", 155_000),
        ]

    @pytest.mark.parametrize(
        ("drawn", "days", "due", "borne"),
        [
            ("2028-02-28", 2, "2028-03-01", 10_000),
            ("2027-02-28", 1, "2027-03-01", 5_000),
            ("2027-12-15", 91, "2028-03-15", 455_000),
            ("2026-12-15", 90, "2027-03-15", 450_000),
        ],
    )
    def test_kind_3_leap_days(self, drawn: str, days: int, due: str, borne: int) -> None:
        plan = schedule(terms("bullet", 36_000_000, "0.05", drawn, days=days), RULES)

        assert rows(plan) == [(due, 36_000_000, borne)]

    # At 20 days it is 91,012.5 exactly, posted half up: the whole is rounded, not twice its half.
    @pytest.mark.parametrize(("day", "penalty"), [("2026-04-25", 45_506), ("2026-05-05", 91_013)])
    def test_kind_4_late_interest_on_all_that_is_late_once(self, day: str, penalty: int) -> None:
        late = loan("bullet", 24_000_000, "0.045", "2026-01-15", days=90)  # Due on 2026-04-15.

        assert owed_on(late, day) == NOTHING._replace(
            penalty_fen=penalty, interest_overdue_fen=270_000, principal_fen=24_000_000
        )

    def test_kind_5_a_part_payment_does_not_start_the_days_anew(self) -> None:
        made = loan("equal_principal", 9_000_000, "0.06", "2026-01-15", months=3)

        after, told = paid(made, "2026-03-10", 3_000_000)

        assert told is not None
        assert told[:5] == (0, 17_517, 46_500, 0, 2_935_983)
        assert owed_on(after, "2026-03-10").due_fen == 64_017
        assert overdue_days(after, on("2026-03-10")) == 23
        assert overdue_days(after, on("2026-03-14")) == 27

    def test_kind_6_payments_are_followed_in_fen_the_oldest_first(self) -> None:
        made = loan("equal_principal", 9_000_000, "0.06", "2026-01-15", months=3)

        after, told = paid(made, "2026-03-15", 3_100_000)

        assert told is not None
        assert told[:5] == (0, 21_326, 46_500, 28_000, 3_004_174)
        assert [each[1:] for each in told.parts if each.kind == "principal"] == [
            (1, 3_000_000),
            (2, 4_174),
        ]
        assert after.outstanding_fen == 5_995_826
        assert overdue_days(after, on("2026-03-15")) == 0

    def test_kind_7_a_prepayment(self) -> None:
        made = loan("bullet", 10_000_000, "0.036", "2026-01-15", days=180)

        after, told = paid(made, "2026-02-14", 1_030_000, prepay=True)
        at_once, none = paid(made, "2026-01-15", 10_000_000, prepay=True)

        assert told is not None
        assert told[:5] == (0, 0, 0, 30_000, 1_000_000)
        assert after.outstanding_fen == 9_000_000
        assert owed_on(after, "2026-07-14").due_fen == 9_135_000
        assert none is not None
        assert (none.interest_fen, at_once.ended) == (0, "repaid")

    def test_kind_8_too_much_is_refused_whole(self) -> None:
        made = loan("bullet", 10_000_000, "0.036", "2026-06-15", days=180)
        assert owed_on(made, "2026-06-30").all_fen == 10_015_000

        with pytest.raises(RuleBroken) as refused:
            paid(made, "2026-06-30", 10_015_001, prepay=True)

        assert refused.value.further["rule"] == "loan.overpaid"
        ended = paid(made, "2026-06-30", 10_015_000, prepay=True).loan
        assert (ended.ended, ended.outstanding_fen) == ("repaid", 0)
        assert owed_on(ended, "2027-06-30") == NOTHING

    def test_kind_14_days_closed_in_any_steps_owe_the_same(self) -> None:
        made = loan("equal_principal", 9_000_000, "0.06", "2026-01-15", months=3)
        at_once = in_turn(made, [("2026-03-15", 3_000_000)])
        assert owed_on(at_once, "2026-05-01").due_fen > 0

        for step in (1, 2, 7):  # Days that are closed one by one, and again, or some together.
            stepped = made
            for number in range(0, (on("2026-05-01") - on("2026-01-15")).days, step):
                day = on("2026-01-15") + dt.timedelta(days=number)
                if stepped.day < on("2026-03-15") <= day:
                    stepped = paid(stepped, "2026-03-15", 3_000_000).loan
                stepped = advance(advance(stepped, day, RULES).loan, day, RULES).loan
            assert owed_on(stepped, "2026-05-01") == owed_on(at_once, "2026-05-01")

    def test_kind_15_a_loan_is_not_overdue_on_its_due_day(self) -> None:
        made = loan("bullet", 10_000_000, "0.036", "2026-06-15", days=15)  # Due on 2026-06-30.

        on_the_day, the_day_after = owed_on(made, "2026-06-30"), owed_on(made, "2026-07-01")

        assert (on_the_day.interest_fen, on_the_day.interest_overdue_fen) == (15_000, 0)
        assert (the_day_after.interest_fen, the_day_after.interest_overdue_fen) == (0, 15_000)
        assert the_day_after.penalty_fen == 1_502  # 10,015,000 x 0.054 / 360 = 1,502.25
