"""Repayments: what a firm or an officer pays on a loan, once for each reference."""

import json
from dataclasses import dataclass

from app.books.ledger import Moving, Plain, Reads, Reply, ask_prepared, ledger_of
from app.books.ledger.answering import Asker
from app.books.ledger.tables import uses
from app.lending.loans.loan import Payment
from app.lending.servicing import repository
from app.lending.servicing.acting import LoanActing, absent
from app.lending.servicing.repository import Row
from app.lending.servicing.tables import loans
from app.lending.servicing.values import values_today
from app.platform.deps import Resources
from app.platform.errors import KeyReused
from app.platform.text import compact

DONE = 200


@dataclass(frozen=True, slots=True)
class RepaymentAsked:
    """What is paid on a loan; what is beyond what is due only as a prepayment."""

    amount_fen: int
    prepay: bool
    mode: str
    reference: str


def repay(resources: Resources, asker: Asker, loan: str, asked: RepaymentAsked) -> Reply:
    """
    Return where the fen of a payment on a loan went.

    Args:
        resources: What the process has open.
        asker: Who pays: the firm itself, or an officer.
        loan: The loan.
        asked: The payment.

    Raises:
        Absent: There is no such loan, or it is somebody else's.
        KeyReused: Another amount was paid under the reference.
        NothingDue: Something is left beyond what is due, and it is no prepayment.
        RuleBroken: `loan.overpaid`: it is more than all that is owed.
        WrongState: The loan has ended.
    """
    with resources.records.reading() as connection:
        known = repository.one(connection, loan)
    if known is None or asker.core not in (None, known["firm"]):
        raise absent(loan)
    needs = Reads(rows={loans: [loan], uses: [known["use"]]})

    def prepare() -> Plain:
        """Return the order, by what loans go by on the business day."""
        values = values_today(resources)

        def work(moving: Moving) -> Reply:
            """Return where the fen went."""
            acting = LoanActing(moving, values)
            row = acting.looked_at(loan, firm=asker.core)
            if (before := _paid_before(moving, row, asked)) is not None:
                return before
            payment = Payment(values.day, asked.amount_fen, asked.prepay, asked.mode)
            done = acting.act(acting.taken_over(row), payment, reference=asked.reference)
            return Reply.of(DONE, done.told)

        return Plain(needs, work, asker.key, asker.actor)

    return ask_prepared(ledger_of(resources).ask, prepare)


def _paid_before(moving: Moving, row: Row, asked: RepaymentAsked) -> Reply | None:
    """Return the first answer to a payment with this reference; None where there was none."""
    if not asked.reference:
        return None
    known = repository.by_reference(moving.connection, row["loan"], "pay", asked.reference)
    if known is None:
        return None
    if json.loads(known["asked"])["amount_fen"] != asked.amount_fen:
        raise KeyReused("another amount was paid under this reference")
    return Reply(DONE, compact(json.loads(known["told"])), replayed=True)
