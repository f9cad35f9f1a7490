"""
Documents that a use stands on: whole ones, `financing` while it is reserved, then put back.

A voucher of a file, of which the platform keeps no node, is held by its account alone.
"""

from collections.abc import Sequence

from app.books.ledger import Moving
from app.chain.receivables import accounts
from app.chain.receivables.acts import Debt
from app.chain.receivables.tables import receivables
from app.chain.uses.paths import not_promised
from app.chain.vouchers import endings, nodes
from app.chain.vouchers.tables import vouchers

FINANCING = "financing"


def hold(debt: Debt, documents: Sequence[str], *, core: str, firm: str) -> None:
    """
    Make documents `financing`, all of them or none.

    Args:
        debt: Receivables as the order finds them.
        documents: The ids of their accounts.
        core: Who promised to pay them.
        firm: Who holds them.

    Raises:
        Absent: There is no such document.
        RuleBroken: One is not the firm's, or not a promise of the core.
        WrongState: One is not confirmed or held, or something stands on its account.
    """
    for account in documents:
        kind, _, name = account.partition(":")
        allowed = ["confirmed" if kind == "receivable" else "held"]
        if kind == "receivable":
            row = debt.find(name)
            _check_parties(account, (row["creditor"], row["debtor"]), firm, core)
            row = debt.in_state(name, *allowed)
        elif debt.moving.row(vouchers, name) is not None:
            endings.take_over(debt, name)
            row = nodes.found(debt.moving, name)
            _check_parties(account, (row["holder"], row["issuer"]), firm, core)
            nodes.check_state(row, *allowed)
        else:
            row = None
        accounts.check_free(debt.moving, account, f"{kind} {name}", allowed)
        if row is not None:
            _record(debt, kind, {**row, "state": FINANCING, "before": row["state"]}, row["state"])


def put_back(debt: Debt, documents: Sequence[str]) -> None:
    """Make documents again what they were before they were `financing`; others stay."""
    for account in documents:
        kind, _, name = account.partition(":")
        row = debt.moving.row(receivables if kind == "receivable" else vouchers, name)
        if row is not None and row["state"] == FINANCING:
            _record(debt, kind, {**row, "state": row["before"], "before": ""}, FINANCING)


def are_held(moving: Moving, documents: Sequence[str]) -> bool:
    """Return whether none of these documents has left or fallen due since it was held."""
    for account in documents:
        kind, _, name = account.partition(":")
        row = moving.row(receivables if kind == "receivable" else vouchers, name)
        if row is not None and row["state"] != FINANCING:
            return False
    return True


def _check_parties(account: str, parties: tuple[str, str], firm: str, core: str) -> None:
    if parties != (firm, core):
        raise not_promised(account, firm, core)


def _record(debt: Debt, kind: str, row: dict[str, object], before: str) -> None:
    operation = "hold" if row["state"] == FINANCING else "put-back"
    if kind == "receivable":
        debt.record(operation, row, before=before)
    else:
        nodes.record(debt.moving, operation, [row], before=before)
