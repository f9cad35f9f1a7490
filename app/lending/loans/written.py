"""
A loan as it is kept: whole numbers, texts and lists alone, the same bytes for the same loan.

Exact sums can be larger than a column of whole numbers holds: they are texts.
"""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from app.lending.loans.loan import Charge, Due, Grace, Loan, Payment, Sums, Totals, Watch
from app.lending.loans.terms import LoanTerms

_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode
PARTS = ("terms", "due", "totals", "watch", "late", "grace")  # Lists and objects in a document.
EXACT = ("interest_exact", "penalty_exact", "off_interest_exact", "off_penalty_exact")
PLAIN = (
    *("row", "part_fen", "undue_fen", "fees_fen", "interest_posted", "penalty_settled"),
    *("stage_kept", "ended"),
)
DAYS = ("day", "next_due_on", "default_since", "orderly_since")


def document(loan: Loan) -> dict[str, Any]:
    """Return a loan as an object of whole numbers, texts, lists and objects, for canonical JSON."""
    return {
        **{name: getattr(loan, name) for name in PLAIN},
        **{name: str(getattr(loan, name)) for name in EXACT},
        **{name: _day_text(getattr(loan, name)) for name in DAYS},
        "terms": _terms_document(loan.terms),
        "due": [
            [each.row, each.due_on.isoformat(), each.principal_fen, each.interest_fen]
            for each in loan.due
        ],
        "totals": {name: list(getattr(loan.totals, name)) for name in Totals._fields},
        "watch": list(loan.watch) if loan.watch else None,
        "late": list(loan.late),
        "grace": _grace_document(loan.grace) if loan.grace else None,
    }


def loan_of(kept: Mapping[str, Any]) -> Loan:
    """
    Return the loan of a document.

    Args:
        kept: What `document` gave, or its JSON read again.
    """
    plain: dict[str, Any] = {name: kept[name] for name in PLAIN}
    exact: dict[str, Any] = {name: int(kept[name]) for name in EXACT}
    days: dict[str, Any] = {name: _day(kept[name]) for name in DAYS}
    return Loan(
        **plain,
        **exact,
        **days,
        terms=terms_of(kept["terms"]),
        due=tuple(
            Due(row, dt.date.fromisoformat(due_on), principal, interest)
            for row, due_on, principal, interest in kept["due"]
        ),
        totals=Totals(**{name: Sums(*kept["totals"][name]) for name in Totals._fields}),
        watch=Watch(*kept["watch"]) if kept["watch"] else None,
        late=tuple(kept["late"]),
        grace=_grace(kept["grace"]) if kept["grace"] else None,
    )


def columns(loan: Loan) -> dict[str, int | str | None]:
    """Return a loan as a row: one value for each field, lists and objects as canonical JSON."""
    told = document(loan)
    return {**told, **{name: _canonical(told[name]) for name in PARTS}}


def _terms_document(terms: LoanTerms) -> dict[str, Any]:
    return {
        "amount_fen": terms.amount_fen,
        "rate": format(terms.rate, "f"),
        "repayment": terms.repayment,
        "drawn_on": terms.drawn_on.isoformat(),
        "days": terms.days,
        "months": terms.months,
        "settle_day": terms.settle_day,
        "day_base": terms.day_base,
        "penalty_factor": format(terms.penalty_factor, "f"),
        "grace_days": terms.grace_days,
    }


def terms_of(kept: Mapping[str, Any]) -> LoanTerms:
    """
    Return the terms of a document.

    Args:
        kept: What `document` gave under `terms`, or its JSON read again.
    """
    exact = {name: Decimal(kept[name]) for name in ("rate", "penalty_factor")}
    return LoanTerms(**{**kept, **exact, "drawn_on": dt.date.fromisoformat(kept["drawn_on"])})


def _grace_document(grace: Grace) -> dict[str, Any]:
    acts = [
        ["payment", each.day.isoformat(), each.amount_fen, int(each.prepay), each.mode]
        if isinstance(each, Payment)
        else ["charge", each.day.isoformat(), each.amount_fen]
        for each in grace.acts
    ]
    return {"loan": document(grace.loan), "acts": acts}


def _grace(kept: Mapping[str, Any]) -> Grace:
    return Grace(loan_of(kept["loan"]), tuple(_act(each) for each in kept["acts"]))


def _act(kept: Sequence[Any]) -> Payment | Charge:
    day = dt.date.fromisoformat(kept[1])
    if kept[0] == "charge":
        return Charge(day, kept[2])
    return Payment(day, kept[2], prepay=bool(kept[3]), mode=kept[4])


def _day_text(day: dt.date | None) -> str | None:
    return None if day is None else day.isoformat()


def _day(text: str | None) -> dt.date | None:
    return None if text is None else dt.date.fromisoformat(text)
