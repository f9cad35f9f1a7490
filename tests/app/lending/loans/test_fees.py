"""Fees of contracts by hand: when each is charged, what it comes to, where it is paid."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from app.lending.loans.acts import (
    Recovery,
    Restructuring,
    WriteOff,
    recover,
    restructure,
    write_off,
)
from app.lending.loans.advancing import advance, at, draw
from app.lending.loans.effective import cost_of, effective_rate
from app.lending.loans.fees import SHARED, FeeTerms
from app.lending.loans.loan import Loan, Payment, Sums
from app.lending.loans.owing import owed
from app.lending.loans.replaying import replay, reverse
from app.lending.loans.schedule import schedule
from app.lending.loans.terms import LoanTerms
from app.lending.loans.written import document, loan_of
from tests.app.lending.loans.making import RULES, on, owed_on, paid, terms


def fee(when: Any, share: str | None = None, **further: Any) -> FeeTerms:
    kept: dict[str, Any] = {"fen": None, "of": SHARED[when][0]} | further
    return FeeTerms(when, "费", "fee", when, share=Decimal(share) if share else None, **kept)


def three_rows(*fees: FeeTerms, **further: Any) -> LoanTerms:
    return terms("equal_principal", 9_000_000, "0.06", "2026-01-15", months=3, fees=fees, **further)


ALL = (
    fee("draw", "0.001"),
    fee("due", "0.0005"),
    fee("overdue_once", "0.01", cap_fen=20_000),
    fee("prepayment", "0.01"),
)
PREPAID = three_rows(fee("prepayment", "0.01"))


class TestGoldenFees:
    def test_a_draw_is_charged_at_once_and_a_row_with_the_row(self) -> None:
        loan = draw(three_rows(*ALL), RULES)

        assert owed(loan)[:5] == (9_000, 0, 0, 0, 0)  # 9,000,000 x 0.001
        # 3,046,500 x 0.0005 = 1,523.25, half up 1,523.
        assert owed_on(loan, "2026-02-15")[:5] == (10_523, 0, 0, 46_500, 3_000_000)
        assert owed_on(loan, "2026-02-15").due_fen == 3_057_023

    def test_the_first_day_overdue_is_charged_once_under_its_cap_and_paid_first(self) -> None:
        loan = draw(three_rows(*ALL), RULES)
        happened = advance(loan, on("2026-05-01"), RULES).happened

        told = paid(loan, "2026-03-10", 3_000_000).allocation

        assert told is not None
        assert told[:5] == (30_523, 17_517, 46_500, 0, 2_905_460)
        # Rows of 3,046,500, 3,028,000 and 3,015,500: 1,523.25, 1,514, 1,507.75.
        assert [(str(e.day), e.after, e.fee_fen) for e in happened if e.what == "fee"] == [
            ("2026-02-15", "due", 1_523),
            ("2026-02-16", "overdue_once", 20_000),
            ("2026-03-15", "due", 1_514),
            ("2026-04-15", "due", 1_508),
        ]

    def test_a_prepayment_pays_its_own_fee(self) -> None:
        after = paid(draw(PREPAID, RULES), "2026-01-15", 1_010_000, prepay=True)

        assert after.allocation is not None
        assert after.allocation[:5] == (10_000, 0, 0, 0, 1_000_000)
        assert (after.loan.undue_fen, after.loan.fees_fen) == (8_000_000, 0)

    def test_what_the_last_fen_of_its_fee_lacks_is_owed(self) -> None:
        after = paid(draw(PREPAID, RULES), "2026-01-15", 1_000_051, prepay=True)

        # 990,150 + 9,901.5 half up = 1,000,052; 990,149 + 9,901 = 1,000,050 are too little.
        assert after.allocation is not None
        assert after.allocation[:5] == (9_901, 0, 0, 0, 990_150)
        assert after.loan.fees_fen == 1

    def test_what_pays_it_off_has_the_fee_of_it(self) -> None:
        loan = draw(PREPAID, RULES)

        assert owed(loan).all_fen == 9_090_000
        ended = paid(loan, "2026-01-15", 9_090_000, prepay=True).loan
        assert (ended.ended, ended.totals.paid) == ("repaid", Sums(90_000, 0, 0, 9_000_000))

    def test_a_floor_and_a_fixed_fee(self) -> None:
        floor = fee("draw", "0.0001", floor_fen=5_000)
        fixed = fee("due", fen=700)
        loan = draw(three_rows(floor, fixed), RULES)

        assert (floor.comes_to(9_000_000), floor.comes_to(0)) == (5_000, 0)
        assert owed_on(loan, "2026-02-15").fees_fen == 5_700

    def test_of_the_amount_a_fee_is_the_same_on_each_row(self) -> None:
        plan = schedule(three_rows(fee("due", "0.0002", of="amount")), RULES)

        assert [each.fees_fen for each in plan.rows] == [1_800, 1_800, 1_800]
        assert plan.fees_fen == 5_400


def test_the_debtor_of_a_document_prepays_without_a_fee() -> None:
    loan = draw(PREPAID, RULES)

    ended = paid(loan, "2026-01-15", 9_000_000, prepay=True, by_debtor=True).loan

    assert (ended.ended, ended.totals.paid.fees) == ("repaid", 0)


def test_days_of_grace_in_vain_charge_what_would_have_been_charged_without_them() -> None:
    with_grace = three_rows(*ALL, grace_days=5)
    loan = draw(with_grace, RULES)

    assert owed_on(loan, "2026-02-20").fees_fen == 10_523
    assert owed_on(loan, "2026-02-21").fees_fen == 30_523


def test_a_restructuring_is_no_draw_and_names_what_becomes_of_fees() -> None:
    act = Restructuring(
        *(on("2026-03-10"), "bullet_monthly", Decimal("0.05"), None, 6, None),
        *(frozenset({"interest", "fees"}), frozenset({"penalty"})),
    )

    after = restructure(draw(three_rows(*ALL), RULES), act, RULES).loan

    assert after.totals.capitalised.fees == 30_523
    # Interest of 46,500 and of 23 days on 6,000,000: 23,000.
    assert (after.fees_fen, after.outstanding_fen) == (0, 9_000_000 + 30_523 + 69_500)
    late = at(after, on("2026-05-01"), RULES)
    assert [each.times for each in late.charged] == [1, 2, 1, 0]  # A row more, late no more.


def test_fees_are_lost_and_recovered() -> None:
    lost = write_off(draw(three_rows(*ALL), RULES), WriteOff(on("2026-03-10")), RULES).loan

    assert lost.totals.lost.fees == 30_523
    got = recover(lost, Recovery(on("2026-04-01"), 30_600), RULES).allocation
    assert got is not None
    assert got[:5] == (30_523, 0, 0, 0, 77)


def test_a_prepayment_taken_back_takes_its_fee_back() -> None:
    acts = [Payment(on("2026-01-20"), 1_010_000, prepay=True)]

    found = reverse(PREPAID, acts, 0, day=on("2026-01-25"), rules=RULES)

    # 5 days of 9,000,000 at 6 %: 7,500 of interest, then 992,574 + 9,926 (9,925.74).
    assert replay(PREPAID, acts, on("2026-01-25"), RULES).totals.paid == Sums(
        9_926, 0, 7_500, 992_574
    )
    assert found.posted_more == Sums(fees=-9_926, interest=-7_500)
    assert found.loan.fees_fen == 0


@pytest.mark.parametrize("fees", [(), ALL], ids=["none", "all"])
def test_what_is_kept_of_a_loan_says_of_fees_only_where_there_are_any(
    fees: tuple[FeeTerms, ...],
) -> None:
    loan: Loan = draw(three_rows(*fees), RULES)
    kept = document(loan)

    assert loan_of(kept) == loan
    assert ("charged" in kept, "fees" in kept["terms"]) == (bool(fees), bool(fees))
    assert loan_of(document(replace(loan, day=on("2026-01-16")))).terms == loan.terms


class TestEffectiveRates:
    """What a loan costs in a year with its fees."""

    @pytest.mark.parametrize(
        ("came", "paid_on", "rate"),
        [
            (1_000_000, [(365, 1_050_000)], "0.0500"),
            (1_000_000, [(730, 1_102_500)], "0.0500"),
            # 1.05 x 0.95 of the half: 525,000 / 1.05 + 551,250 / 1.1025.
            (1_000_000, [(365, 525_000), (730, 551_250)], "0.0500"),
            (990_000, [(365, 1_050_000)], "0.0606"),  # 1.05 / 0.99 = 1.060606...
            (1_000_000, [(90, 1_000_000)], "0.0000"),
            (1_000_000, [(365, 1_000_050)], "0.0001"),  # Half a basis point, upwards.
            (1_000_000, [(365, 1_000_049)], "0.0000"),
            (1, [(1, 2)], None),
            (0, [(365, 5)], None),
        ],
    )
    def test_it_is_the_rate_at_which_what_is_paid_is_worth_what_came(
        self, came: int, paid_on: list[tuple[int, int]], rate: str | None
    ) -> None:
        found = effective_rate(came, paid_on)

        assert found == (None if rate is None else Decimal(rate))

    def test_fees_of_draw_and_rows_are_in_it_and_others_are_not(self) -> None:
        year = {"repayment": "bullet", "days": 365, "months": None}
        bare = replace(three_rows(fee("prepayment", "0.5"), fee("overdue_once", "0.5")), **year)
        dear = replace(three_rows(fee("draw", "0.01"), fee("due", fen=5_000)), **year)

        plain, costly = cost_of(bare, RULES), cost_of(dear, RULES)

        # 547,500 of interest are 6.0833 %; (9,547,500 + 5,000) / 8,910,000 = 1.072110.
        assert (plain.fees_fen, plain.effective_rate) == (0, Decimal("0.0608"))
        assert (costly.draw_fees_fen, costly.fees_fen) == (90_000, 95_000)
        assert costly.effective_rate == Decimal("0.0721")
