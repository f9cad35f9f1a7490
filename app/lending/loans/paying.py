"""
Where the fen of a payment go, in a loan that has been taken to its day.

First to what is due, by the order of the loan's class, the oldest due day first within each kind;
what is left, where it is said to be a prepayment, to the interest to the day and then to principal
that is not due yet, with the fees of it, whose rows are planned anew.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from app.lending.loans.charging import prepaid
from app.lending.loans.errors import NothingDue, overpaid
from app.lending.loans.grading import grade, overdue_since
from app.lending.loans.loan import Due, Loan, Payment, Sums
from app.lending.loans.owing import (
    is_overdue,
    owed,
    unpaid_penalty_fen,
    unposted_fen,
    with_grace_posted,
)
from app.lending.loans.rules import LoanRules
from app.lending.loans.terms import part_fen
from graph.errors import InvalidInput

MODES = ("lower", "shorten")
FIELDS = {"interest_overdue": "interest_fen", "interest": "interest_fen"}


class Portion(NamedTuple):
    """Fen of a payment that went to one kind, of a row where it has one."""

    kind: str
    row: int  # 0 for what belongs to no row; prepaid principal and interest among it.
    amount_fen: int


class Allocation(NamedTuple):
    """Where the fen of a payment went."""

    fees_fen: int
    penalty_fen: int
    interest_overdue_fen: int
    interest_fen: int
    principal_fen: int
    parts: tuple[Portion, ...]


class Paid(NamedTuple):
    """A loan after a payment, and where its fen went."""

    loan: Loan
    allocation: Allocation


def book(loan: Loan, payment: Payment, rules: LoanRules) -> Paid:
    """
    Return a loan after a payment on its day.

    Args:
        loan: The loan, taken to the day of the payment.
        payment: The payment.
        rules: Values of the bank.

    Raises:
        RuleBroken: `loan.overpaid`: it is more than all that is owed.
        NothingDue: Something is left beyond what is due, and it is no prepayment.
    """
    if type(payment.amount_fen) is not int or payment.amount_fen < 1:
        raise InvalidInput("amount_fen must be a whole number above 0")
    if payment.mode not in MODES:
        raise InvalidInput(f"mode must be one of {MODES}")
    loan = with_grace_posted(loan)
    debt = owed(loan)
    most = debt.all_fen - (debt.prepayment_fees_fen if payment.by_debtor else 0)
    if payment.amount_fen > most:
        raise overpaid(most)
    if payment.amount_fen > debt.due_fen and not payment.prepay:
        raise NothingDue(debt.due_fen)
    graded = grade(loan, loan.day, rules)
    parts = _to_due(loan, payment.amount_fen, rules.payment_order[graded.loan_class])
    after = _without(loan, parts)
    left = payment.amount_fen - sum(each.amount_fen for each in parts)
    if left:
        after, more = _prepaid(after, left, payment)
        parts += more
    after = _ended(_in_order(loan, after, graded.stage))
    return Paid(after, _allocation(parts))


def _to_due(loan: Loan, amount_fen: int, order: Sequence[str]) -> list[Portion]:
    """Return what of a payment goes to what is due."""
    parts: list[Portion] = []
    left = amount_fen
    for kind in order:
        for row, unpaid in _unpaid(loan, kind):
            taken = min(left, unpaid)
            if taken:
                parts.append(Portion(kind, row, taken))
                left -= taken
    return parts


def _unpaid(loan: Loan, kind: str) -> list[tuple[int, int]]:
    """Return what of a kind is due, by row, the oldest first."""
    if kind == "fees":
        return [(0, loan.fees_fen)]
    if kind == "penalty":
        return [(0, unpaid_penalty_fen(loan))]
    if kind == "principal":
        return [(each.row, each.principal_fen) for each in loan.due]
    late = kind == "interest_overdue"
    return [
        (each.row, each.interest_fen)
        for each in loan.due
        if is_overdue(loan, each.due_on, each.row) is late
    ]


def _without(loan: Loan, parts: list[Portion]) -> Loan:
    """Return a loan less what went to what is due."""
    sums = _sums(parts)
    paid: dict[tuple[int, str], int] = {}
    for kind, row, amount in parts:
        paid[row, FIELDS.get(kind, kind)] = amount
    rows = (
        Due(
            each.row,
            each.due_on,
            each.principal_fen - paid.get((each.row, "principal"), 0),
            each.interest_fen - paid.get((each.row, "interest_fen"), 0),
        )
        for each in loan.due
    )
    posted = loan.totals.posted._replace(penalty=loan.totals.posted.penalty + sums.penalty)
    return replace(
        loan,
        due=tuple(each for each in rows if each.principal_fen or each.interest_fen),
        fees_fen=loan.fees_fen - sums.fees,
        penalty_settled=loan.penalty_settled + sums.penalty,
        totals=loan.totals._replace(posted=posted, paid=loan.totals.paid.plus(sums)),
    )


def _prepaid(loan: Loan, left: int, payment: Payment) -> tuple[Loan, list[Portion]]:
    """Return a loan, all due paid, after a prepayment, and where its fen went."""
    interest = min(left, unposted_fen(loan))
    principal = beyond = left - interest
    if not payment.by_debtor:
        loan, principal = prepaid(loan, beyond)
    fees = beyond - principal
    undue, part = loan.undue_fen - principal, loan.part_fen
    if principal and payment.mode == "lower" and undue:
        terms = loan.terms
        part = part_fen(terms.repayment, undue, terms.rate, terms.rows - loan.row + 1)
    sums = Sums(fees, 0, interest, principal)
    posted = loan.totals.posted.plus(Sums(interest=interest))
    after = replace(
        loan,
        part_fen=part,
        undue_fen=undue,
        fees_fen=loan.fees_fen - fees,
        next_due_on=loan.next_due_on if undue else None,
        interest_posted=loan.interest_posted + interest,
        totals=loan.totals._replace(posted=posted, paid=loan.totals.paid.plus(sums)),
    )
    parts = (
        Portion("fees", 0, fees),
        Portion("interest", 0, interest),
        Portion("principal", 0, principal),
    )
    return after, [each for each in parts if each.amount_fen]


def _in_order(before: Loan, after: Loan, stage: int) -> Loan:
    """Return a loan whose default, stage or watch goes on, or begins to heal, after a payment."""
    if not after.due:
        healed = not after.fees_fen and not unpaid_penalty_fen(after)
        since = None if healed else after.default_since
        after = replace(after, default_since=since, late=(), grace=None)
    elif after.grace and not any(map(after.in_grace, after.due)):
        after = replace(after, grace=None)
    was = overdue_since(before)
    now = overdue_since(after)
    is_cured = was is not None and was < before.day and (now is None or now >= after.day)
    if is_cured and (stage > 1 or after.watch):
        after = replace(after, stage_kept=stage, orderly_since=after.day)
    return after


def _ended(loan: Loan) -> Loan:
    """Return a loan as repaid where nothing is owed any more."""
    owes = loan.due or loan.undue_fen or loan.fees_fen or unpaid_penalty_fen(loan)
    if owes:
        return loan
    return replace(
        loan, ended="repaid", next_due_on=None, watch=None, stage_kept=1, orderly_since=None
    )


def _sums(parts: list[Portion]) -> Sums:
    by: dict[str, int] = {}
    for kind, _, amount in parts:
        by[kind] = by.get(kind, 0) + amount
    interest = by.get("interest_overdue", 0) + by.get("interest", 0)
    return Sums(by.get("fees", 0), by.get("penalty", 0), interest, by.get("principal", 0))


def _allocation(parts: list[Portion]) -> Allocation:
    by: dict[str, int] = {}
    for kind, _, amount in parts:
        by[kind] = by.get(kind, 0) + amount
    return Allocation(
        fees_fen=by.get("fees", 0),
        penalty_fen=by.get("penalty", 0),
        interest_overdue_fen=by.get("interest_overdue", 0),
        interest_fen=by.get("interest", 0),
        principal_fen=by.get("principal", 0),
        parts=tuple(parts),
    )
