"""What an offer holds: a reservation over the whole path, and documents that are `financing`."""

import json
from collections.abc import Mapping
from typing import Any

from app.books.errors import AlreadyDecided
from app.books.ledger import operations
from app.books.ledger.tables import uses
from app.chain.receivables.acts import Debt
from app.chain.uses.financing import are_held, put_back
from app.lending.applications.moves import Row, check_arrow, move
from app.lending.applications.states import State


def documents_of(row: Mapping[str, Any]) -> list[str]:
    """Return the accounts of the documents of an application, in the order in which they carry."""
    return [f"{each['kind']}:{each['number']}" for each in json.loads(row["documents"])]


def given_back(debt: Debt, row: Row, to: State, *, reason: str = "") -> Row:
    """
    End an application and what it holds: its reservation is void, its documents as they were.

    Args:
        debt: Receivables as the order finds them.
        row: The application.
        to: The state in which it ends.
        reason: Why, in a person's words.

    Raises:
        WrongState: It cannot end so from where it is.
    """
    check_arrow(row, to)
    release(debt, row, reason=reason)
    drawn = row["drawn_fen"]
    changes = {"use": None, "offered_fen": drawn, "offer_until": ""}
    if not drawn:
        changes["rate"] = ""
    return move(debt.moving, row, to, reason=reason, changes=changes)


def release(debt: Debt, row: Row, *, reason: str = "") -> None:
    """Void the reservation of an application, and put its documents back."""
    use = row["use"]
    if use is None:
        return
    reserved = debt.moving.row(uses, use)
    if reserved is None or reserved["state"] != "reserved":
        state = "gone" if reserved is None else reserved["state"]
        raise AlreadyDecided(f"use {use}", state)
    operations.void(debt.moving, use, reason=reason)
    put_back(debt, documents_of(row))


def has_ended(debt: Debt, row: Row) -> bool:
    """Return whether an offer is over on the business day, by its last one or its documents."""
    day = debt.moving.day_text
    if row["offer_until"] < day or "" < row["documents_due"] <= day:
        return True
    return not are_held(debt.moving, documents_of(row))
