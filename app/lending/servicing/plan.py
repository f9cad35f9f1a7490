"""The plan of a loan as it came and as it will: every row, what of it is paid, what was prepaid."""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from app.lending.loans.acts import Act, Restructuring
from app.lending.loans.advancing import advance, draw
from app.lending.loans.errors import NothingDue
from app.lending.loans.loan import Loan, Payment
from app.lending.loans.paying import Portion
from app.lending.loans.replaying import do
from app.lending.loans.rules import LoanRules
from app.lending.loans.schedule import rows_to_come
from app.lending.loans.terms import LoanTerms
from app.lending.loans.written import terms_of
from app.lending.servicing.rows import act_of
from app.platform.documents import Document

Row = dict[str, Any]


@dataclass(slots=True)
class ScheduledRow:
    """A row that is due or will be: what it asks, and what of it is paid."""

    n: int
    due_on: dt.date
    principal_fen: int
    interest_fen: int
    paid_fen: int = 0
    fees_fen: int = 0


@dataclass(slots=True)
class LoanScheduled:
    """The rows since the draw or the last restructuring, and what was paid before it was due."""

    rows: list[ScheduledRow] = field(default_factory=list)
    prepaid_principal_fen: int = 0
    prepaid_interest_fen: int = 0
    fees_fen: int = 0

    def document(self) -> Document:
        """Return it as it is shown; rows and what was prepaid sum to what was agreed."""
        interest = sum(each.interest_fen for each in self.rows) + self.prepaid_interest_fen
        return {
            "items": [
                {name: getattr(each, name) for name in ScheduledRow.__slots__} for each in self.rows
            ],
            "prepaid_principal_fen": self.prepaid_principal_fen,
            "prepaid_interest_fen": self.prepaid_interest_fen,
            "total_interest_fen": interest,
            "total_fees_fen": self.fees_fen,
        }


def drawn_and_done(rows: Sequence[Row]) -> tuple[LoanTerms, list[Act]]:
    """
    Return the terms of a loan's draw, and what was done to it since and not taken back.

    Args:
        rows: The rows of its acts, the draw first.
    """
    terms = terms_of(json.loads(rows[0]["asked"]))
    return terms, [
        act_of(row["kind"], json.loads(row["asked"])) for row in rows[1:] if not row["reversed"]
    ]


def plan_of(terms: LoanTerms, acts: Sequence[Act], day: dt.date, rules: LoanRules) -> LoanScheduled:
    """
    Return the plan of a loan as it stands at the opening of a day.

    Args:
        terms: Those of its draw.
        acts: What was done to it, in order.
        day: The day.
        rules: Values of the bank.
    """
    loan, plan = draw(terms, rules), LoanScheduled()
    for act in acts:
        loan = _passed(loan, act.day, plan, rules)
        if isinstance(act, Restructuring):
            plan = LoanScheduled()
        acted = act_done(loan, act, rules)
        if isinstance(act, Payment) and acted.allocation is not None:
            _paid(plan, acted.allocation.parts)
        loan = acted.loan
    loan = _passed(loan, day, plan, rules)
    plan.fees_fen = loan.totals.posted.fees
    if not loan.ended:
        to_come = rows_to_come(loan, rules)
        plan.rows += [
            ScheduledRow(
                each.row, each.due_on, each.principal_fen, each.interest_fen, 0, each.fees_fen
            )
            for each in to_come.rows
        ]
        plan.fees_fen += to_come.fees_fen
    return plan


def act_done(loan: Loan, act: Act, rules: LoanRules) -> Any:
    """
    Return what an act comes to when it is done again.

    Args:
        loan: The loan, taken to the day of the act.
        act: What is done.
        rules: Values of the bank.
    """
    try:
        return do(loan, act, rules)
    except NothingDue:  # After a reversal: the money has come (`replaying`).
        if not isinstance(act, Payment):
            raise
        return do(loan, replace(act, prepay=True), rules)


def _passed(loan: Loan, day: dt.date, plan: LoanScheduled, rules: LoanRules) -> Loan:
    """Return a loan taken to a day; the rows that became due on the way are in the plan."""
    advanced = advance(loan, max(day, loan.day), rules)
    for each in advanced.happened:
        if each.what == "due":
            row = ScheduledRow(int(each.after), each.day, each.principal_fen, each.interest_fen)
            plan.rows = [known for known in plan.rows if known.n != row.n] + [row]
    names = {fee.id for fee in loan.terms.fees if fee.when == "due"}
    for each in advanced.happened:
        if each.what == "fee" and each.after in names:
            on_day = [row for row in plan.rows if row.due_on == each.day]
            for row in on_day[-1:]:
                row.fees_fen += each.fee_fen
    return advanced.loan


def _paid(plan: LoanScheduled, parts: Sequence[Portion]) -> None:
    by = {each.n: each for each in plan.rows}
    for kind, number, fen in parts:
        if number in by:
            by[number].paid_fen += fen
        elif kind == "principal":
            plan.prepaid_principal_fen += fen
        elif kind == "interest":
            plan.prepaid_interest_fen += fen
