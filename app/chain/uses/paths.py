"""
The path of a use: the accounts that it takes, computed once, when it is reserved.

The bank, the group of the firm, the firm, the core, the chain, the relation, the product, then the
documents. Where a layer has no cap (no group, no budget) there is no account to take. An account
that must be there and is not has nothing to give: the ledger names it among those that lack.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

from app.books.errors import RuleBroken
from app.books.ledger import Element, Identity
from app.books.ledger import documents as in_order

OWN = "own"  # The chain of those who borrow without a core; no firm has this id.


class HasIdentity(Protocol):
    """An account, of which it is known what it is of."""

    @property
    def identity(self) -> Identity:
        """Return what it is of."""
        ...


class StandingAccounts(Protocol):
    """Accounts as they stand: for an order, or for whoever reads them beside the lock."""

    def account(self, account: str, /) -> HasIdentity | None:
        """Return an account; None where there is none."""
        ...

    def available(self, account: str, /) -> int:
        """Return what a use may take of an account, 0 where there is none."""
        ...


@dataclass(frozen=True, slots=True)
class UseAsked:
    """What a use is of; `documents` are ids of accounts, in the order in which they carry it."""

    firm: str
    product: str
    amount: int
    core: str | None = None
    documents: Sequence[str] = ()


def names_of(asked: UseAsked) -> list[str]:
    """Return every account that a use may take, but for the group's."""
    chain = f"chain:{asked.core or OWN}:{asked.firm}"
    core = [f"core:{asked.core}", f"relation:{asked.core}:{asked.firm}"] if asked.core else []
    return [
        *("bank", f"firm:{asked.firm}", chain, f"product:{asked.product}"),
        *core,
        *asked.documents,
    ]


def path_of(
    moving: StandingAccounts, asked: UseAsked, *, group: str | None, kappa: Fraction
) -> list[Element]:
    """
    Return the path of a use as the accounts stand now.

    Args:
        moving: What the accounts are read from.
        asked: The use.
        group: The connected group of the firm, where it stands in one.
        kappa: The part of data credit that takes room of the core.

    Raises:
        RuleBroken: A document is not the firm's, or not the core's promise.
    """
    path = [Element("bank")]
    if group is not None:
        path.append(Element(f"group:{group}"))
    path.append(Element(f"firm:{asked.firm}"))
    if asked.core is None:
        path.append(Element(f"chain:{OWN}:{asked.firm}"))
    else:
        # What carries a document took its room when it was confirmed or issued.
        share = Fraction(0) if asked.documents else kappa
        path.append(Element(f"core:{asked.core}", share.numerator, share.denominator))
        path.append(Element(f"chain:{asked.core}:{asked.firm}"))
        if not asked.documents:
            path.append(Element(f"relation:{asked.core}:{asked.firm}"))
    product = f"product:{asked.product}"
    if asked.core is None or moving.account(product) is not None:
        path.append(Element(product))
    return path + _documents(moving, asked)


def _documents(moving: StandingAccounts, asked: UseAsked) -> list[Element]:
    """Return what each document carries: up to what it has, the last one all that is left."""
    parts, left = [], asked.amount
    for place, account in enumerate(asked.documents, start=1):
        _check(moving, asked, account)
        most = left if place == len(asked.documents) else moving.available(account)
        parts.append((account, min(left, most)))
        left -= min(left, most)
    return in_order(parts)


def _check(moving: StandingAccounts, asked: UseAsked, account: str) -> None:
    found = moving.account(account)
    if found is None:
        return
    firm, core = found.identity.firm, found.identity.core
    if (firm or asked.firm) != asked.firm or (core or asked.core) != asked.core:
        raise not_promised(account, asked.firm, asked.core)


def not_promised(account: str, firm: str, core: str | None) -> RuleBroken:
    """Return the refusal of a document that is not the firm's, or not the core's promise."""
    return RuleBroken(
        "use.document",
        "contract of the ledger",
        zh=f"{account} 不是 {firm} 持有的 {core} 的凭证",
        en=f"{account} is no promise of {core} that {firm} holds",
    )
