"""
The operations of the ledger, each one event over its whole path, or a refusal and nothing.

They work on a `Moving`, so that a domain composes several of them, and what it keeps itself, in one
order.
"""

from app.books.ledger.operations.caps import (
    TOTALS_MAX,
    AccountTotal,
    Seen,
    close,
    freeze,
    given_back,
    lower,
    set_totals,
    taken,
    unfreeze,
)
from app.books.ledger.operations.uses import (
    UseOrder,
    divide,
    expire,
    has_passed,
    post,
    release,
    reroute,
    reserve,
    restore,
    transfer,
    void,
)

__all__ = [
    "TOTALS_MAX",
    "AccountTotal",
    "Seen",
    "UseOrder",
    "close",
    "divide",
    "expire",
    "freeze",
    "given_back",
    "has_passed",
    "lower",
    "post",
    "release",
    "reroute",
    "reserve",
    "restore",
    "set_totals",
    "taken",
    "transfer",
    "unfreeze",
    "void",
]
