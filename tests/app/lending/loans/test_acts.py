"""What is refused, what fees do, and what a payment taken back changes."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from app.books.errors import BookRefusal, RuleBroken, WrongState
from app.lending.loans.acts import (
    Act,
    Recovery,
    Restructuring,
    WriteOff,
    charge,
    recover,
    restructure,
    write_off,
)
from app.lending.loans.advancing import at
from app.lending.loans.errors import NothingDue
from app.lending.loans.loan import Charge, Loan, Payment, Sums
from app.lending.loans.owing import owed
from app.lending.loans.replaying import do, replay, reverse
from graph.errors import InvalidInput
from tests.app.lending.loans.making import RULES, in_turn, loan, on, owed_on, paid, terms

TERMS = terms("equal_principal", 9_000_000, "0.06", "2026-01-15", months=3)
NEW = Restructuring(
    day=on("2026-03-10"),
    repayment="bullet_monthly",
    rate=Decimal("0.05"),
    days=None,
    months=6,
    settle_day=None,
    capitalise=frozenset({"interest"}),
    waive=frozenset({"penalty"}),
)


def three_rows() -> Loan:
    return loan("equal_principal", 9_000_000, "0.06", "2026-01-15", months=3)


def test_what_is_left_beyond_what_is_due_needs_to_be_said_to_be_a_prepayment() -> None:
    with pytest.raises(NothingDue) as refused:
        paid(three_rows(), "2026-02-15", 3_046_501)

    assert (refused.value.code, refused.value.further) == ("nothing_due", {"due_fen": 3_046_500})
    assert paid(three_rows(), "2026-02-15", 3_046_501, prepay=True).loan.undue_fen == 5_999_999


def test_before_anything_is_due_all_of_it_is_a_prepayment() -> None:
    with pytest.raises(NothingDue):
        paid(three_rows(), "2026-02-14", 1)

    told = paid(three_rows(), "2026-02-14", 100, prepay=True).allocation
    assert told is not None
    assert (told.interest_fen, told.principal_fen) == (100, 0)  # 45,000 are borne by then.


def test_interest_that_was_paid_ahead_is_not_asked_for_again() -> None:
    after = in_turn(three_rows(), [])
    after = paid(after, "2026-02-14", 100, prepay=True).loan

    assert owed_on(after, "2026-02-15").interest_fen == 46_400


@pytest.mark.parametrize("amount", [0, -1, True, 1.0, "1", None])
def test_what_is_no_amount_is_refused(amount: Any) -> None:
    with pytest.raises(InvalidInput, match="amount_fen"):
        paid(three_rows(), "2026-02-15", amount)
    with pytest.raises(InvalidInput, match="amount_fen"):
        charge(three_rows(), Charge(on("2026-02-15"), amount), RULES)


def test_a_mode_is_one_of_two() -> None:
    with pytest.raises(InvalidInput, match="mode"):
        paid(three_rows(), "2026-02-15", 1, mode="half")


def test_fees_are_paid_first_and_bear_nothing() -> None:
    charged = charge(three_rows(), Charge(on("2026-01-20"), 5_000), RULES).loan

    told = paid(charged, "2026-03-10", 3_000_000).allocation

    assert told is not None
    assert told[:3] == (5_000, 17_517, 46_500)


def test_a_loan_that_owes_a_fee_is_not_repaid() -> None:
    charged = charge(three_rows(), Charge(on("2026-01-15"), 5_000), RULES).loan
    ended = paid(charged, "2026-01-15", 9_005_000, prepay=True).loan

    assert ended.ended == "repaid"
    assert ended.totals.paid == Sums(5_000, 0, 0, 9_000_000)


@pytest.mark.parametrize(
    "act",
    [
        Payment(on("2026-06-01"), 1),
        Charge(on("2026-06-01"), 1),
        replace(NEW, day=on("2026-06-01")),
        WriteOff(on("2026-06-01")),
    ],
    ids=lambda act: type(act).__name__,
)
def test_a_loan_that_has_ended_takes_nothing(act: Act) -> None:
    ended = paid(three_rows(), "2026-01-15", 9_000_000, prepay=True).loan

    with pytest.raises(WrongState) as refused:
        do(ended, act, RULES)

    assert refused.value.further["state"] == "repaid"


def test_only_what_was_written_off_is_recovered() -> None:
    with pytest.raises(WrongState) as refused:
        recover(three_rows(), Recovery(on("2026-02-01"), 1), RULES)

    assert refused.value.further == {"state": "active", "allowed": ["written_off"]}


class TestRestructuring:
    @pytest.mark.parametrize(
        ("capitalise", "waive", "named"),
        [
            ({"interest"}, set(), "penalty"),
            (set(), {"penalty"}, "interest"),
            ({"interest", "penalty"}, {"penalty"}, "penalty"),
        ],
    )
    def test_all_that_is_unpaid_is_named_once(
        self, capitalise: set[str], waive: set[str], named: str
    ) -> None:
        act = replace(NEW, capitalise=frozenset(capitalise), waive=frozenset(waive))

        with pytest.raises(RuleBroken, match=f"unpaid {named} must") as refused:
            restructure(three_rows(), act, RULES)

        assert refused.value.further["rule"] == "loan.restructure"

    def test_nothing_else_is_named(self) -> None:
        with pytest.raises(InvalidInput, match="principal"):
            restructure(three_rows(), replace(NEW, waive=frozenset({"principal"})), RULES)

    def test_its_terms_are_a_loan_and_no_discount(self) -> None:
        for changed in ({"repayment": "discount"}, {"months": 0}):
            with pytest.raises(RuleBroken) as refused:
                restructure(three_rows(), replace(NEW, **changed), RULES)
            assert refused.value.further["rule"] == "loan.terms"

    def test_interest_to_the_day_is_among_what_is_unpaid(self) -> None:
        # Overdue 46,500, and 6,000,000 x 0.06 x 23 / 360 = 23,000 not due yet; penalty 17,517.
        after = restructure(three_rows(), NEW, RULES).loan

        assert after.undue_fen == 9_069_500
        assert after.totals.capitalised == Sums(interest=69_500)
        assert after.totals.waived == Sums(penalty=17_517)


class TestReversal:
    ACTS: tuple[Act, ...] = (
        Payment(on("2026-02-15"), 3_046_500),
        Payment(on("2026-03-15"), 3_028_000),
    )

    def test_the_loan_is_as_if_the_payment_had_never_come(self) -> None:
        # On 03-15 the second payment met 17,517 x 28 / 23: penalty 21,326, overdue interest 46,500,
        # interest 28,000, then principal of the first row: 3,028,000 - 95,826 = 2,932,174.
        day = on("2026-03-20")

        reversal = reverse(TERMS, self.ACTS, 0, day=day, rules=RULES)

        only = in_turn(three_rows(), [("2026-03-15", 3_028_000)])
        assert reversal.loan == at(only, day, RULES)
        assert only.totals.paid == Sums(0, 21_326, 74_500, 2_932_174)

    def test_the_differences_are_those_of_today(self) -> None:
        day = on("2026-03-20")
        before, after = (
            replay(TERMS, self.ACTS, day, RULES),
            in_turn(three_rows(), [("2026-03-15", 3_028_000)]),
        )

        reversal = reverse(TERMS, self.ACTS, 0, day=day, rules=RULES)

        now = owed(at(after, day, RULES))
        assert reversal.owed_more == tuple(map(int.__sub__, now, owed(before)))
        assert reversal.owed_more.all_fen == 3_046_500 + 21_326 + now.penalty_fen
        assert reversal.posted_more == Sums(penalty=21_326)

    def test_a_pay_off_taken_back_opens_the_loan_again(self) -> None:
        acts = [Payment(on("2026-01-15"), 9_000_000, prepay=True)]

        reversal = reverse(TERMS, acts, 0, day=on("2026-02-20"), rules=RULES)

        assert (reversal.loan.ended, reversal.loan.outstanding_fen) == ("", 9_000_000)
        assert owed(reversal.loan).penalty_fen == 3_808  # 3,046,500 x 0.09 x 5 / 360 = 3,808.1

    def test_a_write_off_since_loses_more(self) -> None:
        acts = [Payment(on("2026-02-15"), 3_046_500), WriteOff(on("2026-03-10"))]

        reversal = reverse(TERMS, acts, 0, day=on("2026-03-10"), rules=RULES)

        alone = write_off(three_rows(), WriteOff(on("2026-03-10")), RULES).loan
        assert reversal.loan == alone
        assert alone.totals.lost == Sums(0, 17_517, 69_500, 9_000_000)

    @pytest.mark.parametrize("which", [-1, 1, 2])
    def test_only_a_payment_is_taken_back(self, which: int) -> None:
        acts = [Payment(on("2026-02-15"), 3_046_500), WriteOff(on("2026-03-10"))]

        with pytest.raises(InvalidInput, match="is no payment"):
            reverse(TERMS, acts, which, day=on("2026-03-10"), rules=RULES)

    def test_what_cannot_be_done_without_it_is_refused(self) -> None:
        named = replace(NEW, day=on("2026-02-15"), capitalise=frozenset(), waive=frozenset())
        acts = [Payment(on("2026-02-15"), 3_046_500), named]
        assert replay(TERMS, acts, on("2026-02-15"), RULES).undue_fen == 6_000_000

        with pytest.raises(BookRefusal, match="unpaid interest"):
            reverse(TERMS, acts, 0, day=on("2026-02-15"), rules=RULES)


def test_two_parts_of_an_offer_are_two_loans_that_know_nothing_of_each_other() -> None:
    first = loan("bullet", 4_000_000, "0.036", "2026-01-15", days=180)
    second = loan("bullet", 6_000_000, "0.036", "2026-02-14", days=150)

    # On 07-14 180 days of 400 and 150 days of 600 a day.
    assert owed_on(first, "2026-07-14").interest_fen == 72_000
    assert owed_on(second, "2026-07-14").interest_fen == 90_000
