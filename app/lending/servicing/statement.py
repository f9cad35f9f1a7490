"""The statement of a loan: what came and went, each fen in its place, and what is then owed."""

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

from app.lending.loans.acts import Act
from app.lending.loans.advancing import advance, draw, fees_between
from app.lending.loans.fees import FeeTerms
from app.lending.loans.loan import Happening, Loan
from app.lending.loans.rules import LoanRules
from app.lending.loans.terms import LoanTerms, proceeds_fen
from app.lending.servicing.plan import act_done

DRAWN, CHARGED = "draw", "charge"
KINDS = {
    "Payment": "pay",
    "Charge": "charge",
    "Restructuring": "restructure",
    "WriteOff": "write_off",
    "Recovery": "recover",
}


class StatementRow(NamedTuple):
    """
    One line of a statement: what was done, where its fen went, and the principal after it.

    Args:
        n: Its place, the draw 0.
        day: The business day.
        kind: What was done.
        amount_fen: What was paid out or paid.
        fees_fen: Of a payment for fees.
        penalty_fen: For penalty.
        interest_fen: For interest, overdue or not.
        principal_fen: For principal.
        change_fen: By how much the principal is more after it, below zero where it is less.
        outstanding_fen: The principal after it.
        fee: Of a fee of the contract that was charged, which.
    """

    n: int
    day: dt.date
    kind: str
    amount_fen: int
    fees_fen: int
    penalty_fen: int
    interest_fen: int
    principal_fen: int
    change_fen: int
    outstanding_fen: int
    fee: FeeTerms | None = None


def statement_of(
    terms: LoanTerms, acts: Sequence[Act], rules: LoanRules, *, day: dt.date | None = None
) -> Sequence[StatementRow]:
    """
    Return the statement of a loan; what was taken back is not in it.

    Changes sum to what is outstanding, and parts of a payment to its amount.

    Args:
        terms: Those of its draw.
        acts: What was done to it, in order.
        rules: Values of the bank.
        day: Up to the opening of which fees are told too; None: to the last act.
    """
    loan = draw(terms, rules)
    paid_out, drawn = proceeds_fen(terms, rules.days_off), loan.outstanding_fen
    rows = [StatementRow(0, terms.drawn_on, DRAWN, paid_out, 0, 0, 0, 0, drawn, drawn)]
    _charged(rows, loan, fees_between(loan.moved(charged=()), loan))
    for act in acts:
        loan, happened = advance(loan, max(act.day, loan.day), rules)
        _charged(rows, loan, happened)
        before = loan
        acted = act_done(loan, act, rules)
        loan, parts = acted.loan, acted.allocation
        _charged(rows, before, fees_between(before, loan))
        interest = parts.interest_overdue_fen + parts.interest_fen if parts else 0
        rows.append(
            StatementRow(
                n=len(rows),
                day=act.day,
                kind=KINDS[type(act).__name__],
                amount_fen=getattr(act, "amount_fen", 0),
                fees_fen=parts.fees_fen if parts else 0,
                penalty_fen=parts.penalty_fen if parts else 0,
                interest_fen=interest,
                principal_fen=parts.principal_fen if parts else 0,
                change_fen=loan.outstanding_fen - before.outstanding_fen,
                outstanding_fen=loan.outstanding_fen,
            )
        )
    if day is not None and not loan.ended:
        loan, happened = advance(loan, max(day, loan.day), rules)
        _charged(rows, loan, happened)
    return rows


def _charged(rows: list[StatementRow], loan: Loan, happened: Sequence[Happening]) -> None:
    """Add a line for each fee that was charged; the principal is what it was."""
    fees, left = {fee.id: fee for fee in loan.terms.fees}, rows[-1].outstanding_fen
    for each in happened:
        if each.what == "fee":
            fee = fees[str(each.after)]
            line = (len(rows), each.day, CHARGED, each.fee_fen, 0, 0, 0, 0, 0, left)
            rows.append(StatementRow(*line, fee))
