"""Keeping a decision in the book, as a part of the order that acts on it."""

from app.books.ledger import Moving
from app.lending.decisions.forms import Decided
from app.lending.decisions.tables import decisions
from app.platform.events import canonical


def keep(moving: Moving, decided: Decided, application: str | None) -> int:
    """
    Record a decision with its inputs; return the number of the event.

    Args:
        moving: The order's.
        decided: What `decide` returned, before the lock was taken.
        application: On what it is; None where on none.
    """
    decision, asked = decided.decision, decided.asked
    told = decision.document()
    row = {
        "decision": decision.id,
        "application": application,
        "core": asked.core,
        "firm": asked.firm,
        "told": canonical(told),
        "inputs": decided.inputs.decode(),
    }
    names = ("outcome", "amount_fen", "rate", "tenor_days", "authority", "run", "book")
    return moving.record(
        "decision.make",
        f"decision:{decision.id}",
        rows=[(decisions, row)],
        detail={name: told[name] for name in names} | {"application": application},
        told=("", decision.inputs_hash),
    )
