"""An accepted offer, as a row of the book."""

from typing import Any

PERSON = "token:supplier:MILL"
OFFER: dict[str, Any] = {
    "application": "A1",
    "state": "offer_accepted",
    "firm": "MILL",
    "core": "CORE1",
    "product": "data-credit",
    "programme": None,
    "purpose": "working_capital",
    "amount_fen": 60_000_000,
    "tenor_days": None,
    "tenor_months": 3,
    "repayment": "equal_principal",
    "documents": "[]",
    "documents_due": "",
    "maker": PERSON,
    "decision": '{"id":"D1"}',
    "hands": "machine",
    "level": None,
    "use": None,
    "offered_fen": 50_000_000,
    "drawn_fen": 0,
    "rate": "0.0535",
    "offer_until": "2026-07-09",
    "recommended": "",
    "votes": "[]",
    "made": 1,
    "made_on": "2026-06-30",
    "created_at": "2026-07-15T09:00:00.000000Z",
}
