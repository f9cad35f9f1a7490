"""Firms to which a holder may pass a voucher on: those that sell to it, and its creditors."""

from collections.abc import Sequence

from app.chain.receivables.repository import WantedReceivables
from app.chain.receivables.service import listed
from app.platform.deps import Resources
from graph.errors import NotFound
from graph.model import FirmId

PARTNERS_SHOWN_MAX = 200
OWED = ("open", "confirmed")


def creditors_of(resources: Resources, firm: str) -> Sequence[str]:
    """
    Return ids of firms that sell to a firm or have a claim on it, as many as a form suggests.

    Args:
        resources: What the process has open.
        firm: The firm.
    """
    reader = resources.store.reader(resources.version().number)
    try:
        trades = reader.trades_of(FirmId(firm), size=PARTNERS_SHOWN_MAX)
    except NotFound:
        trades = []
    found = {each.supplier for each in trades if each.buyer == firm}
    wanted = WantedReceivables(debtor=firm)
    owed = listed(resources, reader.version, wanted, size=PARTNERS_SHOWN_MAX)
    names = {str(each) for each in found} | {
        str(row["creditor"]) for row in owed if row["state"] in OWED
    }
    return sorted(names - {firm})[:PARTNERS_SHOWN_MAX]
