"""
The ledger: accounts as caps, uses of them along paths, every operation an event of the one chain.

A domain asks an `Order` of the `AccountLedger` of its process (`ledger_of`); inside it composes the
`operations` and what it keeps itself, all of it or nothing.
"""

from app.books.ledger import operations
from app.books.ledger.figures import Figures, available, excess
from app.books.ledger.known import Identity
from app.books.ledger.moving import Move, Moving
from app.books.ledger.operations import AccountTotal, UseOrder
from app.books.ledger.orders import MACHINE, Key, Order, Reads, Reply, digest_of
from app.books.ledger.paths import Element, documents, occupied
from app.books.ledger.preparing import BookMovedOn, ask_prepared, check_day
from app.books.ledger.service import AccountLedger, Plain, ledger_of

__all__ = [
    "MACHINE",
    "AccountLedger",
    "AccountTotal",
    "BookMovedOn",
    "Element",
    "Figures",
    "Identity",
    "Key",
    "Move",
    "Moving",
    "Order",
    "Plain",
    "Reads",
    "Reply",
    "UseOrder",
    "ask_prepared",
    "available",
    "check_day",
    "digest_of",
    "documents",
    "excess",
    "ledger_of",
    "occupied",
    "operations",
]
