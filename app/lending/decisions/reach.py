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
from app.chain.limits.shown import Shown
from app.chain.receivables.repository import WantedReceivables
from app.chain.receivables.service import listed
from app.chain.vouchers.repository import WantedVouchers
from app.chain.vouchers.service import page
from app.lending.decisions.forms import Asked
from app.platform.deps import Resources
from app.platform.documents import Document

OPEN_MAX = 200  # Receivables of a firm on a core that a path to yes looks at.
WAITING_MAX = 200  # Vouchers that wait for it.
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
        return {"open": [], "waiting": [], "givers": []}
    return {
        "open": _open(resources, asked, results, day),
        "waiting": _waiting(resources, asked, results, day),
        "givers": _givers(asked.core, asked.firm, results),
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


def _givers(core: str, firm: str, results: Shown) -> Sequence[Document]:
    """Return buyers that could pass a document on, each with the most that it owes the firm."""
    basis = results.basis(core, firm)
    if basis is None:
        return []
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
