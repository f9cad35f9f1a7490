"""
What of a decision's inputs a path to yes alone looks at: documents that a firm could come to have.

Receivables that its core could confirm, vouchers that wait for the firm, and buyers that could pass
one on. Of a buyer nothing is kept here that the firm does not know: that documents of the core can
arrive through it stands in the tree of what it can reach, and what it owes the firm is the firm's.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

from app.chain.limits.formulas.leaves import ClaimLeaves
from app.chain.limits.partners import AgedClaim
from app.chain.limits.results import LimitBasis
from app.chain.limits.shown import Shown
from app.chain.receivables.repository import WantedReceivables
from app.chain.receivables.service import listed
from app.chain.vouchers.repository import WantedVouchers
from app.chain.vouchers.service import page
from app.lending.decisions.forms import Asked
from app.lending.decisions.plain import plain
from app.platform.deps import Resources
from app.platform.documents import Document

OPEN_MAX = 200  # Receivables of a firm on a core that a path to yes looks at.
WAITING_MAX = 200  # Vouchers that wait for it.
AGED_MAX = 3  # Buyers with overdue rows, the largest claims first.
AGED_ROWS_MAX = 200  # Rows that such a buyer owes the firm.
GIVERS_MAX = 3  # Buyers that could pass one on, those first through which most can arrive.


def within_reach(resources: Resources, asked: Asked, results: Shown, day: dt.date) -> Document:
    """
    Return what documents a firm could come to have of a core; nothing of all without a core.

    Args:
        resources: What the process has open.
        asked: What is asked for.
        results: The run.
        day: The business day.
    """
    if asked.core is None:
        return {"open": [], "waiting": [], "givers": [], "aged": []}
    basis = results.basis(asked.core, asked.firm)
    return {
        "open": _open(resources, asked, results, day),
        "waiting": _waiting(resources, asked, results, day),
        "givers": [] if basis is None else _givers(basis),
        "aged": [] if basis is None else _aged(resources, asked.firm, results, basis.aged),
    }


def _open(resources: Resources, asked: Asked, results: Shown, day: dt.date) -> Sequence[Document]:
    """Return receivables that the core could confirm, so that they carry a loan."""
    wanted = WantedReceivables(debtor=asked.core, creditor=asked.firm, state="open")
    version = resources.version(results.head.version)
    rows = listed(resources, version, wanted, size=OPEN_MAX)
    found = (
        _paper(row["receivable"], row["amount_fen"] - row["paid_fen"], row["due_on"])
        for row in rows
        if _in_tenor(results, day, row)
    )
    named_already = {each.number for each in asked.documents}
    return _ranked(e for e in found if e["face_fen"] > 0 and e["number"] not in named_already)


def _waiting(
    resources: Resources, asked: Asked, results: Shown, day: dt.date
) -> Sequence[Document]:
    """Return vouchers of the core that are the firm's once it accepts them."""
    wanted = WantedVouchers(issuer=asked.core, holder=asked.firm, state="issued")
    rows = page(resources, wanted, size=WAITING_MAX)
    return _ranked(
        _paper(row["voucher"], row["held_fen"], row["due_on"])
        for row in rows
        if _in_tenor(results, day, row) and row["accept_by"] >= day.isoformat()
    )


def _in_tenor(results: Shown, day: dt.date, row: dict[str, Any]) -> bool:
    first = day - dt.timedelta(days=results.policy.whole("past_due_days_document"))
    last = day + dt.timedelta(days=results.policy.whole("tenor_days_max"))
    return bool(first.isoformat() <= row["due_on"] <= last.isoformat())


def _paper(number: str, face_fen: int, due_on: str) -> Document:
    return {"number": number, "face_fen": face_fen, "due_on": due_on}


def _ranked(papers: Iterator[Document]) -> Sequence[Document]:
    return sorted(papers, key=lambda each: (each["face_fen"], each["number"]))


def _givers(basis: LimitBasis) -> Sequence[Document]:
    """Return buyers that could pass a document on, each with the most that it owes the firm."""
    owed = {each.buyer: _left(each) for each in basis.leaves.claims}
    arriving = sorted(basis.arriving.items(), key=lambda each: (-each[1], each[0]))
    return [
        {"firm": giver, "fen": max(fen, owed.get(giver, 0))}
        for giver, fen in arriving[:GIVERS_MAX]
        if fen > 0
    ]


def _left(claim: ClaimLeaves) -> int:
    gross = int(str(claim.rows_fen)) + int(str(claim.estimated_fen))
    less = (claim.paid_fen, claim.pledged_fen, claim.contra_fen)
    return gross - sum(int(str(each)) for each in less)


def _aged(
    resources: Resources, firm: str, results: Shown, aged: Sequence[AgedClaim]
) -> Sequence[Document]:
    """Return claims that do not count for what their buyers owe past due, with the firm's rows."""
    ranked = sorted(aged, key=lambda each: (-_left(each.claim), each.claim.buyer))
    return [
        {
            "claim": plain(each.claim),
            "unpaid_fen": each.unpaid_fen,
            "overdue_fen": each.overdue_fen,
            "more_fen": each.more_fen,
            **_overdue_rows(resources, firm, results, each.claim.buyer),
        }
        for each in ranked[:AGED_MAX]
    ]


def _overdue_rows(resources: Resources, firm: str, results: Shown, buyer: str) -> Document:
    """Return what a buyer owes a firm past due, and the numbers of what would count of it."""
    version, policy = resources.version(results.head.version), results.policy
    as_of = dt.date.fromisoformat(results.head.as_of)
    oldest = (as_of - dt.timedelta(days=policy.whole("age_days_max"))).isoformat()
    late = (as_of - dt.timedelta(days=policy.whole("past_due_days_max"))).isoformat()
    wanted = WantedReceivables(debtor=buyer, creditor=firm)
    rows = [
        row
        for row in listed(resources, version, wanted, size=AGED_ROWS_MAX)
        if row["state"] in ("open", "confirmed")
        and row["due_on"] < as_of.isoformat()
        and row["amount_fen"] > row["paid_fen"]
    ]
    counted = [row for row in rows if row["issued_on"] >= oldest and row["due_on"] >= late]
    papers = (
        _paper(row["receivable"], row["amount_fen"] - row["paid_fen"], row["due_on"])
        for row in rows
    )
    return {
        "rows": _ranked(papers),
        "counted": sorted(str(row["receivable"]) for row in counted),
    }
