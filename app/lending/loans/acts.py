"""What is done to a loan by name: paid, charged, restructured, written off, recovered."""

import datetime as dt
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import NamedTuple

from app.books.errors import WrongState
from app.lending.loans.advancing import at, begun, charge_at, pay_at
from app.lending.loans.errors import bad_terms, overpaid, unnamed
from app.lending.loans.grading import RESTRUCTURED_STAGE, grade, overdue_days
from app.lending.loans.loan import Charge, Loan, Payment, Sums, Watch
from app.lending.loans.owing import off_income, owed
from app.lending.loans.paying import Allocation, Portion
from app.lending.loans.rules import CLASSES, LoanRules
from graph.errors import InvalidInput

UNPAID = ("fees", "penalty", "interest")
RUNNING = ("active", "overdue", "defaulted", "restructured")


@dataclass(frozen=True, slots=True)
class Restructuring:
    """
    New terms for what is outstanding, and what becomes of what is unpaid.

    Args:
        day: The business day on which it is booked.
        repayment: How it is paid back from now on; not by `discount`.
        rate: The contract rate from now on.
        days: Days until it is due, or None.
        months: Months until it is due, or None.
        settle_day: Day of the month on which rows are due, or None.
        capitalise: Of `fees, penalty, interest`, what of it is unpaid and becomes principal.
        waive: What of it is unpaid and is waived.
    """

    day: dt.date
    repayment: str
    rate: Decimal
    days: int | None
    months: int | None
    settle_day: int | None
    capitalise: frozenset[str]
    waive: frozenset[str]


@dataclass(frozen=True, slots=True)
class WriteOff:
    """All that is owed is given up as lost."""

    day: dt.date


@dataclass(frozen=True, slots=True)
class Recovery:
    """Money that came for a loan that was written off."""

    day: dt.date
    amount_fen: int


Act = Payment | Charge | Restructuring | WriteOff | Recovery


class Acted(NamedTuple):
    """A loan after an act, and where the fen of money that came went."""

    loan: Loan
    allocation: Allocation | None = None


def pay(loan: Loan, payment: Payment, rules: LoanRules) -> Acted:
    """
    Take a loan to the day of a payment, and book it.

    Args:
        loan: The loan.
        payment: The payment.
        rules: Values of the bank.

    Raises:
        WrongState: The loan has ended.
        RuleBroken: `loan.overpaid`: it is more than all that is owed.
        NothingDue: Something is left beyond what is due, and it is no prepayment.
        InvalidInput: The loan is further already, or the payment is none.
    """
    loan = _running(loan, payment.day, rules)
    return Acted(*pay_at(loan, payment, rules))


def charge(loan: Loan, fee: Charge, rules: LoanRules) -> Acted:
    """
    Take a loan to the day of a fee, and book that it is owed.

    Args:
        loan: The loan.
        fee: The fee.
        rules: Values of the bank.

    Raises:
        WrongState: The loan has ended.
        InvalidInput: The loan is further already, or the fee is none.
    """
    if type(fee.amount_fen) is not int or fee.amount_fen < 1:
        raise InvalidInput("amount_fen must be a whole number above 0")
    return Acted(charge_at(_running(loan, fee.day, rules), fee))


def restructure(loan: Loan, act: Restructuring, rules: LoanRules) -> Acted:
    """
    Take a loan to a day, and give it new terms from then on.

    Class and overdue days stay until it has been in order for `watch_days`.

    Args:
        loan: The loan.
        act: The new terms.
        rules: Values of the bank.

    Raises:
        WrongState: The loan has ended.
        RuleBroken: `loan.terms`: they are no loan; `loan.restructure`: it does not say what becomes
            of something that is unpaid.
        InvalidInput: The loan is further already.
    """
    loan = _running(loan, act.day, rules)
    if act.repayment == "discount":
        raise bad_terms(zh="重组不可用贴现", en="repayment cannot be discount in a restructuring")
    unpaid = _unpaid(loan)
    capitalised = _named(unpaid, act.capitalise, act.waive)
    waived = _named(unpaid, act.waive, act.capitalise)
    terms = replace(
        loan.terms,
        amount_fen=loan.outstanding_fen + capitalised.total,
        rate=act.rate,
        repayment=act.repayment,
        drawn_on=act.day,
        days=act.days,
        months=act.months,
        settle_day=act.settle_day,
    )
    graded, closed, totals = grade(loan, act.day, rules), _closed(loan), loan.totals
    days = overdue_days(loan, act.day)
    return Acted(
        replace(
            begun(terms, rules),
            charged=loan.charged,
            totals=closed.totals._replace(
                capitalised=totals.capitalised.plus(capitalised),
                waived=totals.waived.plus(waived),
                off_income=off_income(loan),
            ),
            watch=Watch(graded.loan_class, days),
            stage_kept=max(RESTRUCTURED_STAGE, graded.stage),
            orderly_since=act.day,
        )
    )


