"""What a signed contract agrees for its loans: nothing of it is read from the policy of today."""

import datetime as dt
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from app.data.versions.service import policy_of
from app.lending.contracts import repository
from app.lending.loans.fees import fees_of
from app.lending.loans.terms import LoanTerms
from app.platform.deps import Resources

AGREED = ("rate", "repayment", "tenor_days", "tenor_months", "day_base", "penalty_factor")


def agreed_terms(
    resources: Resources, application: str, amount_fen: int, drawn_on: dt.date
) -> LoanTerms:
    """
    Return the terms of a loan that is drawn on a signed contract.

    Days of grace stand in no contract: they are those of the policy of the day of signing.

    Args:
        resources: What the process has open.
        application: The application, whose contract is signed.
        amount_fen: What is drawn.
        drawn_on: The day of the draw.

    Raises:
        RuntimeError: Its contract is not there, or is none.
    """
    row = repository.signed(resources.records, application)
    if row is None:
        raise RuntimeError(f"application {application} has no signed contract")
    agreed = _agreed(row)
    signed_on = dt.date.fromisoformat(row["signed_on"])
    return LoanTerms(
        *(amount_fen, Decimal(agreed["rate"]), agreed["repayment"], drawn_on),
        *(agreed["tenor_days"], agreed["tenor_months"], None),
        day_base=agreed["day_base"],
        penalty_factor=Decimal(agreed["penalty_factor"]),
        grace_days=policy_of(resources, signed_on).whole("grace_days"),
        fees=fees_of(agreed.get("fees", ())),
    )


def _agreed(row: Mapping[str, Any]) -> Mapping[str, Any]:
    contract: Mapping[str, Any] = json.loads(row["file"]).get("contract", {})
    if missing := [name for name in AGREED if name not in contract]:
        raise RuntimeError(f"contract {row['application']} does not say {', '.join(missing)}")
    return contract
