"""
A loan from its draw on from day to day: rows become due, grace passes, grades change.

Only the days on which something happens cost anything: `touch_on` says which is the next, and to
take a loan over the days before it gives back the loan as it is. So a bank closes a day by the
loans whose day it is, and in whatever steps days are closed, the books are the same.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from app.lending.loans.charging import (
    charged,
    charged_overdue,
    charged_row,
    overdue_fee_on,
    uncharged,
)
from app.lending.loans.grading import cured_on, grade, next_graded_on, overdue_since
from app.lending.loans.loan import Charge, Due, Grace, Happening, Loan, Payment, Sums, Totals
from app.lending.loans.owing import accrued, unposted_fen
from app.lending.loans.paying import Paid, book
from app.lending.loans.rules import LoanRules
from app.lending.loans.terms import LoanTerms, check_terms, due_on, part_fen
from graph.errors import InvalidInput

ONE_DAY = dt.timedelta(days=1)
TOUCHES_MAX = 10_000  # More than a loan of thirty years has.


class Advanced(NamedTuple):
    """A loan on a day, and what happened to it on the way."""

    loan: Loan
    happened: Sequence[Happening]


def draw(terms: LoanTerms, rules: LoanRules) -> Loan:
    """
    Return a loan on the day of its draw, with its fees. A part of an offer is a loan of its own.

    Args:
        terms: What was agreed.
        rules: Values of the bank.

    Raises:
        RuleBroken: `loan.terms`: they are no loan.
    """
    return charged(begun(terms, rules), "draw", terms.amount_fen)


def begun(terms: LoanTerms, rules: LoanRules) -> Loan:
    """
    Return a loan on its first day by these terms, of a draw or a restructuring.

    Args:
        terms: What was agreed.
        rules: Values of the bank.

    Raises:
        RuleBroken: `loan.terms`: they are no loan.
    """
    check_terms(terms, rules.days_off)
    return Loan(
        terms=terms,
        day=terms.drawn_on,
        row=1,
        part_fen=part_fen(terms.repayment, terms.amount_fen, terms.rate, terms.rows),
        undue_fen=terms.amount_fen,
        next_due_on=due_on(terms, 1, rules.days_off),
        totals=Totals(Sums(principal=terms.amount_fen)),
        charged=uncharged(terms),
    )


def touch_on(loan: Loan, rules: LoanRules) -> dt.date | None:
    """
    Return the next day on which time alone does something to a loan; None where it never does.

    Args:
        loan: The loan.
        rules: Values of the bank.
    """
    if not loan.due and loan.orderly_since is None and loan.default_since is None:
        return loan.next_due_on
    days = [loan.next_due_on, next_graded_on(loan, rules), _after(loan, overdue_fee_on(loan))]
    if loan.terms.grace_days:
        days += [_expires_on(loan, each) for each in loan.due if loan.in_grace(each)]
    return min((day for day in days if day is not None), default=None)


def advance(loan: Loan, day: dt.date, rules: LoanRules) -> Advanced:
    """
    Take a loan to the opening of a business day: what it is then, and what happened until then.

    Args:
        loan: The loan.
        day: The day.
        rules: Values of the bank.

    Raises:
        InvalidInput: The loan is further already.
    """
    if day < loan.day:
        raise InvalidInput(f"the loan stands at {loan.day} already, after {day}")
    happened: list[Happening] = []
    for _ in range(TOUCHES_MAX):
        touch = touch_on(loan, rules)
        if touch is None or touch > day:
            return Advanced(loan, happened)
        after = _touched(loan, touch, rules)
        happened += _told(loan, after, rules)
        loan = after
    raise RuntimeError(f"a loan was touched {TOUCHES_MAX} times and stands at {loan.day}")


def at(loan: Loan, day: dt.date, rules: LoanRules) -> Loan:
    """
    Return a loan with all that it bears up to the opening of a business day.

    Args:
        loan: The loan.
        day: The day.
        rules: Values of the bank.

    Raises:
        InvalidInput: The loan is further already.
    """
    return accrued(advance(loan, day, rules).loan, day, rules)


def pay_at(loan: Loan, payment: Payment, rules: LoanRules) -> Paid:
    """
    Return a loan, taken to the day of a payment, after it, kept for as long as a row has grace.

    Args:
        loan: The loan, taken to the day.
        payment: The payment.
        rules: Values of the bank.

    Raises:
        RuleBroken: `loan.overpaid`.
        NothingDue: Something is left beyond what is due, and it is no prepayment.
    """
    return book(_noted(loan, payment), payment, rules)


def charge_at(loan: Loan, charge: Charge) -> Loan:
    """Return a loan, taken to the day of a fee, that owes the fee."""
    posted = loan.totals.posted.plus(Sums(fees=charge.amount_fen))
    return replace(
        _noted(loan, charge),
        fees_fen=loan.fees_fen + charge.amount_fen,
        totals=loan.totals._replace(posted=posted),
    )


def with_row_due(loan: Loan, rules: LoanRules) -> tuple[Loan, Due]:
    """
    Return a loan on a due day with the row due, and that row.

    Args:
        loan: The loan, taken to the day.
        rules: Values of the bank.
    """
    interest = unposted_fen(loan)
    principal = _principal(loan, interest)
    row = Due(loan.row, loan.day, principal, interest)
    undue, posted = loan.undue_fen - principal, loan.totals.posted
    further = due_on(loan.terms, loan.row + 1, rules.days_off) if undue else None
    after = loan.moved(
        row=loan.row + 1,
        undue_fen=undue,
        next_due_on=further,
        due=(*loan.due, row) if principal or interest else loan.due,
        interest_posted=loan.interest_posted + interest,
        totals=loan.totals._replace(posted=posted._replace(interest=posted.interest + interest)),
    )
    return charged_row(after, row), row


def _principal(loan: Loan, interest: int) -> int:
    """Return the principal of the next row, whose interest is given."""
    terms = loan.terms
    if loan.row >= terms.rows:
        return loan.undue_fen
    if terms.repayment == "equal_principal":
        return min(loan.part_fen, loan.undue_fen)
    if terms.repayment == "equal_instalment":
        return min(max(loan.part_fen - interest, 0), loan.undue_fen)
    return 0


def _after(loan: Loan, day: dt.date | None) -> dt.date | None:
    """Return a day where it lies after the loan's."""
    return day if day is not None and day > loan.day else None


