"""A loan is opened over what was reserved for it, in one order: use, loan and first act."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.books.ledger import Moving, operations
from app.books.ledger.paths import occupied, path_of
from app.books.ledger.tables import uses
from app.chain.receivables.acts import Debt
from app.chain.receivables.files import FileReceivables
from app.chain.uses.financing import check_lendable
from app.lending.loans.advancing import draw, fees_between
from app.lending.loans.loan import Loan
from app.lending.loans.terms import LoanTerms, proceeds_fen
from app.lending.loans.written import document
from app.lending.products.purposes import RULE, is_working_capital
from app.lending.servicing.documents import documents_in, leave_gone, lend
from app.lending.servicing.rows import changed, last_due_on, name_of
from app.lending.servicing.tables import loan_acts, loan_documents, loans
from app.lending.servicing.values import LoanValues
from app.platform.errors import Conflict
from app.platform.events import canonical

TERMS_OF_DRAWS = "The bank's terms of draws"
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class LoanOrder:
    """
    A loan that is to be opened.

    Args:
        loan: Its id, made before it is asked for, so that a retry keeps it.
        use: The reservation that holds its amount; the rest of it is void.
        terms: What was agreed; drawn on the business day.
        account: To which it is paid out.
        application: That it was asked for by; None: by none.
        files: Receivables of files, where a document may be one that the book does not know yet.
        purpose: What it is for, where somebody told.
    """

    loan: str
    use: str
    terms: LoanTerms
    account: str
    application: str | None = None
    files: FileReceivables | None = None
    purpose: str = ""

    @property
    def owner(self) -> str:
        """Return what alone moves the use from now on."""
        return f"loan:{self.loan}"


def open_loan(moving: Moving, order: LoanOrder, values: LoanValues) -> Row:
    """
    Open a loan: its reservation is used, and the loan is there; return its row.

    Args:
        moving: What is recorded.
        order: The loan.
        values: What loans go by on the business day.

    Raises:
        BookMovedOn: It is another business day by now.
        RuleBroken: `loan.terms`: they are no loan; or more is drawn than is reserved.
        AlreadyDecided: The reservation was used, given back, or its time has passed.
        LimitExceeded: An account of the path is frozen or closed.
        Absent: There is no such reservation.
        Conflict: There is a loan of this id.
    """
    values.check(moving)
    if moving.row(loans, order.loan) is not None:
        raise Conflict(f"there is a loan {order.loan} already")
    loan = draw(order.terms, values.rules)
    debt = Debt(moving, order.files, None)
    reserved = moving.row(uses, order.use)
    if reserved is not None and reserved["state"] == "reserved":
        leave_gone(debt, reserved)
    use = operations.post(moving, order.use, order.terms.amount_fen, owner=order.owner)
    last_on = last_due_on(loan, values.rules) or order.terms.drawn_on
    known = {
        "loan": order.loan,
        "application": order.application,
        "use": order.use,
        "firm": use["firm"],
        "core": use["core"],
        "product": use["product"],
        "account": order.account,
        "amount_fen": order.terms.amount_fen,
        "drawn_on": order.terms.drawn_on.isoformat(),
        "due_on": last_on.isoformat(),
        "acts": 1,
    }
    row = changed(known, loan, values.rules)
    proceeds = proceeds_fen(order.terms, values.rules.days_off)
    documents = lend(debt, order.loan, use)
    told = {
        "proceeds_fen": proceeds,
        "working_capital": is_working_capital(order.purpose, values.in_force.text(RULE)),
    }
    _record(moving, row, told, document(loan)["terms"], documents)
    _record_fees(moving, row, loan)
    return row


def _record_fees(moving: Moving, row: Row, loan: Loan) -> None:
    """Record what a draw costs: an event for each fee."""
    for each in fees_between(replace(loan, charged=()), loan):
        told = {"fee": each.after, "amount_fen": each.fee_fen, "on": each.day.isoformat()}
        states = {"before": row["state"], "after": row["state"]}
        figures = {"outstanding_fen": row["outstanding_fen"]}
        thing = f"loan:{row['loan']}"
        detail = states | figures | told
        moving.record("loan.charge", thing, rows=[(loans, row)], detail=detail)


def check_documents(debt: Debt, use: Mapping[str, Any]) -> None:
    """
    Raise where a loan cannot stand on the documents of a reservation that an officer made.

    Args:
        debt: Receivables as the order finds them.
        use: The reservation.

    Raises:
        WrongState: One is not confirmed or held, is due, or something else stands on it.
    """
    for each in documents_in(path_of(use["path"])):
        pending = occupied(each, use["left_fen"])
        check_lendable(debt, each.account, use["firm"], pending)


def _record(
    moving: Moving, row: Row, more: Row, terms: Mapping[str, Any], documents: Sequence[Row]
) -> None:
    act = {
        "act": name_of(row["loan"], 0),
        "loan": row["loan"],
        "n": 0,
        "kind": "draw",
        "reference": "",
        "asked": canonical(terms),
        "told": "{}",
        "reversed": 0,
    }
    told = ("use", "firm", "core", "product", "account", "application", "amount_fen", "due_on")
    detail = {name: row[name] for name in told} | {**more, "after": row["state"]}
    if documents:
        detail["documents"] = [each["document"] for each in documents]
    moving.record(
        "loan.draw",
        f"loan:{row['loan']}",
        rows=[(loans, row), (loan_acts, act), *((loan_documents, each) for each in documents)],
        detail=detail,
    )
