"""
Documents that a use stands on: whole ones, `financing` while it is reserved, then put back.

They are `financed` from the draw of a loan until it is repaid. A voucher that has fallen due keeps
its state meanwhile; what is financed of it is told by its amounts. A voucher of a file, of which
the platform keeps no node, is held by its account alone.
"""

from collections.abc import Sequence

from app.books.errors import WrongState
from app.books.ledger import Moving
from app.books.ledger.figures import CLOSED
from app.chain.receivables import accounts
from app.chain.receivables.acts import Debt, Row, face, merged
from app.chain.receivables.tables import receivables
from app.chain.uses.paths import not_promised
from app.chain.vouchers import endings, nodes
from app.chain.vouchers.tables import vouchers

FINANCING, FINANCED = "financing", "financed"
LENT_STATES = {"receivable": "confirmed", "voucher": "held"}  # On what a loan may stand.
PAST_DUE = ("matured", "dishonoured", "recourse")


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
        kind, row = _holdable(debt, account, core=core, firm=firm)
        if row is not None:
            after = {**row, "state": FINANCING, "before": row["state"]}
            _record(debt, kind, after, row["state"], "hold")


def check_holdable(debt: Debt, documents: Sequence[str], *, core: str, firm: str) -> None:
    """
    Raise where a use cannot stand on some of these documents.

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
        _holdable(debt, account, core=core, firm=firm)


def _holdable(debt: Debt, account: str, *, core: str, firm: str) -> tuple[str, Row | None]:
    """Return of what kind a document is, with its row; None of a voucher of a file."""
    kind, _, name = account.partition(":")
    allowed = ["confirmed" if kind == "receivable" else "held"]
    row: Row | None = None
    if kind == "receivable":
        told = debt.find(name)
        _check_parties(account, (told["creditor"], told["debtor"]), firm, core)
        row = debt.in_state(name, *allowed)
    elif debt.moving.row(vouchers, name) is not None:
        endings.take_over(debt, name)
        row = nodes.found(debt.moving, name)
        _check_parties(account, (row["holder"], row["issuer"]), firm, core)
        nodes.check_state(row, *allowed)
    accounts.check_free(debt.moving, account, f"{kind} {name}", allowed)
    return kind, row


def finance(debt: Debt, documents: Sequence[str]) -> dict[str, int]:
    """
    Make documents `financed`: a loan on them is paid out. Return the face of each.

    Args:
        debt: Receivables as the order finds them.
        documents: The ids of their accounts, none of which has left.
    """
    faces = {}
    for account in documents:
        kind, row = _found(debt, account)
        faces[account] = _face(kind, row)
        if row is None:
            continue
        before = row["state"]
        row["before"] = LENT_STATES[kind]
        if kind == "voucher":
            row |= {"financed_fen": row["held_fen"], "held_fen": 0}
        if before not in PAST_DUE:
            row["state"] = FINANCED
        _record(debt, kind, row, before, "finance")
    return faces


def is_free(debt: Debt, account: str, face_fen: int) -> bool:
    """Return whether a document that was financed is again what it was, and nothing on it."""
    kind, row = _found(debt, account)
    found = debt.moving.account(account)
    if found is None or found.figures.state == CLOSED:
        return False
    if found.figures.posted or found.figures.pending:
        return False
    if row is None:
        return kind == "voucher"
    return row["state"] == LENT_STATES[kind] and _face(kind, row) == face_fen


def has_left(debt: Debt, account: str, firm: str) -> bool:
    """
    Return whether a document that was held for a loan can carry it no more.

    Args:
        debt: Receivables as the order finds them.
        account: The id of its account.
        firm: Who draws.
    """
    kind, row = _found(debt, account)
    found = debt.moving.account(account)
    if found is None or found.figures.state == CLOSED:
        return True
    if row is None:
        return kind == "receivable"
    if kind == "voucher" and row["state"] == "matured":
        return str(row["before"]) != FINANCING
    holder = row["creditor" if kind == "receivable" else "holder"]
    return holder != firm or row["state"] not in (FINANCING, LENT_STATES[kind])


def check_lendable(debt: Debt, account: str, firm: str, pending_fen: int) -> None:
    """
    Raise where a loan cannot stand on a document that no application holds.

    Args:
        debt: Receivables as the order finds them.
        account: The id of its account.
        firm: Who draws.
        pending_fen: What its own reservation has pending there.

    Raises:
        WrongState: It is not confirmed or held, is due, or something else stands on its account.
    """
    kind, row = _found(debt, account)
    what, found = account.replace(":", " ", 1), debt.moving.account(account)
    allowed = [LENT_STATES[kind]]
    if row is not None and (row["state"] not in allowed or has_left(debt, account, firm)):
        raise WrongState(what, row["state"], allowed)
    if row is not None and row["due_on"] <= debt.moving.day_text:
        raise WrongState(what, "due", allowed)
    if found is None or found.figures.posted or found.figures.pending > pending_fen:
        raise WrongState(what, "financing", allowed)


def put_back(debt: Debt, documents: Sequence[str]) -> None:
    """Make documents what they were before they were `financing` or `financed`; others stay."""
    for account in documents:
        kind, row = _found(debt, account)
        if row is None:
            continue
        before = row["state"]
        if kind == "voucher" and row["financed_fen"] and before in (FINANCED, *PAST_DUE):
            row |= {"held_fen": row["financed_fen"], "financed_fen": 0}
        elif before not in (FINANCING, FINANCED):
            continue
        if before in PAST_DUE:
            row["before"] = LENT_STATES[kind]
        else:
            row |= {"state": row["before"], "before": ""}
        _record(debt, kind, row, before, "put-back")


def _found(debt: Debt, account: str) -> tuple[str, Row | None]:
    """Return the kind of a document and its row; None where there is none."""
    kind, _, name = account.partition(":")
    if kind == "voucher":
        return kind, debt.moving.row(vouchers, name)
    known = merged(debt.moving.row(receivables, name), debt.told(name))
    return kind, None if known is None else dict(known)


def are_held(moving: Moving, documents: Sequence[str]) -> bool:
    """Return whether none of these documents has left or fallen due since it was held."""
    for account in documents:
        kind, _, name = account.partition(":")
        row = moving.row(receivables if kind == "receivable" else vouchers, name)
        if row is not None and row["state"] != FINANCING:
            return False
    return True


def _face(kind: str, row: Row | None) -> int:
    """Return what a document pays its holder; 0 of one of which the platform keeps no row."""
    if row is None:
        return 0
    return int(row["held_fen"]) if kind == "voucher" else face(row)


def _check_parties(account: str, parties: tuple[str, str], firm: str, core: str) -> None:
    if parties != (firm, core):
        raise not_promised(account, firm, core)


def _record(debt: Debt, kind: str, row: Row, before: str, operation: str) -> None:
    if kind == "receivable":
        debt.record(operation, row, before=before)
    else:
        nodes.record(debt.moving, operation, [row], before=before)
