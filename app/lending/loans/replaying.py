"""A loan from its terms and all that was done to it, and what a payment taken back changes."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from app.lending.loans.acts import (
    Act,
    Acted,
    Recovery,
    Restructuring,
    WriteOff,
    charge,
    pay,
    recover,
    restructure,
    write_off,
)
from app.lending.loans.advancing import at, draw
from app.lending.loans.errors import NothingDue
from app.lending.loans.loan import Charge, Loan, Payment, Sums
from app.lending.loans.owing import LoanDebt, owed
from app.lending.loans.rules import LoanRules
from app.lending.loans.terms import LoanTerms
from graph.errors import InvalidInput


class Reversal(NamedTuple):
    """A loan as if a payment had never come, and what is booked today for it."""

    loan: Loan
    owed_more: LoanDebt  # What is owed now less what was owed before; below 0 where it is less.
    posted_more: Sums  # The same of what was posted in all.


def do(loan: Loan, act: Act, rules: LoanRules) -> Acted:
    """
    Do one act to a loan.

    Args:
        loan: The loan.
        act: The act.
        rules: Values of the bank.

    Raises:
        BookRefusal: The act is refused.
        InvalidInput: The loan is further already, or the act is none.
    """
    return _DOING[type(act)](loan, act, rules)


def replay(terms: LoanTerms, acts: Sequence[Act], day: dt.date, rules: LoanRules) -> Loan:
    """
    Return a loan at the opening of a day, from its draw on.

    What a payment leaves beyond what is due goes to what is not due yet: the money has come.

    Args:
        terms: What was agreed.
        acts: What was done to it, in order.
        day: The day.
        rules: Values of the bank.

    Raises:
        BookRefusal: The terms are no loan, or an act is refused.
        InvalidInput: An act lies before the one before, or after the day.
    """
    loan = draw(terms, rules)
    for act in acts:
        loan = _done_again(loan, act, rules)
    return at(loan, day, rules)


def _done_again(loan: Loan, act: Act, rules: LoanRules) -> Loan:
    try:
        return do(loan, act, rules).loan
    except NothingDue:
        if not isinstance(act, Payment):
            raise
        return do(loan, replace(act, prepay=True), rules).loan


def reverse(
    terms: LoanTerms, acts: Sequence[Act], which: int, *, day: dt.date, rules: LoanRules
) -> Reversal:
    """
    Return a loan as if one of its payments had never come; the differences are of the day.

    Args:
        terms: What was agreed.
        acts: What was done to it, in order, the payment among it.
        which: The place of the payment in the acts, from 0.
        day: Today.
        rules: Values of the bank.

    Raises:
        BookRefusal: What was done later cannot be done without it.
        InvalidInput: That act is no payment.
    """
    if not 0 <= which < len(acts) or not isinstance(acts[which], Payment):
        raise InvalidInput(f"act {which} of the loan is no payment")
    before = replay(terms, acts, day, rules)
    after = replay(terms, [*acts[:which], *acts[which + 1 :]], day, rules)
    owed_more = map(int.__sub__, owed(after), owed(before))
    posted_more = map(int.__sub__, after.totals.posted, before.totals.posted)
    return Reversal(after, LoanDebt(*owed_more), Sums(*posted_more))


_DOING: dict[type[Any], Callable[[Loan, Any, LoanRules], Acted]] = {
    Payment: pay,
    Charge: charge,
    Restructuring: restructure,
    WriteOff: write_off,
    Recovery: recover,
}
