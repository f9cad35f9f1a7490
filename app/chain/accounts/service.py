"""Accounts as their readers may see them."""

import sys
from collections.abc import Collection, Iterable

from app.books.ledger.history import events_after, sources_of
from app.books.ledger.reading import AccountsAsked, AccountSeen, accounts_after, one_account
from app.platform.auth.sight import Sight
from app.platform.deps import Resources
from app.platform.documents import Document
from app.platform.errors import Absent
from app.platform.process.kept import Kept

KEPT = 1 / 64
OF_A_FIRM = frozenset({"firm", "chain", "document"})  # Layers that a firm reads of itself.


def account_seen(resources: Resources, sight: Sight, account: str) -> AccountSeen:
    """
    Return an account.

    Raises:
        Absent: There is none, or the reader may not know.
    """
    found = one_account(resources.records, account, resources.now())
    if found is None or not is_seen(found, sight):
        raise Absent(f"no account {account!r}")
    return found


def is_seen(account: AccountSeen, sight: Sight) -> bool:
    """
    Return whether an account is the reader's own, or the reader the bank.

    A core reads its own limit; like any firm what it may borrow itself, and its documents. What
    the bank lends others on its credit is theirs.
    """
    if sight.is_whole:
        return True
    layer, core, firm, _ = account.identity
    if layer == "core":
        return core is not None and sight.is_own_chain(core)
    return layer in OF_A_FIRM and firm is not None and sight.is_own(firm)


def documents(resources: Resources, accounts: Iterable[AccountSeen]) -> list[Document]:
    """Return accounts as answers show them, each with where its total comes from."""
    found = list(accounts)
    told = sources(resources, {each.figures.source for each in found})
    return [each.document() | {"from": told.get(each.figures.source)} for each in found]


def sources(resources: Resources, numbers: Collection[int]) -> dict[int, Document]:
    """Return where totals come from, by the number of the event that set them: it never changes."""
    shelf: Kept[Document] = resources.shelf("totals", KEPT, sys.getsizeof)
    found = {number: shelf.find(number) for number in numbers}
    told = {number: source for number, source in found.items() if source is not None}
    missing = {number for number in numbers if number} - told.keys()
    if missing:
        for number, source in sources_of(resources.records, missing).items():
            shelf.keep(number, source)
            told[number] = source
    return told


def page(
    resources: Resources, asked: AccountsAsked, *, after: str, size: int
) -> tuple[list[Document], str | None]:
    """Return a page of accounts, and the id after which the next one begins; None at the end."""
    records, now = resources.records, resources.now()
    found = accounts_after(records, asked, now, after=after, size=size + 1)
    last = found[size - 1].account if len(found) > size else None
    return documents(resources, found[:size]), last


def moves(
    resources: Resources, account: str, *, after: int, size: int
) -> tuple[list[Document], int | None]:
    """
    Return a page of an account's events, and the number after which the next one begins.

    Raises:
        Absent: There is no such account.
    """
    if one_account(resources.records, account, resources.now()) is None:
        raise Absent(f"no account {account!r}")
    found = events_after(resources.records, account, after=after, size=size + 1)
    last = found[size - 1].number if len(found) > size else None
    return [each.document() for each in found[:size]], last
