"""What lies ahead of loans: rows to come of all of a firm, and what a payment would do to one."""

import datetime as dt
from collections.abc import Sequence
from typing import Any, NamedTuple

from app.lending.loans.advancing import at
from app.lending.loans.loan import Loan, Payment
from app.lending.loans.owing import owed
from app.lending.loans.replaying import do
from app.lending.loans.rules import LoanRules
from app.lending.loans.schedule import rows_to_come
from app.lending.servicing import repository
from app.lending.servicing.acting import allocated
from app.lending.servicing.plan import drawn_and_done
from app.lending.servicing.repository import ENDED, WantedLoans
from app.lending.servicing.rows import standing
from app.lending.servicing.service import found
from app.lending.servicing.statement import StatementRow, statement_of
from app.lending.servicing.values import LoanValues, values_today
from app.platform.auth.sight import Sight
from app.platform.deps import Resources
from app.platform.documents import Document

LOANS_AT_ONCE = 500
LOANS_MAX = 10_000
MODES = ("lower", "shorten")


class RowAhead(NamedTuple):
    """What a firm has to pay on a loan on a day; `late` where that day has passed."""

    loan: str
    due_on: dt.date
    amount_fen: int
    late: bool


class LoanAhead(NamedTuple):
    """What is left of a loan: rows, the next and the last of them, interest to come, principal."""

    rows: int
    next_on: dt.date | None
    next_fen: int
    last_on: dt.date | None
    interest_fen: int
    outstanding_fen: int


class PaymentTried(NamedTuple):
    """What a payment would do: where its fen go, and what is left of the loan after it."""

    allocation: Document
    after: LoanAhead


def rows_ahead(resources: Resources, firm: str) -> Sequence[RowAhead]:
    """
    Return what a firm has to pay on all its loans, in order of days.

    Raises:
        Absent: The books are not open.
        Unready: No policy, or no rule of classes, can be used.
    """
    values, wanted, rows = values_today(resources), WantedLoans(firm=firm), list[RowAhead]()
    after, seen = "", 0
    while seen < LOANS_MAX:
        with resources.records.reading() as connection:
            part = repository.page(connection, wanted, after=after, size=LOANS_AT_ONCE)
        for row in part:
            if row["state"] not in ENDED:
                rows += _rows(row["loan"], _today(row, values), values)
        if len(part) < LOANS_AT_ONCE:
            break
        after, seen = part[-1]["loan"], seen + len(part)
    return sorted(rows, key=lambda each: (each.due_on, each.loan))


def _rows(name: str, loan: Loan, values: LoanValues) -> Sequence[RowAhead]:
    due = owed(loan).due_fen
    since = min((each.due_on for each in loan.due), default=values.day)
    now = [RowAhead(name, since, due, since < values.day)] if due else []
    later = [
        RowAhead(name, each.due_on, sum(each.sums_fen), late=False)
        for each in rows_to_come(loan, values.rules).rows
    ]
    return [*now, *later]


def try_payment(
    resources: Resources, loan: str, sight: Sight, payment: tuple[int, bool]
) -> dict[str, PaymentTried]:
    """
    Return what a payment today would do, by the two ways that rows go on after it.

    Args:
        resources: What the process has open.
        loan: The loan.
        sight: Who asks.
        payment: How much, in fen, and whether what is beyond what is due is prepaid.

    Raises:
        Absent: There is none of this id, or it is somebody else's.
        NothingDue: Something is left beyond what is due, and it is no prepayment.
        RuleBroken: It is more than all that is owed.
        WrongState: The loan has ended.
    """
    row, _ = found(resources, loan, sight)
    values = values_today(resources)
    now = _today(row, values)
    tried = {}
    for mode in MODES:
        acted = do(now, Payment(values.day, *payment, mode), values.rules)
        told = allocated(acted.allocation) if acted.allocation else {}
        tried[mode] = PaymentTried(told, _ahead(acted.loan, values.rules))
    return tried


def ahead_of(resources: Resources, loan: str, sight: Sight) -> LoanAhead:
    """
    Return what is left of a loan as it stands.

    Raises:
        Absent: There is none of this id, or it is somebody else's.
    """
    row, _ = found(resources, loan, sight)
    values = values_today(resources)
    return _ahead(_today(row, values), values.rules)


def statement(resources: Resources, loan: str, sight: Sight) -> Sequence[StatementRow]:
    """
    Return the statement of a loan.

    Raises:
        Absent: There is none of this id, or it is somebody else's.
    """
    _, acts = found(resources, loan, sight)
    values = values_today(resources)
    return statement_of(*drawn_and_done(acts), values.rules, day=values.day)


def _today(row: dict[str, Any], values: LoanValues) -> Loan:
    kept = standing(row)
    return at(kept, max(values.day, kept.day), values.rules)


def _ahead(loan: Loan, rules: LoanRules) -> LoanAhead:
    rows = () if loan.ended else rows_to_come(loan, rules).rows
    first = rows[0] if rows else None
    return LoanAhead(
        len(rows),
        first.due_on if first else None,
        sum(first.sums_fen) if first else 0,
        rows[-1].due_on if rows else None,
        sum(each.interest_fen for each in rows),
        0 if loan.ended else loan.outstanding_fen,
    )
