"""What a firm has to borrow on: its limits by chain, and documents of a core that it holds."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from app.books.business_day import business_day
from app.books.ledger.reading import AccountsAsked, accounts_after, accounts_of, one_account
from app.chain.limits.documents import everywhere, results_of
from app.chain.receivables.repository import WantedReceivables
from app.chain.receivables.standing import standing
from app.chain.vouchers.listing import VoucherOrder, VouchersListed, listed
from app.data.versions.service import AskedVersion
from app.platform.auth.principals import Principal
from app.platform.auth.sight import sight_of
from app.platform.deps import Resources
from app.platform.documents import Document
from app.platform.errors import Absent
from graph.errors import NotFound

PAPERS_MAX = 200  # Of each kind that are offered to choose from, those due first.
CONFIRMED, HELD = "confirmed", "held"


@dataclass(frozen=True, slots=True)
class OwnPaper:
    """A document that a loan can stand on; `account` is its kind and number."""

    kind: str
    number: str
    core: str
    amount_fen: int
    due_on: str
    days: int  # Until then.
    is_ready: bool = True  # Whether it has its account: seconds after it was confirmed or accepted.

    @property
    def account(self) -> str:
        """Return the id of its account."""
        return f"{self.kind}:{self.number}"


def chains_of(resources: Resources, who: Principal) -> Sequence[Document]:
    """Return a firm's limits, the largest first, each with what is left of its account now."""
    firm = who.firm or ""
    try:
        found = everywhere(results_of(resources, AskedVersion(), sight_of(who)), firm)
    except (Absent, NotFound):
        return ()
    asked = AccountsAsked(layer="chain", firm=firm)
    accounts = accounts_after(resources.records, asked, resources.now())
    left = {each.identity.core: each.available for each in accounts}
    rows = [{**row, **row["core"], "left_fen": left.get(row["core"]["id"])} for row in found]
    return sorted(rows, key=lambda row: -(row["limit_fen"] or 0))


def available_fen(resources: Resources, firm: str, chains: Sequence[Document]) -> int:
    """Return what a firm can get now: what its chains leave, within what it may owe altogether."""
    left = sum(row["left_fen"] or 0 for row in chains)
    own = one_account(resources.records, f"firm:{firm}", resources.now())
    return left if own is None else min(left, own.available)


def papers_of(resources: Resources, firm: str) -> Sequence[OwnPaper]:
    """
    Return documents of a firm to borrow on: confirmed or held, those due first.

    What was confirmed or accepted just now is among them and not ready yet.
    """
    day = business_day(resources)
    claims = standing(resources, resources.version(), WantedReceivables(creditor=firm), day)
    good = claims.filter((pl.col("state") == CONFIRMED) & (pl.col("face_fen") > 0))
    due = good.filter(pl.col("due_on") > day.isoformat()).sort("due_on", "receivable")
    columns = ("receivable", "debtor", "face_fen", "due_on")
    found = [
        _paper("receivable", row, day) for row in due.head(PAPERS_MAX).select(columns).iter_rows()
    ]
    wanted = VouchersListed(day, holder=firm, state=HELD)
    order = VoucherOrder("due", descending=False, words=str)
    told = ("voucher", "issuer", "held_fen", "due_on")
    found += [
        _paper("voucher", [row[name] for name in told], day)
        for row in listed(resources.records, wanted, order, (0, PAPERS_MAX))
    ]
    later = [each for each in found if each.days > 0]
    names = [each.account for each in later]
    there = {each.account for each in accounts_of(resources.records, names, resources.now())}
    seen = [replace(each, is_ready=each.account in there) for each in later]
    return sorted(seen, key=lambda each: (each.due_on, each.account))


def ready_of(papers: Sequence[OwnPaper]) -> Sequence[OwnPaper]:
    """Return the documents on which something can be borrowed now."""
    return [each for each in papers if each.is_ready]


def _paper(kind: str, told: Sequence[Any], day: dt.date) -> OwnPaper:
    number, core, fen, due_on = told
    return OwnPaper(kind, number, core, fen, due_on, (dt.date.fromisoformat(due_on) - day).days)
