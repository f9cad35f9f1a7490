"""Loans as they are shown: as they stand on the business day, and the rows of their plan."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from app.lending.loans.advancing import at
from app.lending.loans.exact import half_up
from app.lending.loans.grading import grade, overdue_days
from app.lending.loans.loan import Happening, Loan
from app.lending.loans.owing import LoanDebt, off_income, owed
from app.lending.servicing.rows import standing
from app.lending.servicing.values import LoanValues
from app.platform.documents import Document

PLAIN = ("application", "use", "firm", "core", "product", "account")
DETAILS = ("before", "after", "amount_fen", "n", "reference", "allocation", "document", "fee")
HAPPENED = Happening._fields[:-1]  # Fees are events of their own.
SUMMED = ("loans", "outstanding_fen", "provision_fen")


def provision_fen(outstanding_fen: int, share: Decimal) -> int:
    """
    Return what is provided for a principal, half up.

    Example:
        >>> provision_fen(150, Decimal("0.01"))
        2
    """
    exact = Fraction(share) * outstanding_fen
    return half_up(exact.numerator, exact.denominator)


def document(row: Mapping[str, Any], values: LoanValues, *, whole: bool) -> Document:
    """
    Return a loan as it stands on the business day.

    Args:
        row: Its row.
        values: What loans go by on the day.
        whole: Whether what the bank keeps to itself is told too.
    """
    kept = standing(row)
    loan = at(kept, max(values.day, kept.day), values.rules)
    graded, debt = grade(loan, loan.day, values.rules), owed(loan)
    return {
        "id": row["loan"],
        **{name: row[name] for name in PLAIN},
        "state": graded.state,
        "amount_fen": row["amount_fen"],
        "outstanding_fen": loan.outstanding_fen,
        "due_fen": debt.due_fen,
        "overdue_days": 0 if loan.ended else overdue_days(loan, loan.day),
        "class": graded.loan_class,
        "stage": graded.stage if whole else None,
        "rate": format(loan.terms.rate, "f"),
        "repayment": loan.terms.repayment,
        "drawn_on": row["drawn_on"],
        "due_on": row["due_on"],
        "owed": owed_document(debt, loan),
        **_of_the_bank(loan, values, graded.loan_class, whole=whole),
    }


def owed_document(debt: LoanDebt, loan: Loan) -> Document:
    """Return what is owed by kind, and what pays the loan off today."""
    return {**debt._asdict(), "all_fen": 0 if loan.ended else debt.all_fen}


def _of_the_bank(loan: Loan, values: LoanValues, name: str, *, whole: bool) -> Document:
    totals = loan.totals
    share = values.rules.provisions[name]
    off = off_income(loan)
    own = {
        "provision_fen": provision_fen(loan.outstanding_fen, share),
        "off_income_fen": off.interest + off.penalty,
        "lost_fen": totals.lost.total,
        "recovered_fen": totals.recovered.total,
    }
    return own if whole else dict.fromkeys(own)


def event_document(event: Document, *, whole: bool) -> Document:
    """
    Return an event of a loan as it is shown.

    Args:
        event: The event.
        whole: Whether who acted is told; it is the bank's own.
    """
    detail = event["detail"]
    told = ("number", "at", "day", "operation", "reason")
    return {
        **{name: event[name] for name in told},
        "actor": event["actor"] if whole else None,
        **{name: detail.get(name) for name in DETAILS},
        "happened": [dict(zip(HAPPENED, each, strict=True)) for each in detail.get("happened", ())],
    }


def sums(found: Sequence[tuple[str, int, int, int]], values: LoanValues) -> Document:
    """
    Return what is outstanding and provided, by class and together.

    Args:
        found: By class how many loans, their outstanding principal, and what is provided.
        values: What loans go by on the day.
    """
    shares, told = values.rules.provisions, {name: rest for name, *rest in found}
    items = [
        {
            "class": name,
            "share": format(share, "f"),
            **dict(zip(SUMMED, told.get(name, (0, 0, 0)), strict=True)),
        }
        for name, share in shares.items()
    ]
    return {"items": items, **{name: sum(each[name] for each in items) for name in SUMMED}}
