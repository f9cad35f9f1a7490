"""
What a run reads of the book: documents as the platform knows them, and what is frozen of cores.

A document of the platform counts whatever a version's date is; its due day is held against the
business day. Without a book a run reads what files say, and nothing else.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import polars as pl

# `state` is the platform's word; `confirmed` tells whether the debtor ever confirmed it, `here`
# whether it did so on the platform; `event` is the one that last touched the document;
# `paid_fen` is what files have said is paid of it, up to where something of ours stood on it.
RECEIVABLES: dict[str, Any] = {
    **dict.fromkeys(("number", "seller", "buyer"), pl.String),
    **dict.fromkeys(("amount_fen", "paid_fen"), pl.Int64),
    **dict.fromkeys(("issued_on", "due_on"), pl.Date),
    **dict.fromkeys(("registry_id", "state"), pl.String),
    **dict.fromkeys(("confirmed", "here"), pl.Boolean),
    "event": pl.Int64,
}
# A row a node. `held_fen`: what counts as the holder's, also what our own loan finances.
# `occupies_fen`: the face at the root, from issue until the end; 0 at every other node.
VOUCHERS: dict[str, Any] = {
    **dict.fromkeys(("number", "issuer", "holder"), pl.String),
    **dict.fromkeys(("held_fen", "occupies_fen"), pl.Int64),
    **dict.fromkeys(("issued_on", "due_on"), pl.Date),
    "event": pl.Int64,
}

# A row a firm with loans in a statement: what it owed us on such loans at the close of its day.
LENT: dict[str, Any] = {"firm": pl.String, "lent_fen": pl.Int64, "lent_event": pl.Int64}


def _receivables() -> pl.DataFrame:
    return pl.DataFrame(schema=RECEIVABLES)


def _vouchers() -> pl.DataFrame:
    return pl.DataFrame(schema=VOUCHERS)


def _lent() -> pl.DataFrame:
    return pl.DataFrame(schema=LENT)


class Frozen(NamedTuple):
    """What is frozen of a core's account, and the event that froze it."""

    amount_fen: int
    event: int


@dataclass(frozen=True, slots=True)
class Book:
    """
    The book at one event: `number` is the last that changed what a run reads, 0 before any.

    Ends of rows are firms' ids, or rows of the network once a version's inputs are made of it.
    """

    number: int = 0
    day: dt.date | None = None
    receivables: pl.DataFrame = field(default_factory=_receivables)
    vouchers: pl.DataFrame = field(default_factory=_vouchers)
    frozen: Mapping[str, Frozen] = field(default_factory=dict)  # Of a core's account, by its id.
    lent: pl.DataFrame = field(default_factory=_lent)  # By ids of firms, also in inputs.

    def facts(self, as_of: dt.date) -> dict[str, Any]:
        """Return what names the book beside a version; nothing where there is none."""
        day = self.day_of(as_of)
        said = {"book": self.number} if self.number else {}
        return said | ({"day": day.isoformat()} if day != as_of else {})

    def day_of(self, as_of: dt.date) -> dt.date:
        """Return the day that due days are held against: the business day, where there is one."""
        return as_of if self.day is None else self.day


NO_BOOK = Book()
NOTHING_FROZEN = Frozen(0, 0)
