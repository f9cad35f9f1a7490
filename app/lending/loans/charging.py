"""
Fees of a contract charged to a loan, each on its day: owed from then on, and bearing nothing.

A restructuring is no draw. What a prepayment costs comes out of what is paid: of what is left
beyond what is due and the interest to the day, the least principal is prepaid that, with its fees,
takes all of it. What the last fen of a fee lacks then is owed.
"""

import datetime as dt
from typing import NamedTuple

from app.lending.loans.fees import FeeWhen
from app.lending.loans.loan import Charged, Due, Loan, Sums
from app.lending.loans.terms import LoanTerms


class Prepaid(NamedTuple):
    """A loan that owes the fees of a prepayment, and what of it is left for principal."""

    loan: Loan
    principal_fen: int


def uncharged(terms: LoanTerms) -> tuple[Charged, ...]:
    """Return what is charged of the fees of terms before anything is."""
    return tuple(Charged() for _ in terms.fees)


def charged(loan: Loan, when: FeeWhen, part_fen: int) -> Loan:
    """
    Return a loan that owes the fees of an occasion.

    Args:
        loan: The loan, taken to the day.
        when: Which occasion.
        part_fen: The row, or the principal that is prepaid; of a draw the amount.
    """
    if not loan.terms.fees:
        return loan
    more, known = 0, list(loan.charged)
    for place, fee in enumerate(loan.terms.fees):
        if fee.when == when and (when != "overdue_once" or not known[place].times):
            fen = fee.comes_to(loan.terms.amount_fen if fee.of == "amount" else part_fen)
            known[place] = Charged(known[place].times + 1, known[place].fen + fen)
            more += fen
    posted = loan.totals.posted.plus(Sums(fees=more))
    return loan.moved(
        charged=tuple(known),
        fees_fen=loan.fees_fen + more,
        totals=loan.totals._replace(posted=posted),
    )


def charged_row(loan: Loan, row: Due) -> Loan:
    """Return a loan that owes the fees of a row that has become due; of an empty row none."""
    part = row.principal_fen + row.interest_fen
    return charged(loan, "due", part) if part else loan


def overdue_fee_on(loan: Loan) -> dt.date | None:
    """Return the day on which a fee of the first day overdue is charged; None where none is."""
    if not loan.terms.fees or not loan.due or not _waits(loan):
        return None
    days = [each.due_on for each in loan.due if not loan.in_grace(each)]
    return min(days) + dt.timedelta(days=1) if days else None


def charged_overdue(loan: Loan) -> Loan:
    """Return a loan that owes the fees of its first day overdue, where that is its day."""
    if overdue_fee_on(loan) != loan.day:
        return loan
    row = next(each for each in loan.due if not loan.in_grace(each))
    return charged(loan, "overdue_once", row.principal_fen + row.interest_fen)


def prepayment_fees_fen(loan: Loan, principal_fen: int) -> int:
    """
    Return what it costs to prepay principal.

    Args:
        loan: The loan.
        principal_fen: The principal.
    """
    fees = (each for each in loan.terms.fees if each.when == "prepayment")
    return sum(each.comes_to(principal_fen) for each in fees)


def prepaid(loan: Loan, left_fen: int) -> Prepaid:
    """
    Return a loan that owes the fees of a prepayment, and how much of its principal is prepaid.

    Args:
        loan: The loan.
        left_fen: What is left beyond what is due and the interest to the day.
    """
    if not left_fen or not any(each.when == "prepayment" for each in loan.terms.fees):
        return Prepaid(loan, left_fen)
    least, most = 0, left_fen  # `least` is too little, `most` enough.
    for _ in range(left_fen.bit_length() + 1):
        middle = (least + most) // 2
        if middle + prepayment_fees_fen(loan, middle) < left_fen:
            least = middle
        else:
            most = middle
    return Prepaid(charged(loan, "prepayment", most), most)


def _waits(loan: Loan) -> bool:
    """Return whether a fee of the first day overdue was not charged yet."""
    pairs = zip(loan.terms.fees, loan.charged, strict=True)
    return any(fee.when == "overdue_once" and not done.times for fee, done in pairs)
