"""
Accounts of documents while these leave, come back, or go on in part.

An account is closed or lowered in the event that moves its document, at once; what comes back
counts nothing before the next run of the limits sets its total.
"""

from app.books.errors import WrongState
from app.books.ledger import Move, Moving
from app.books.ledger.figures import CLOSED, FROZEN, OPEN


def closing(moving: Moving, account: str) -> list[Move]:
    """Return the move that closes the account of a document that leaves; none without one."""
    found = moving.account(account)
    if found is None or found.figures.state == CLOSED:
        return []
    return [Move(account, found.figures._replace(state=CLOSED))]


def opening(moving: Moving, account: str) -> list[Move]:
    """Return the move that opens the account of a document that came back, with nothing on it."""
    found = moving.account(account)
    if found is None or found.figures.state != CLOSED:
        return []
    return [Move(account, found.figures._replace(state=OPEN, total=0))]


def lowering(moving: Moving, account: str, left: int, was: int) -> list[Move]:
    """Return the move that lowers an account to what is left of a document, closed at nothing."""
    if not left:
        return closing(moving, account)
    found = moving.account(account)
    if found is None or found.figures.state == CLOSED:
        return []
    return [Move(account, found.figures._replace(total=found.figures.total * left // was))]


def check_free(moving: Moving, account: str, what: str, allowed: list[str]) -> None:
    """
    Raise where something stands on the account of a document, or the bank has frozen of it.

    Raises:
        WrongState: It does.
    """
    found = moving.account(account)
    if found is None:
        return
    figures = found.figures
    if figures.pending or figures.posted:
        raise WrongState(what, "financed" if figures.posted else "financing", allowed)
    if figures.state == FROZEN or figures.frozen:
        raise WrongState(what, "frozen", allowed)
