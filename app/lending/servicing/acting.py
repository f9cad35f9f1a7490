"""
What is done to a loan of the book, in an order: the loan, its use and what is told move together.

A loan is first taken over the days that the closing of days has not brought it over yet, so that
whoever comes in between meets it as it will be.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import sqlalchemy as sa

from app.books.ledger import MACHINE, Moving, operations
from app.books.ledger.paths import path_of
from app.books.ledger.tables import uses
from app.lending.applications.tables import applications
from app.lending.loans.acts import Act, Restructuring
from app.lending.loans.advancing import advance, fees_between
from app.lending.loans.loan import Happening, Loan, Payment
from app.lending.loans.paying import Allocation
from app.lending.loans.replaying import do
from app.lending.servicing.documents import (
    FREED,
    documents_in,
    free,
    leave,
    lent_on,
    taken_again,
)
from app.lending.servicing.following import follow
from app.lending.servicing.rows import changed, last_due_on, name_of, standing, written
from app.lending.servicing.tables import loan_acts, loan_documents, loans
from app.lending.servicing.values import LoanValues
from app.platform.documents import Document
from app.platform.errors import Absent
from app.platform.events import canonical

Row = dict[str, Any]


class ActDone(NamedTuple):
    """What an act has come to: the loan's row, the number of the act, and what is told of it."""

    row: Row
    n: int
    told: Document


@dataclass(frozen=True, slots=True)
class LoanActing:
    """A business day on which loans are acted on, inside an order."""

    moving: Moving
    values: LoanValues

    def found(self, name: str, *, firm: str | None = None) -> Row:
        """
        Return the row of a loan, taken to the business day.

        Args:
            name: Its id.
            firm: Who asks, where it is not the bank.

        Raises:
            Absent: There is none of this id, or it is somebody else's.
            BookMovedOn: It is another business day by now.
        """
        return self.taken_over(self.looked_at(name, firm=firm))

    def looked_at(self, name: str, *, firm: str | None = None) -> Row:
        """Return the row of a loan as it was last touched (see `found`)."""
        self.values.check(self.moving)
        row = self.moving.row(loans, name)
        if row is None or firm not in (None, row["firm"]):
            raise absent(name)
        return row

    def taken_over(self, row: Row) -> Row:
        """Return the row of a loan, taken to the business day; what time did to it is an event."""
        day = self.values.day
        if row["touch_on"] is None or row["touch_on"] > day.isoformat():
            return row
        advanced = advance(standing(row), day, self.values.rules)
        after = changed(row, advanced.loan, self.values.rules)
        who, self.moving.actor = self.moving.actor, MACHINE
        happened = [_plain(each) for each in advanced.happened if each.what != "fee"]
        self.record("day", row, after, {"happened": happened})
        self.charge(after, [each for each in advanced.happened if each.what == "fee"])
        self.moving.actor = who
        return after

    def charge(self, row: Row, fees: Sequence[Happening]) -> None:
        """Record fees that were charged to a loan, an event each; below 0 what is taken back."""
        for each in fees:
            told = {"fee": each.after, "amount_fen": each.fee_fen, "on": each.day.isoformat()}
            self.record("charge", row, row, told)

    def act(
        self,
        row: Row,
        act: Act,
        *,
        reference: str = "",
        reason: str = "",
        document: Row | None = None,
    ) -> ActDone:
        """
        Do an act to a loan, and give back of its use what is no longer lent; return what came.

        Args:
            row: The loan's row, taken to the day.
            act: What is done, on the business day.
            reference: The payer's; empty where there is none.
            reason: Why, in a person's words.
            document: Where a debtor pays, the row of what it pays, as it is after it.

        Raises:
            BookRefusal: It cannot be done as the loan stands.
        """
        first = self.moving.number + 1
        rules = self.values.rules
        acted = do(standing(row), act, rules)
        after = changed({**row, "acts": row["acts"] + 1}, acted.loan, rules)
        if isinstance(act, Restructuring) or (isinstance(act, Payment) and act.prepay):
            last_on = last_due_on(acted.loan, rules)
            after["due_on"] = last_on.isoformat() if last_on else row["due_on"]
        paid = None if document is None else document["document"]
        self.charge(row, fees_between(standing(row), acted.loan))
        self._follow(row["use"], _lent(acted.loan, row["amount_fen"]), reason, document=paid)
        told = {} if acted.allocation is None else allocated(acted.allocation)
        answer = {
            "n": row["acts"],
            **({"allocation": told} if told else {}),
            "outstanding_fen": acted.loan.outstanding_fen,
            "events": [*range(first, self.moving.number + 2)],
        }
        source = {} if paid is None else {"document": paid}
        kept = _act_row(row, act, reference, {**answer, **source})
        detail: Document = {"n": row["acts"], **({"allocation": told} if told else {})}
        detail |= {**_detail(act, acted.loan), **source}
        if reference:
            detail["reference"] = reference
        freed = self._freed(row, acted.loan, paid)
        marked = [*([] if document is None else [document]), *freed]
        rows = [(loan_acts, kept), *((loan_documents, {**each}) for each in marked)]
        self.record(kept["kind"], row, after, detail, rows=rows, reason=reason)
        free(self.moving, freed)
        return ActDone(after, row["acts"], answer)

    def _freed(self, row: Row, loan: Loan, paid: str | None) -> list[Row]:
        """Return the rows of documents that a loan gives back, as nothing of it is owed."""
        totals = loan.totals
        is_over = loan.ended == "repaid" or (
            loan.ended == "written_off" and totals.lost == totals.recovered
        )
        rows = lent_on(self.moving, row) if is_over else []
        return [{**each, "state": FREED} for each in rows if each["document"] != paid]

    def replace(self, row: Row, loan: Loan, act: Row, detail: Document, reason: str) -> Row:
        """Return the row of a loan that stands otherwise, because an act of it is taken back."""
        after = changed(row, loan, self.values.rules)
        last_on = last_due_on(loan, self.values.rules)
        after["due_on"] = last_on.isoformat() if last_on else row["due_on"]
        again = [] if loan.ended else taken_again(self.moving, row)
        self._follow(row["use"], _lent(loan, row["amount_fen"]), reason)
        carry = {each["document"] for each in [*again, *lent_on(self.moving, row)]}
        leave(self.moving, row["use"], self._others(row, carry))
        rows = [(loan_acts, {**act, "reversed": 1}), *((loan_documents, each) for each in again)]
        self.record("reverse", row, after, detail, rows=rows, reason=reason)
        self.charge(after, fees_between(standing(row), loan))
        return after

    def _others(self, row: Row, carry: set[str]) -> list[str]:
        """Return the documents in the path of a loan's use that do not carry it."""
        use = self.moving.row(uses, row["use"])
        found = documents_in(path_of(use["path"])) if use else []
        return [each.account for each in found if each.account not in carry]

    def record(
        self,
        what: str,
        before: Row,
        after: Row,
        detail: Document,
        *,
        rows: Sequence[tuple[sa.Table, Row]] = (),
        reason: str = "",
    ) -> None:
        """Record one event on a loan, whose row is as it is after it."""
        states = {"before": before["state"], "after": after["state"]}
        figures = {"outstanding_fen": after["outstanding_fen"]}
        self.moving.record(
            f"loan.{what.replace('_', '-')}",
            f"loan:{after['loan']}",
            rows=[(loans, after), *rows],
            detail=states | figures | detail,
            told=(reason, ""),
        )
        moved = before["state"] != after["state"] or what in ("recover", "reverse")
        if moved and after["application"]:
            application = self.moving.row(applications, after["application"])
            if application is not None:
                follow(self.moving, application, loan=after)

    def _follow(self, use: str, lent_fen: int, reason: str, *, document: str | None = None) -> None:
        """
        Give back of a use what is no longer lent, or use again what is lent once more.

        What a document carried whose debtor has paid is given back first; it carries nothing more.
        """
        row = self.moving.row(uses, use)
        if row is None:
            raise RuntimeError(f"use {use} is gone from the book")
        more = lent_fen - int(row["left_fen"])
        if more < 0:
            operations.release(self.moving, use, -more, document=document, reason=reason)
        elif more > 0:
            operations.restore(self.moving, use, more, reason=reason)
        if document is not None:
            leave(self.moving, use, [document])