def _expires_on(loan: Loan, due: Due) -> dt.date:
    return due.due_on + dt.timedelta(days=loan.terms.grace_days + 1)


def _noted(loan: Loan, act: Payment | Charge) -> Loan:
    if loan.grace is None:
        return loan
    return replace(loan, grace=Grace(loan.grace.loan, (*loan.grace.acts, act)))


def _touched(loan: Loan, day: dt.date, rules: LoanRules) -> Loan:
    """Return a loan after the next day on which something happens to it."""
    after = _healed(accrued(loan, day, rules), rules)
    expired = tuple(
        each.row for each in after.due if after.in_grace(each) and _expires_on(after, each) == day
    )
    if expired and after.grace is not None:
        after = _without_grace(after.grace, expired, day, rules)
    since = overdue_since(after)
    if since is not None and (day - since).days > rules.default_days:
        after = after.moved(default_since=since)  # Kept by what undoes the grace of rows due today.
    return charged_overdue(_with_rows_due(after, rules))


def _healed(loan: Loan, rules: LoanRules) -> Loan:
    """Return a loan without what it kept for a time that is over."""
    since = overdue_since(loan)
    if loan.orderly_since is None or (since is not None and since < loan.day):
        return loan
    watch, stage = loan.watch, loan.stage_kept
    if watch and loan.orderly_since + dt.timedelta(days=rules.watch_days) <= loan.day:
        watch = None
    cured = cured_on(loan, rules)
    if watch is None and cured is not None and cured <= loan.day:
        stage = 1
    if watch is loan.watch and stage == loan.stage_kept:
        return loan
    orderly = loan.orderly_since if watch or stage > 1 else None
    return replace(loan, watch=watch, stage_kept=stage, orderly_since=orderly)


def _with_rows_due(loan: Loan, rules: LoanRules) -> Loan:
    """Return a loan with every row due whose due day it is; several where a calendar moved them."""
    for _ in range(loan.row, loan.terms.rows + 1):
        if loan.next_due_on != loan.day:
            break
        before = loan
        loan, row = with_row_due(loan, rules)
        if loan.terms.grace_days and loan.grace is None and row.row not in loan.late:
            loan = replace(loan, grace=Grace(before, ()))
    return loan


def _without_grace(grace: Grace, rows: tuple[int, ...], day: dt.date, rules: LoanRules) -> Loan:
    """Return a loan as it would be on a day if rows had had no grace."""
    start = replace(grace.loan, late=(*grace.loan.late, *rows))
    loan = _with_rows_due(start, rules)
    for act in grace.acts:
        loan = at(loan, act.day, rules)
        if isinstance(act, Charge):
            loan = charge_at(loan, act)
        else:
            loan = pay_at(loan, replace(act, prepay=True), rules).loan
    return at(loan, day, rules)


def _told(before: Loan, after: Loan, rules: LoanRules) -> list[Happening]:
    """Return what the touch of a loan did."""
    day = after.day
    told = [
        Happening(day, "due", "", each.row, each.principal_fen, each.interest_fen)
        for each in after.due
        if each.row >= before.row
    ]
    was, now = grade(before, day - ONE_DAY, rules), grade(after, day, rules)
    changes = (
        Happening(day, "state", was.state, now.state),
        Happening(day, "class", was.loan_class, now.loan_class),
        Happening(day, "stage", was.stage, now.stage),
    )
    told += fees_between(before, after)
    told += [each for each in changes if each.before != each.after]
    return told


def fees_between(before: Loan, after: Loan) -> list[Happening]:
    """
    Return what was charged of each fee between two states of a loan, below 0 where it is less.

    Args:
        before: The loan; without any charge yet where it was of none.
        after: The same loan later.
    """
    had = before.charged or uncharged(after.terms)
    return [
        Happening(after.day, "fee", "", fee.id, fee_fen=now.fen - was.fen)
        for fee, was, now in zip(after.terms.fees, had, after.charged, strict=True)
        if now.fen != was.fen
    ]
