"""Applications put into the book as a decision would: approved with a reservation, or referred."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from app.books.ledger import Moving, Plain, Reads, Reply, ledger_of, operations
from app.books.ledger.operations import UseOrder
from app.books.ledger.paths import Element
from app.lending.applications.moves import move
from app.lending.applications.states import State
from app.lending.applications.tables import applications
from app.platform.deps import Resources

AMOUNT = 1_000_000
STEPS: Mapping[str, Sequence[State]] = {
    "referred": ("submitted", "screening", "assessing", "referred"),
    "approved": ("submitted", "screening", "assessing", "approved"),
    "signed": (
        *("submitted", "screening", "assessing", "approved", "offer_accepted"),
        *("signing", "signed"),
    ),
}


def row_of(name: str, **more: Any) -> dict[str, Any]:
    """Return the row of a draft."""
    return {
        "application": name,
        "state": "draft",
        "firm": "MILL",
        "core": "CORE1",
        "product": "loan",
        "programme": None,
        "purpose": "working_capital",
        "amount_fen": AMOUNT,
        "tenor_days": 90,
        "tenor_months": None,
        "repayment": "bullet",
        "documents": "[]",
        "documents_due": "",
        "maker": "mia",
        "decision": "",
        "hands": "machine",
        "level": None,
        "use": None,
        "offered_fen": 0,
        "drawn_fen": 0,
        "rate": "",
        "offer_until": "",
        "recommended": "",
        "votes": "[]",
        "made": 0,
        "made_on": "2026-06-30",
        "created_at": "2026-07-01T00:30:00+00:00",
        **more,
    }


def put(resources: Resources, name: str, to: str = "approved", **more: Any) -> None:
    """Put an application into the book, moved to a state along the arrows."""

    def work(moving: Moving) -> Reply:
        """Return nothing."""
        row = row_of(name, made=moving.number + 1, **more)
        if to != "referred":
            path = [Element("bank"), Element("chain:CORE1:MILL")]
            order = UseOrder(f"u-{name}", "MILL", "loan", path, AMOUNT, "CORE1", "use:" + name)
            operations.reserve(moving, order)
        for step in STEPS[to]:
            held = {"use": f"u-{name}", "offered_fen": AMOUNT, "rate": "0.05"}
            held["offer_until"] = row["offer_until"] or "2026-07-10"
            row = move(moving, row, step, changes=held if step == "approved" else None)
        return Reply.of(200, json.dumps(row))

    ledger_of(resources).ask(Plain(Reads(rows={applications: [name]}), work))
