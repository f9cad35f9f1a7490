"""Which rows of the book are exposures beside the trade graph, and the job that passes them on."""

from collections.abc import Mapping
from typing import Any

from app.books.ledger.tables import uses
from app.books.outbox import ShownTable, lag_of, pass_on
from app.chain.vouchers.known import COUNTING
from app.chain.vouchers.tables import vouchers
from app.platform.console.progress import Step
from app.platform.deps import Resources
from graph.model import Exposure, FirmId

LENT = ("reserved", "posted")
OWED = (*COUNTING, "dishonoured", "recourse")


def _lent(row: Mapping[str, Any]) -> Exposure:
    amount = row["left_fen"] if row["state"] in LENT else 0
    return Exposure(f"use:{row['use']}", FirmId(row["firm"]), None, amount)


def _owed(row: Mapping[str, Any]) -> Exposure:
    """Return what a node of a voucher still owes its holder; the others hold the rest of it."""
    amount = row["held_fen"] + row["financed_fen"] if row["accepted"] else 0
    if row["state"] not in OWED:
        amount = 0
    debtor, creditor = FirmId(row["issuer"]), FirmId(row["holder"])
    return Exposure(f"voucher:{row['voucher']}", debtor, creditor, amount)


SHOWN = (ShownTable(uses, _lent), ShownTable(vouchers, _owed))


def project(resources: Resources, progress: Step) -> str:
    """Pass on to the graph store what the book tells, until it has all or the service stops."""
    progress("exposures", None)
    count = pass_on(resources, SHOWN, alive=lambda: not resources.stopping.begun)
    return f"{count} events passed on" if count else "nothing new"


def is_behind(resources: Resources) -> bool:
    """Return whether the graph store is behind the book."""
    return lag_of(resources).events > 0