def write_off(loan: Loan, act: WriteOff, rules: LoanRules) -> Acted:
    """
    Take a loan to a day, and give up all that is owed: nothing is borne any more.

    Args:
        loan: The loan.
        act: The day.
        rules: Values of the bank.

    Raises:
        WrongState: The loan has ended.
        InvalidInput: The loan is further already.
    """
    loan = _running(loan, act.day, rules)
    lost = _unpaid(loan)._replace(principal=loan.outstanding_fen)
    closed = _closed(loan)
    return Acted(
        replace(
            closed,
            undue_fen=0,
            next_due_on=None,
            due=(),
            fees_fen=0,
            penalty_settled=closed.penalty_settled + lost.penalty,
            default_since=None,
            watch=None,
            stage_kept=1,
            orderly_since=None,
            late=(),
            grace=None,
            ended="written_off",
            totals=closed.totals._replace(lost=lost),
        )
    )


def recover(loan: Loan, act: Recovery, rules: LoanRules) -> Acted:
    """
    Book money that came for what was lost, in the order of the last class.

    Args:
        loan: The loan, written off.
        act: The money.
        rules: Values of the bank.

    Raises:
        WrongState: The loan was not written off.
        RuleBroken: `loan.overpaid`: it is more than was lost.
        InvalidInput: The loan is further already, or the amount is none.
    """
    if loan.ended != "written_off":
        raise WrongState("loan", grade(loan, act.day, rules).state, ["written_off"])
    if type(act.amount_fen) is not int or act.amount_fen < 1:
        raise InvalidInput("amount_fen must be a whole number above 0")
    if act.day < loan.day:
        raise InvalidInput(f"the loan stands at {loan.day} already, after {act.day}")
    lost, had = loan.totals.lost, loan.totals.recovered
    left = act.amount_fen
    if left > lost.total - had.total:
        raise overpaid(lost.total - had.total)
    taken = dict.fromkeys(Sums._fields, 0)
    for kind in rules.payment_order[CLASSES[-1]]:
        if kind in taken:  # Overdue interest was lost as interest.
            taken[kind] = min(left, getattr(lost, kind) - getattr(had, kind))
            left -= taken[kind]
    got = Sums(**taken)
    totals = loan.totals._replace(recovered=had.plus(got))
    parts = tuple(Portion(kind, 0, amount) for kind, amount in taken.items() if amount)
    told = Allocation(got.fees, got.penalty, 0, got.interest, got.principal, parts)
    return Acted(replace(loan, day=act.day, totals=totals), told)


def _running(loan: Loan, day: dt.date, rules: LoanRules) -> Loan:
    """Return a loan at a day, or raise where it has ended."""
    loan = at(loan, day, rules)
    if loan.ended:
        raise WrongState("loan", loan.ended, RUNNING)
    return loan


def _unpaid(loan: Loan) -> Sums:
    """Return what is unpaid beside principal, the interest to the day among it."""
    debt = owed(loan)
    interest = debt.interest_overdue_fen + debt.interest_fen + debt.interest_to_day_fen
    return Sums(debt.fees_fen, debt.penalty_fen, interest)


def _named(unpaid: Sums, these: frozenset[str], others: frozenset[str]) -> Sums:
    """Return what of the unpaid is in these names, each of which must be in one set alone."""
    unknown = sorted((these | others) - set(UNPAID))
    if unknown:
        raise InvalidInput(f"what is unpaid is called one of {UNPAID}, not {unknown}")
    for kind in UNPAID:
        if getattr(unpaid, kind) and (kind in these) is (kind in others):
            raise unnamed(kind)
    return Sums(**{kind: getattr(unpaid, kind) for kind in UNPAID if kind in these})


def _closed(loan: Loan) -> Loan:
    """Return a loan with all that it bore up to its day posted."""
    debt = owed(loan)
    unposted = _unpaid(loan).interest - sum(each.interest_fen for each in loan.due)
    posted = loan.totals.posted.plus(Sums(penalty=debt.penalty_fen, interest=unposted))
    return replace(
        loan,
        interest_posted=loan.interest_posted + unposted,
        totals=loan.totals._replace(posted=posted),
    )
