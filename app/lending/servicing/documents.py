"""
The documents on which a loan stands: lent on at its draw, freed when nothing of it is owed.

In the path of its use each stands with what it carries, until its debtor has paid.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from app.books.ledger import Moving, operations
from app.books.ledger.paths import Element, less_document, occupied, path_of
from app.books.ledger.tables import uses
from app.chain.receivables.acts import Debt
from app.chain.uses.financing import finance, has_left, is_free, put_back
from app.lending.servicing.tables import loan_documents

LENT, FREED, PAID = "lent", "freed", "paid"
Row = dict[str, Any]


def documents_in(path: Sequence[Element]) -> list[Element]:
    """Return those elements of a path that are documents."""
    return [each for each in path if each.part >= 0]


def leave_gone(debt: Debt, use: Mapping[str, Any]) -> None:
    """
    Take out of a reservation's path the documents that have left since they were held.

    What is paid out by then is lent all the same, to the firm alone.

    Args:
        debt: Receivables as the order finds them.
        use: The reservation.
    """
    found = documents_in(path_of(use["path"]))
    gone = [each.account for each in found if has_left(debt, each.account, use["firm"])]
    leave(debt.moving, use["use"], gone)


def leave(moving: Moving, use: str, accounts: Sequence[str]) -> None:
    """Take documents out of the path of a use: they carry nothing of it any more."""
    row = moving.row(uses, use)
    if row is None or row["state"] not in ("reserved", "posted"):
        return
    path: Sequence[Element] = path_of(row["path"])
    parts = {each.account: each.part for each in documents_in(path)}
    gone = [account for account in accounts if account in parts]
    for account in gone:
        path = less_document(path, account, parts[account])
    if gone:
        operations.reroute(moving, use, [each for each in path if each.account not in gone])


def lend(debt: Debt, loan: str, use: Mapping[str, Any]) -> list[Row]:
    """
    Make the documents of a use that is posted financed; return their rows of the loan.

    Those that its amount does not reach are what they were before.

    Args:
        debt: Receivables as the order finds them.
        loan: The loan.
        use: Its use.
    """
    found = documents_in(path_of(use["path"]))
    carries = {each.account: occupied(each, use["left_fen"]) for each in found}
    faces = finance(debt, [account for account, fen in carries.items() if fen])
    put_back(debt, [account for account, fen in carries.items() if not fen])
    return [
        {
            "document": account,
            "loan": loan,
            "state": LENT,
            "lent_fen": carries[account],
            "face_fen": face_fen,
            "paid_fen": 0,
            "remainder_fen": 0,
        }
        for account, face_fen in faces.items()
    ]


def lent_on(moving: Moving, loan: Mapping[str, Any], state: str = LENT) -> list[Row]:
    """Return the rows of a loan's documents that are in a state."""
    use = moving.row(uses, loan["use"])
    found = documents_in(path_of(use["path"])) if use else []
    rows = moving.rows(loan_documents, [each.account for each in found]) if found else {}
    named = [row for row in rows.values() if row is not None and row["loan"] == loan["loan"]]
    return [row for row in named if row["state"] == state]


def free(moving: Moving, rows: Sequence[Row]) -> None:
    """Give documents back to their holder: nothing is owed on them any more."""
    put_back(Debt(moving, None, None), [row["document"] for row in rows])


def taken_again(moving: Moving, loan: Mapping[str, Any]) -> list[Row]:
    """
    Return the documents that carry a loan again whose repayment was taken back, `financed` anew.

    Those that are not what they were when they were freed carry nothing: the firm owes it alone.
    """
    debt = Debt(moving, None, None)
    freed = lent_on(moving, loan, FREED)
    again = [row for row in freed if is_free(debt, row["document"], row["face_fen"])]
    finance(debt, [row["document"] for row in again])
    return [{**row, "state": LENT} for row in again]
