"""Accounts as their readers may see them."""

import sys
from collections.abc import Callable, Collection, Iterable, Sequence

from app.books.ledger.history import events_after, sources_of
from app.books.ledger.reading import (
    AccountsAsked,
    AccountSeen,
    accounts_after,
    accounts_of,
    one_account,
)
from app.books.ledger.withholding import is_seen
from app.chain.accounts.stacks import StackNode, stack_of_core, stack_of_firm
from app.chain.accounts.usable import usable
from app.chain.firms.directory import Wanted, directory_of
from app.chain.groups.service import groups_in
from app.chain.limits.documents import results_in, results_of
from app.data.runs.repository import RunRow
from app.data.versions.service import AskedVersion
from app.platform.auth.sight import EVERYTHING, Sight
from app.platform.deps import Resources
from app.platform.documents import Document
from app.platform.errors import Absent
from app.platform.process.kept import Kept

KEPT = 1 / 64
FOUND_MAX = 200
Named = Callable[[str], str]


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


def documents(resources: Resources, accounts: Iterable[AccountSeen]) -> list[Document]:
    """Return accounts as answers show them, each with where its total comes from."""
    found = list(accounts)
    told = sources(resources, {each.figures.source for each in found})
    offered = usable(resources, found)
    return [
        each.document()
        | {"usable_fen": offered.get(each.account), "from": told.get(each.figures.source)}
        for each in found
    ]


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


def names(resources: Resources) -> Named:
    """Return what gives the name of a firm by its id, where the version that is shown knows it."""
    try:
        results = results_of(resources, AskedVersion(), EVERYTHING)
    except Absent:
        return str
    return lambda firm: results.name(firm) if results.knows(firm) else firm


def firms_named(resources: Resources, text: str) -> list[str]:
    """Return the ids of the firms that a text finds best."""
    try:
        results = results_of(resources, AskedVersion(), EVERYTHING)
    except Absent:
        return []
    found = directory_of(resources, results).find(Wanted(text=text), sort="match", size=FOUND_MAX)
    return [each.id for each in found]


def accounts_about(resources: Resources, *, core: str, firm: str) -> list[AccountSeen]:
    """Return every account of a core and a firm, where the one or the other is asked for."""
    asked = AccountsAsked(core=core or None, firm=firm or None)
    return accounts_after(resources.records, asked, resources.now())


def stack(resources: Resources, *, core: str, firm: str) -> Sequence[StackNode]:
    """Return the stack of a firm, or of a core; nothing where neither is asked for alone."""
    if bool(core) == bool(firm):
        return ()
    own = accounts_about(resources, core=core, firm=firm)
    if core:
        return stack_of_core([*_standing(resources, ["bank"]), *own])
    group = group_of(resources, firm)
    above = ["bank", *([] if group is None else [f"group:{group}"])]
    cores = dict.fromkeys(f"core:{each.identity.core}" for each in own if each.identity.core)
    return stack_of_firm([*_standing(resources, [*above, *cores]), *own])


def _standing(resources: Resources, wanted: Iterable[str]) -> list[AccountSeen]:
    return accounts_of(resources.records, wanted, resources.now())


def group_by(resources: Resources, run: RunRow | None, firm: str) -> str | None:
    """Return the connected group of a firm by a run; None where it is in none."""
    if run is None:
        return None
    try:
        return groups_in(resources, results_in(resources, run.folder, EVERYTHING)).of(firm)
    except Absent:  # The run is of a release that knew of none.
        return None


def group_of(resources: Resources, firm: str) -> str | None:
    """Return the connected group of a firm by the newest run; None where it is in none."""
    try:
        results = results_of(resources, AskedVersion(), EVERYTHING)
        return groups_in(resources, results).of(firm)
    except Absent:  # There is no run yet, or one of a release that knew of none.
        return None
