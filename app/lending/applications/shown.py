"""Applications as readers may see them: the bank all, a firm its own, without the bank's hands."""

import json
from collections.abc import Mapping
from typing import Any

from app.lending.applications.moves import tag_of
from app.lending.applications.states import OFFERED
from app.platform.auth.sight import Sight
from app.platform.documents import Document

Row = Mapping[str, Any]
ASKED = (
    *("firm", "core", "product", "programme", "amount_fen"),
    *("tenor_days", "tenor_months", "repayment"),
)
FIRM_SAYS = ("application.offer_accepted", "application.withdrawn")  # In the firm's own words.


def reaches(row: Row, sight: Sight) -> bool:
    """Return whether an application is there for a reader."""
    return sight.is_whole or sight.is_own(row["firm"])


def state_on(row: Row, day: str) -> str:
    """Return the state on a business day: an offer past its last day is over, swept or not."""
    over = row["state"] in OFFERED and "" < row["offer_until"] < day
    return "expired" if over and not row["drawn_fen"] else str(row["state"])


def tag_on(row: Row, day: str) -> str:
    """Return the tag of an application as it is shown on a business day."""
    tag = tag_of(row)
    return tag if state_on(row, day) == row["state"] else f'{tag[:-1]}-over"'


def document(row: Row, day: str, sight: Sight) -> Document:
    """Return an application as it is shown on a business day."""
    offer = {
        "amount_fen": row["offered_fen"],
        "rate": row["rate"],
        "until": row["offer_until"] or None,
        "drawn_fen": row["drawn_fen"],
    }
    recommended = json.loads(row["recommended"]) if row["recommended"] else None
    return {
        "id": row["application"],
        "state": state_on(row, day),
        **{name: row[name] for name in ASKED},
        "purpose": row["purpose"] or None,
        "documents": json.loads(row["documents"]),
        "decision": json.loads(row["decision"]) if row["decision"] else None,
        "offer": offer if row["offered_fen"] else None,
        "hands": row["hands"],
        "level": row["level"] if sight.is_whole else None,
        "recommended": recommended if sight.is_whole else None,
        "votes": json.loads(row["votes"]) if sight.is_whole else [],
        "use": row["use"] if sight.is_whole else None,
        "made_on": row["made_on"],
        "created_at": row["created_at"],
    }


def event_document(event: Row, sight: Sight) -> Document:
    """Return an event of an application; what the bank's people write is for the bank alone."""
    told = json.loads(event["detail"])
    may_read = sight.is_whole or event["operation"] in FIRM_SAYS
    return {
        **{name: event[name] for name in ("number", "at", "day", "actor", "operation")},
        "before": told["before"],
        "after": told["after"],
        "reason": (may_read and event["reason"]) or None,
    }