def absent(loan: str) -> Absent:
    """Return the refusal of a loan that is not there, or not the asker's."""
    return Absent(f"no loan {loan!r}")


def allocated(allocation: Allocation) -> Document:
    """Return where the fen of a payment went, as it is told."""
    return {name: fen for name, fen in allocation._asdict().items() if name != "parts"}


def _lent(loan: Loan, drawn_fen: int) -> int:
    """Return what a loan occupies: its principal; interest that became principal was not drawn."""
    return 0 if loan.ended else min(loan.outstanding_fen, drawn_fen)


def _act_row(row: Row, act: Act, reference: str, answer: Document) -> Row:
    kind, asked = written(act)
    return {
        "act": name_of(row["loan"], row["acts"]),
        "loan": row["loan"],
        "n": row["acts"],
        "kind": kind,
        "reference": reference,
        "asked": canonical(asked),
        "told": canonical(answer),
        "reversed": 0,
    }


def _detail(act: Act, loan: Loan) -> Mapping[str, Any]:
    amount = getattr(act, "amount_fen", None)
    if amount is None and loan.ended == "written_off":
        amount = loan.totals.lost.total
    return {} if amount is None else {"amount_fen": amount}


def _plain(happened: Happening) -> list[Any]:
    """Return what happened as it is kept; a fee is an event of its own."""
    kept = happened[:-1]
    return [each.isoformat() if isinstance(each, dt.date) else each for each in kept]
