"""What is owed on a day, and the sums that are borne up to it."""

import datetime as dt
from dataclasses import replace
from typing import NamedTuple

from app.lending.loans.charging import prepayment_fees_fen
from app.lending.loans.exact import half_up
from app.lending.loans.grading import overdue_days
from app.lending.loans.loan import Loan, Sums
from app.lending.loans.rules import LoanRules


class LoanDebt(NamedTuple):
    """What is owed on a day: five kinds that are due, what is not, and what it costs to pay it."""

    fees_fen: int
    penalty_fen: int
    interest_overdue_fen: int
    interest_fen: int
    principal_fen: int
    interest_to_day_fen: int
    undue_fen: int
    prepayment_fees_fen: int = 0

    @property
    def due_fen(self) -> int:
        """Return all that is due."""
        return sum(self[:5])

    @property
    def all_fen(self) -> int:
        """Return what pays the loan off."""
        return sum(self)


def accrued(loan: Loan, day: dt.date, rules: LoanRules) -> Loan:
    """
    Return a loan with what it bears up to the opening of a day, before the next it must be touched.

    Args:
        loan: The loan.
        day: The day.
        rules: Values of the bank.
    """
    days = (day - loan.day).days
    if not days:
        return loan
    scale, contract, penal = loan.terms.scale, 0, 0
    if loan.terms.bears:
        contract = loan.undue_fen
    for each in loan.due:
        if loan.in_grace(each):
            contract += each.principal_fen
        else:
            penal += each.principal_fen + each.interest_fen
    interest = contract * scale.contract * days
    penalty = penal * scale.penal * days
    off = overdue_days(loan, loan.day) > rules.default_days
    return loan.moved(
        day=day,
        interest_exact=loan.interest_exact + interest,
        penalty_exact=loan.penalty_exact + penalty,
        off_interest_exact=loan.off_interest_exact + interest * off,
        off_penalty_exact=loan.off_penalty_exact + penalty * off,
    )


def with_grace_posted(loan: Loan) -> Loan:
    """
    Return a loan all of whose rows are due, with the interest of days of grace on the last of them.

    Of a row that was paid in its grace it stays, though the last row's grace passed in vain.
    """
    if loan.next_due_on is not None or not loan.due or not loan.terms.grace_days:
        return loan
    interest = unposted_fen(loan)
    if not interest:
        return loan
    last = loan.due[-1]
    posted = loan.totals.posted._replace(interest=loan.totals.posted.interest + interest)
    return replace(
        loan,
        due=(*loan.due[:-1], last._replace(interest_fen=last.interest_fen + interest)),
        interest_posted=loan.interest_posted + interest,
        totals=loan.totals._replace(posted=posted),
    )


def off_income(loan: Loan) -> Sums:
    """Return what was borne off income up to the loan's day, of all its terms."""
    unit = loan.terms.scale.unit
    penalty, interest = (
        half_up(loan.off_penalty_exact, unit),
        half_up(loan.off_interest_exact, unit),
    )
    return loan.totals.off_income.plus(Sums(penalty=penalty, interest=interest))


def unposted_fen(loan: Loan) -> int:
    """Return the interest borne up to the loan's day that is not posted."""
    return half_up(loan.interest_exact, loan.terms.scale.unit) - loan.interest_posted


def unpaid_penalty_fen(loan: Loan) -> int:
    """Return the penalty borne up to the loan's day that is unpaid."""
    return half_up(loan.penalty_exact, loan.terms.scale.unit) - loan.penalty_settled


def is_overdue(loan: Loan, due_on: dt.date, row: int) -> bool:
    """Return whether a row's due day has passed, and its days of grace in vain."""
    return due_on < loan.day and (not loan.terms.grace_days or row in loan.late)


def owed(loan: Loan) -> LoanDebt:
    """Return what is owed at the opening of the loan's day."""
    loan = with_grace_posted(loan)
    overdue = interest = principal = 0
    for each in loan.due:
        principal += each.principal_fen
        if is_overdue(loan, each.due_on, each.row):
            overdue += each.interest_fen
        else:
            interest += each.interest_fen
    return LoanDebt(
        fees_fen=loan.fees_fen,
        penalty_fen=unpaid_penalty_fen(loan),
        interest_overdue_fen=overdue,
        interest_fen=interest,
        principal_fen=principal,
        interest_to_day_fen=unposted_fen(loan) if not loan.ended else 0,
        undue_fen=loan.undue_fen,
        prepayment_fees_fen=prepayment_fees_fen(loan, loan.undue_fen),
    )
