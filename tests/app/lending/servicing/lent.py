"""Loans opened over reservations of the small stack of accounts, without an application."""

import datetime as dt
from decimal import Decimal
from typing import Any

from app.books.ledger import Moving, Plain, Reads, Reply, UseOrder, ledger_of
from app.books.ledger.paths import Element
from app.books.ledger.tables import uses
from app.lending.loans.terms import LoanTerms
from app.lending.servicing.opening import LoanOrder, open_loan
from app.lending.servicing.tables import loans
from app.lending.servicing.values import values_today
from app.platform.deps import Resources
from tests.app.chain.booked import DAY

PATH = ("bank", "firm:MILL", "chain:CORE1:MILL", "relation:CORE1:MILL")
TODAY = dt.date.fromisoformat(DAY)


def terms(drawn_on: dt.date = TODAY, **changed: Any) -> LoanTerms:
    """Return terms of a loan: 24,000,000 hundredths at 4.5 % for 90 days, some of it changed."""
    values: dict[str, Any] = {
        "amount_fen": 2_400_000,
        "rate": Decimal("0.045"),
        "repayment": "bullet",
        "drawn_on": drawn_on,
        "days": 90,
        "months": None,
        "settle_day": None,
        "day_base": 360,
        "penalty_factor": Decimal("1.5"),
        "grace_days": 0,
    }
    return LoanTerms(**values | changed)


def opened(
    resources: Resources,
    loan: str = "L1",
    *,
    firm: str = "MILL",
    purpose: str = "",
    **changed: Any,
) -> dict[str, Any]:
    """Return the row of a loan opened over a reservation of its own, on the business day."""
    values = values_today(resources)
    agreed = terms(**{"drawn_on": values.day} | changed)
    path = [Element(each.replace("MILL", firm)) for each in PATH]
    use, ledger = f"use-{loan}", ledger_of(resources)
    ledger.reserve(UseOrder(use, firm, "docs", path, agreed.amount_fen, core="CORE1"))
    order = LoanOrder(loan, use, agreed, "6222 0001", purpose=purpose)

    def work(moving: Moving) -> Reply:
        """Return the loan's row."""
        return Reply.of(201, open_loan(moving, order, values))

    found: dict[str, Any] = ledger.ask(
        Plain(Reads(rows={uses: [use], loans: [loan]}), work)
    ).document
    return found


def no_step(_words: str, _share: float | None = None) -> None:
    """Tell nobody how far it is."""
