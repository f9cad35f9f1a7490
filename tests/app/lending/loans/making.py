"""Loans to try things with, and the values that a bank goes by."""

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from app.lending.loans.acts import Acted, pay
from app.lending.loans.advancing import at, draw
from app.lending.loans.loan import Loan, Payment
from app.lending.loans.owing import LoanDebt, owed
from app.lending.loans.rules import CLASSES, LoanRules
from app.lending.loans.schedule import Schedule
from app.lending.loans.terms import LoanTerms

USUAL = ("fees", "penalty", "interest_overdue", "interest", "principal")
IN_DEFAULT = ("fees", "principal", "interest_overdue", "interest", "penalty")
SHARES = ("0.01", "0.02", "0.25", "0.50", "1")


def rules(**changed: Any) -> LoanRules:
    """Return the values of a bank, some of them changed."""
    values: dict[str, Any] = {
        "class_days": {"special_mention": 0, "substandard": 90, "doubtful": 270, "loss": 360},
        "stage_days": {"two": 30, "three": 90},
        "cure_months": {"two": 3, "three": 12},
        "watch_days": 180,
        "provisions": dict(zip(CLASSES, map(Decimal, SHARES), strict=True)),
        "payment_order": dict.fromkeys(CLASSES[:2], USUAL) | dict.fromkeys(CLASSES[2:], IN_DEFAULT),
        "days_off": frozenset(),
    }
    return LoanRules(**values | changed)


RULES = rules()


def on(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def terms(
    repayment: str,
    amount_fen: int,
    rate: str,
    drawn: str,
    **further: Any,
) -> LoanTerms:
    """Return terms; `further` are days or months, and what is not as usual."""
    values: dict[str, Any] = {
        "days": None,
        "months": None,
        "settle_day": None,
        "day_base": 360,
        "penalty_factor": Decimal("1.5"),
        "grace_days": 0,
    }
    return LoanTerms(
        amount_fen=amount_fen,
        rate=Decimal(rate),
        repayment=repayment,
        drawn_on=on(drawn),
        **values | further,
    )


def loan(*given: Any, **further: Any) -> Loan:
    """Return a loan on the day of its draw; what is given is as for `terms`."""
    return draw(terms(*given, **further), RULES)


def paid(of: Loan, day: str, amount_fen: int, **further: Any) -> Acted:
    return pay(of, Payment(on(day), amount_fen, **further), RULES)


def owed_on(of: Loan, day: str) -> LoanDebt:
    return owed(at(of, on(day), RULES))


def rows(of: Schedule) -> list[tuple[str, int, int]]:
    return [(str(each.due_on), each.principal_fen, each.interest_fen) for each in of.rows]


def interest(of: Schedule) -> list[int]:
    return [each.interest_fen for each in of.rows]


def principal(of: Schedule) -> list[int]:
    return [each.principal_fen for each in of.rows]


def in_turn(of: Loan, payments: Iterable[tuple[str, int]]) -> Loan:
    """Return a loan after payments, each of them due."""
    for day, amount in payments:
        of = paid(of, day, amount).loan
    return of
