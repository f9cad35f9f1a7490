"""
A loan as it is kept: whole numbers, texts and lists alone, the same bytes for the same loan.

Exact sums can be larger than a column of whole numbers holds: they are texts.
"""

import datetime as dt
import json
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from operator import attrgetter
from typing import Any

from app.lending.loans.fees import fees_of
from app.lending.loans.loan import Charge, Charged, Due, Grace, Loan, Payment, Sums, Totals, Watch
from app.lending.loans.terms import LoanTerms

_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode
PARTS = (
    "terms",
    "due",
    "totals",
    "watch",
    "late",
    "grace",
    "charged",
)  # Lists and objects in a document.
_TOTALS = tuple(sorted(Totals._fields))
_in_order: Callable[[Totals], tuple[Sums, ...]] = attrgetter(*_TOTALS)


def document(loan: Loan) -> dict[str, Any]:
    """
    Return a loan as an object of whole numbers, texts, lists and objects, for canonical JSON.

    Its keys, and those of its objects, stand in order, so that nobody sorts them.
    """
    charged = {"charged": [[*each] for each in loan.charged]} if loan.charged else {}
    return charged | {
        "day": loan.day.isoformat(),
        "default_since": _day_text(loan.default_since),
        "due": [
            [each.row, each.due_on.isoformat(), each.principal_fen, each.interest_fen]
            for each in loan.due
        ],
        "ended": loan.ended,
        "fees_fen": loan.fees_fen,
        "grace": _grace_document(loan.grace) if loan.grace else None,
        "interest_exact": str(loan.interest_exact),
        "interest_posted": loan.interest_posted,
        "late": list(loan.late),
        "next_due_on": _day_text(loan.next_due_on),
        "off_interest_exact": str(loan.off_interest_exact),
        "off_penalty_exact": str(loan.off_penalty_exact),
        "orderly_since": _day_text(loan.orderly_since),
        "part_fen": loan.part_fen,
        "penalty_exact": str(loan.penalty_exact),
        "penalty_settled": loan.penalty_settled,
        "row": loan.row,
        "stage_kept": loan.stage_kept,
        "terms": _terms_document(loan.terms),
        "totals": dict(zip(_TOTALS, map(list, _in_order(loan.totals)), strict=True)),
        "undue_fen": loan.undue_fen,
        "watch": list(loan.watch) if loan.watch else None,
    }


def loan_of(kept: Mapping[str, Any]) -> Loan:
    """
    Return the loan of a document.

    Args:
        kept: What `document` gave, or its JSON read again.
    """
    totals = kept["totals"]
    return Loan(
        terms=terms_of(kept["terms"]),
        day=dt.date.fromisoformat(kept["day"]),
        row=kept["row"],
        part_fen=kept["part_fen"],
        undue_fen=kept["undue_fen"],
        next_due_on=_day(kept["next_due_on"]),
        totals=Totals._make([Sums._make(totals[name]) for name in Totals._fields]),
        due=tuple(
            Due(row, dt.date.fromisoformat(due_on), principal, interest)
            for row, due_on, principal, interest in kept["due"]
        ),
        fees_fen=kept["fees_fen"],
        interest_exact=int(kept["interest_exact"]),
        interest_posted=kept["interest_posted"],
        penalty_exact=int(kept["penalty_exact"]),
        penalty_settled=kept["penalty_settled"],
        off_interest_exact=int(kept["off_interest_exact"]),
        off_penalty_exact=int(kept["off_penalty_exact"]),
        default_since=_day(kept["default_since"]),
        watch=Watch(*kept["watch"]) if kept["watch"] else None,
        stage_kept=kept["stage_kept"],
        orderly_since=_day(kept["orderly_since"]),
        late=tuple(kept["late"]),
        grace=_grace(kept["grace"]) if kept["grace"] else None,
        ended=kept["ended"],
        charged=tuple(Charged(*each) for each in kept.get("charged", ())),
    )


def columns(loan: Loan) -> dict[str, int | str | None]:
    """Return a loan as a row: one value for each field, lists and objects as canonical JSON."""
    told = document(loan)
    return {**told, **{name: _canonical(told[name]) for name in PARTS if name in told}}


def _terms_document(terms: LoanTerms) -> dict[str, Any]:
    return {
        "amount_fen": terms.amount_fen,
        "day_base": terms.day_base,
        "days": terms.days,
        "drawn_on": terms.drawn_on.isoformat(),
        **({"fees": [each.document() for each in terms.fees]} if terms.fees else {}),
        "grace_days": terms.grace_days,
        "months": terms.months,
        "penalty_factor": format(terms.penalty_factor, "f"),
        "rate": format(terms.rate, "f"),
        "repayment": terms.repayment,
        "settle_day": terms.settle_day,
    }


def terms_of(kept: Mapping[str, Any]) -> LoanTerms:
    """
    Return the terms of a document.

    Args:
        kept: What `document` gave under `terms`, or its JSON read again.
    """
    return LoanTerms(
        **{
            **kept,
            "rate": Decimal(kept["rate"]),
            "penalty_factor": Decimal(kept["penalty_factor"]),
            "drawn_on": dt.date.fromisoformat(kept["drawn_on"]),
            "fees": fees_of(kept.get("fees", ())),
        }
    )


def _grace_document(grace: Grace) -> dict[str, Any]:
    return {"acts": [_act_list(each) for each in grace.acts], "loan": document(grace.loan)}


def _act_list(act: Payment | Charge) -> list[Any]:
    if isinstance(act, Charge):
        return ["charge", act.day.isoformat(), act.amount_fen]
    told = ["payment", act.day.isoformat(), act.amount_fen, int(act.prepay), act.mode]
    return [*told, 1] if act.by_debtor else told


def _grace(kept: Mapping[str, Any]) -> Grace:
    return Grace(loan_of(kept["loan"]), tuple(_act(each) for each in kept["acts"]))


def _act(kept: Sequence[Any]) -> Payment | Charge:
    day = dt.date.fromisoformat(kept[1])
    if kept[0] == "charge":
        return Charge(day, kept[2])
    amount, prepay, mode, *more = kept[2:]
    return Payment(day, amount, prepay=bool(prepay), mode=mode, by_debtor=bool(more))


def _day_text(day: dt.date | None) -> str | None:
    return None if day is None else day.isoformat()


def _day(text: str | None) -> dt.date | None:
    return None if text is None else dt.date.fromisoformat(text)
