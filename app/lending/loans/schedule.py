"""The rows of a loan: what becomes due when, if all is paid on its day."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.lending.loans.advancing import draw, with_row_due
from app.lending.loans.loan import Loan
from app.lending.loans.owing import accrued
from app.lending.loans.rules import LoanRules
from app.lending.loans.terms import LoanTerms


@dataclass(frozen=True, slots=True)
class ScheduleRow:
    """One row: what becomes due on a day."""

    row: int
    due_on: dt.date
    principal_fen: int
    interest_fen: int
    fees_fen: int = 0

    @property
    def sums_fen(self) -> tuple[int, int, int]:
        """Return what is to be paid on the day: principal, interest, fees."""
        return self.principal_fen, self.interest_fen, self.fees_fen


@dataclass(frozen=True, slots=True)
class Schedule:
    """All rows of a loan."""

    rows: Sequence[ScheduleRow]

    @property
    def interest_fen(self) -> int:
        """Return the interest of all rows."""
        return sum(each.interest_fen for each in self.rows)

    @property
    def fees_fen(self) -> int:
        """Return the fees of all rows; those of the draw are in none."""
        return sum(each.fees_fen for each in self.rows)


def schedule(terms: LoanTerms, rules: LoanRules) -> Schedule:
    """
    Return the rows of a loan from its draw on.

    Args:
        terms: What was agreed.
        rules: Values of the bank.

    Raises:
        RuleBroken: `loan.terms`: they are no loan.
    """
    return rows_to_come(draw(terms, rules), rules)


def rows_to_come(loan: Loan, rules: LoanRules) -> Schedule:
    """
    Return the rows of a loan that are not due yet, if whatever is due is paid on its day.

    Args:
        loan: The loan.
        rules: Values of the bank.
    """
    loan = replace(loan, due=(), fees_fen=0, grace=None, default_since=None, watch=None)
    rows: list[ScheduleRow] = []
    for _ in range(loan.row, loan.terms.rows + 1):
        if loan.next_due_on is None:
            break
        loan, row = with_row_due(accrued(loan, loan.next_due_on, rules), rules)
        rows.append(ScheduleRow(*row, loan.fees_fen))
        loan = replace(loan, due=(), fees_fen=0)
    return Schedule(rows)
