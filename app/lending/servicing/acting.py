"""
What is done to a loan of the book, in an order: the loan, its use and what is told move together.

A loan is first taken over the days that the closing of days has not brought it over yet, so that
whoever comes in between meets it as it will be.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from app.books.ledger import MACHINE, Moving, operations
from app.books.ledger.tables import uses
from app.lending.applications.moves import move
from app.lending.applications.states import ARROWS, State
from app.lending.applications.tables import applications
from app.lending.loans.acts import Act, Restructuring
from app.lending.loans.advancing import advance
from app.lending.loans.loan import Happening, Loan, Payment
from app.lending.loans.paying import Allocation
from app.lending.loans.replaying import do
from app.lending.servicing.rows import changed, last_due_on, name_of, standing, written
from app.lending.servicing.tables import loan_acts, loans
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
        happened = [_plain(each) for each in advanced.happened]
        self.record("day", row, after, {"happened": happened})
        self.moving.actor = who
        return after

    def act(self, row: Row, act: Act, *, reference: str = "", reason: str = "") -> ActDone:
        """
        Do an act to a loan, and give back of its use what is no longer lent; return what came.

        Args:
            row: The loan's row, taken to the day.
            act: What is done, on the business day.
            reference: The payer's; empty where there is none.
            reason: Why, in a person's words.

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
        self._follow(row["use"], _lent(acted.loan, row["amount_fen"]), reason)
        n, told = row["acts"], {} if acted.allocation is None else allocated(acted.allocation)
        answer = {
            "n": n,
            **({"allocation": told} if told else {}),
            "outstanding_fen": acted.loan.outstanding_fen,
            "events": [*range(first, self.moving.number + 2)],
        }
        kept = _act_row(row["loan"], n, act, reference, answer)
        detail = {"n": n, **_detail(act, acted.loan), **({"allocation": told} if told else {})}
        if reference:
            detail["reference"] = reference
        self.record(kept["kind"], row, after, detail, act=kept, reason=reason)
        return ActDone(after, n, answer)

    def replace(self, row: Row, loan: Loan, act: Row, detail: Document, reason: str) -> Row:
        """Return the row of a loan that stands otherwise, because an act of it is taken back."""
        after = changed(row, loan, self.values.rules)
        last_on = last_due_on(loan, self.values.rules)
        after["due_on"] = last_on.isoformat() if last_on else row["due_on"]
        self._follow(row["use"], _lent(loan, row["amount_fen"]), reason)
        self.record("reverse", row, after, detail, act={**act, "reversed": 1}, reason=reason)
        return after

    def record(
        self,
        what: str,
        before: Row,
        after: Row,
        detail: Document,
        *,
        act: Row | None = None,
        reason: str = "",
    ) -> None:
        """Record one event on a loan, whose row is as it is after it."""
        states = {"before": before["state"], "after": after["state"]}
        figures = {"outstanding_fen": after["outstanding_fen"]}
        self.moving.record(
            f"loan.{what.replace('_', '-')}",
            f"loan:{after['loan']}",
            rows=[(loans, after), *([(loan_acts, act)] if act else [])],
            detail=states | figures | detail,
            told=(reason, ""),
        )
        if after["application"] and before["state"] != after["state"]:
            self._move_application(after["application"], after["state"])

    def _move_application(self, application: str, state: State) -> None:
        """Move an application with its loan, where arrows lead there."""
        row = self.moving.row(applications, application)
        if row is None:
            return
        direct = state in ARROWS[row["state"]]
        way: tuple[State, ...] = (state,) if direct else ("overdue", state)
        for to in way:
            if to in ARROWS[row["state"]]:
                row = move(self.moving, row, to)

    def _follow(self, use: str, lent_fen: int, reason: str) -> None:
        """Give back of a use what is no longer lent, or use again what is lent once more."""
        row = self.moving.row(uses, use)
        if row is None:
            raise RuntimeError(f"use {use} is gone from the book")
        more = lent_fen - int(row["left_fen"])
        if more < 0:
            operations.release(self.moving, use, -more, reason=reason)
        elif more > 0:
            operations.restore(self.moving, use, more, reason=reason)


def absent(loan: str) -> Absent:
    """Return the refusal of a loan that is not there, or not the asker's."""
    return Absent(f"no loan {loan!r}")


def allocated(allocation: Allocation) -> Document:
    """Return where the fen of a payment went, as it is told."""
    return {name: fen for name, fen in allocation._asdict().items() if name != "parts"}


def _lent(loan: Loan, drawn_fen: int) -> int:
    """Return what a loan occupies: its principal; interest that became principal was not drawn."""
    return 0 if loan.ended else min(loan.outstanding_fen, drawn_fen)


def _act_row(loan: str, n: int, act: Act, reference: str, answer: Document) -> Row:
    kind, asked = written(act)
    return {
        "act": name_of(loan, n),
        "loan": loan,
        "n": n,
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
    return [each.isoformat() if isinstance(each, dt.date) else each for each in happened]
