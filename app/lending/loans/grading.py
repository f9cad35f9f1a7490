"""
How a loan is graded on a day: overdue days, state, class of five, stage, and what is provided.

Overdue days count from the oldest unpaid due day. Beyond `default_days` they go on counting from it
until all that is due is paid. A restructured loan keeps class and overdue days until it has been in
order for `watch_days`; a stage that was reached is left after its months in order.
"""

import datetime as dt
from typing import NamedTuple

from app.lending.loans.loan import Loan
from app.lending.loans.rules import CLASSES, STAGES, LoanRules
from app.lending.loans.terms import months_later

ONE_DAY = dt.timedelta(days=1)
RESTRUCTURED_STAGE = 2


class Grade(NamedTuple):
    """What is said of a loan on a day."""

    state: str
    loan_class: str
    stage: int


_ENDED = {
    "repaid": Grade("repaid", CLASSES[0], 1),
    "written_off": Grade("written_off", CLASSES[-1], 3),
}


def overdue_since(loan: Loan) -> dt.date | None:
    """Return the due day from which a loan is overdue the day after; None where nothing is due."""
    if loan.default_since is not None:
        return loan.default_since
    if not loan.due or not loan.terms.grace_days:
        return loan.due[0].due_on if loan.due else None
    return next((each.due_on for each in loan.due if each.row in loan.late), None)


def overdue_days(loan: Loan, day: dt.date) -> int:
    """
    Return the days overdue at the opening of a day.

    Args:
        loan: The loan, taken to the day or to one before on which it was last touched.
        day: The day.
    """
    return max(_own_days(loan, day), loan.watch.overdue_days if loan.watch else 0)


def grade(loan: Loan, day: dt.date, rules: LoanRules) -> Grade:
    """
    Return state, class and stage at the opening of a day.

    Args:
        loan: The loan, taken to the day or to one before on which it was last touched.
        day: The day.
        rules: Values of the bank.
    """
    if loan.ended:
        return _ENDED[loan.ended]
    days = _own_days(loan, day)
    if not days and loan.watch is None and loan.stage_kept == 1:
        return Grade("active", CLASSES[0], 1)
    own = sum(days > rules.class_days[each] for each in CLASSES[1:])
    kept = CLASSES.index(loan.watch.loan_class) if loan.watch else 0
    stage = 1 + sum(days > rules.stage_days[each] for each in STAGES)
    return Grade(_state(loan, days, rules), CLASSES[max(own, kept)], max(stage, loan.stage_kept))


def next_graded_on(loan: Loan, rules: LoanRules) -> dt.date | None:
    """
    Return the next day on which how a loan is graded changes by time alone; None where none does.

    Args:
        loan: The loan.
        rules: Values of the bank.
    """
    since, day = overdue_since(loan), None
    if since is not None:
        passed = (loan.day - since).days
        further = next((days for days in rules.graded_days if days > passed), None)
        return None if further is None else since + dt.timedelta(days=further)
    if loan.orderly_since is not None:
        if loan.watch:
            day = loan.orderly_since + dt.timedelta(days=rules.watch_days)
        else:
            day = cured_on(loan, rules)
    return day if day is not None and day > loan.day else None


def cured_on(loan: Loan, rules: LoanRules) -> dt.date | None:
    """
    Return when a stage that is kept is left if nothing becomes overdue; None where none is.

    Args:
        loan: The loan.
        rules: Values of the bank.
    """
    if loan.stage_kept == 1 or loan.orderly_since is None:
        return None
    months = rules.cure_months[STAGES[loan.stage_kept - 2]]
    return months_later(loan.orderly_since, months, loan.orderly_since.day)


def _own_days(loan: Loan, day: dt.date) -> int:
    since = overdue_since(loan)
    return max(0, (day - since).days) if since is not None else 0


def _state(loan: Loan, days: int, rules: LoanRules) -> str:
    if days:
        return "defaulted" if days > rules.default_days else "overdue"
    return "restructured" if loan.watch else "active"
