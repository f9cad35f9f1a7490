"""
What debtors pay of documents on which loans stand: it pays the loan, and the rest is the holder's.

The order that settles a document takes it to the loan at once: all that is owed, due or not, in the
order of the loan's class. What is left is told as `remainder`, to the holder's account on file;
what does not suffice leaves the loan open, and the firm owes the rest. A loan that was written off
recovers what was lost; on one that is repaid nothing stands any more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import sqlalchemy as sa

from app.books.errors import WrongState
from app.books.ledger import Moving
from app.chain.receivables.acts import Debt
from app.chain.receivables.lender import DocumentPaid
from app.lending.applications.offers import documents_of, given_back
from app.lending.applications.states import OFFERED, State
from app.lending.applications.tables import applications
from app.lending.loans.acts import Recovery
from app.lending.loans.advancing import at
from app.lending.loans.loan import Payment
from app.lending.loans.owing import owed
from app.lending.servicing.acting import LoanActing
from app.lending.servicing.documents import PAID
from app.lending.servicing.rows import standing
from app.lending.servicing.tables import firm_accounts, loan_documents, loans
from app.lending.servicing.values import LoanValues, values_today
from app.platform.deps import Resources

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class LoansOnDocuments:
    """The bank's loans, as whoever settles a document meets them (`receivables.lender`)."""

    resources: Resources
    values: LoanValues | None = None

    def ready(self) -> Self:
        """Return it with what loans go by on the business day."""
        return replace(self, values=values_today(self.resources))

    def leave(self, moving: Moving, accounts: Sequence[str]) -> None:
        """
        End the applications that hold these documents: what they are asked for on leaves.

        Raises:
            WrongState: A loan on one is being paid out: its port has not answered yet.
        """
        for row in _held_by(moving, accounts):
            if row["state"] == "drawing":
                raise WrongState(f"application {row['application']}", "drawing", ["active"])
            to: State = "active" if row["drawn_fen"] else "expired"
            given_back(Debt(moving, None, None), row, to)

    def take(self, moving: Moving, paid: Sequence[DocumentPaid]) -> None:
        """Pay the loans on documents out of what their debtors pay, each in its turn."""
        if self.values is None:
            raise RuntimeError("values are read before the book is locked: see `ready`")
        acting = LoanActing(moving, self.values)
        for each in paid:
            row = moving.row(loan_documents, each.account)
            if row is None:
                raise RuntimeError(f"no loan stands on {each.account}, which is financed")
            _take(acting, each, row)


def _held_by(moving: Moving, accounts: Sequence[str]) -> list[Row]:
    """Return the applications that hold some of these documents, as they stand for the order."""
    own = applications.c
    query = sa.select(own.application).where(
        own.state.in_((*OFFERED, "drawing")), own.use.is_not(None), own.documents != "[]"
    )
    names = list(moving.connection.scalars(query.order_by(own.application)))
    rows = [row for row in moving.rows(applications, names).values() if row is not None]
    return [row for row in rows if not set(accounts).isdisjoint(documents_of(row))]


def _take(acting: LoanActing, paid: DocumentPaid, document: Row) -> None:
    loan = acting.found(document["loan"])
    act = _act(acting, loan, paid.amount_fen)
    taken = 0 if act is None else act.amount_fen
    rest = paid.amount_fen - taken
    after = {**document, "state": PAID, "paid_fen": taken, "remainder_fen": rest}
    if act is not None:
        loan = acting.act(loan, act, document=after).row
    if rest:
        _remainder(acting.moving, paid, loan, after)


def _act(acting: LoanActing, loan: Row, amount_fen: int) -> Payment | Recovery | None:
    """Return what of a payment a loan takes: as much as it is owed."""
    day, rules = acting.values.day, acting.values.rules
    stands = at(standing(loan), day, rules)
    if stands.ended == "written_off":
        totals = stands.totals
        part = min(amount_fen, totals.lost.total - totals.recovered.total)
        return Recovery(day, part) if part else None
    debt = owed(stands)
    part = 0 if stands.ended else min(amount_fen, debt.all_fen - debt.prepayment_fees_fen)
    by_debtor = bool(stands.terms.fees)  # No fee of a prepayment is charged for it.
    return Payment(day, part, prepay=True, by_debtor=by_debtor) if part else None


def _remainder(moving: Moving, paid: DocumentPaid, loan: Mapping[str, Any], row: Row) -> None:
    """Record what of a debtor's payment goes to the holder of the document."""
    on_file = moving.row(firm_accounts, paid.holder)
    moving.record(
        "remainder",
        f"loan:{loan['loan']}",
        rows=[(loan_documents, row), (loans, dict(loan))],
        detail={
            "before": loan["state"],
            "after": loan["state"],
            "amount_fen": row["remainder_fen"],
            "document": paid.account,
            "holder": paid.holder,
            "account": on_file["account"] if on_file else loan["account"],
        },
    )
