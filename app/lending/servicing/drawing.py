"""
Drawing an offer that is signed: checked, paid out through a port, and booked when it has paid.

The application is `drawing` before the port is asked, with the key under which it is. A port that
is silent leaves it so, and is asked again under that key, by the firm or the close of a day.
"""

import contextlib
import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from app.books.errors import BookRefusal, WrongState
from app.books.ledger import (
    Moving,
    Plain,
    Reads,
    Reply,
    ask_prepared,
    ledger_of,
    operations,
)
from app.books.ledger.answering import Asker
from app.books.ledger.tables import uses
from app.chain.receivables.acts import Debt
from app.chain.receivables.files import of_version
from app.lending.applications import repository as asked_for
from app.lending.applications.moves import Row, absent, found, move
from app.lending.applications.offers import documents_of, has_ended
from app.lending.applications.tables import applications
from app.lending.contracts.agreed import agreed_terms
from app.lending.contracts.errors import NoAnswer
from app.lending.contracts.registration import ensure_filed
from app.lending.contracts.repository import signed
from app.lending.contracts.tables import contracts
from app.lending.loans.terms import proceeds_fen
from app.lending.servicing import repository
from app.lending.servicing.checking import DrawAsked, DrawChecks
from app.lending.servicing.disbursing import BuiltInDisburser, Disbursement, Disburser
from app.lending.servicing.following import follow
from app.lending.servicing.opening import LoanOrder, open_loan
from app.lending.servicing.tables import loans
from app.lending.servicing.values import LoanValues, values_today
from app.platform.auth.sight import sight_of
from app.platform.deps import Resources

DONE = 200


class DrawBegun(NamedTuple):
    """A draw whose port is asked: under which key, how much, to which account."""

    key: str
    amount_fen: int
    account: str
    checks: Sequence[Any] = ()

    @property
    def loan(self) -> str:
        """
        Return the id of the loan that it becomes.

        Example:
            >>> DrawBegun("a1/17", 1, "").loan
            'L-a1-17'
        """
        return f"L-{self.key.replace('/', '-')}"

    def use_of_part(self, use: str) -> str:
        """
        Return the id of its use, where it is a part of what is reserved.

        Example:
            >>> DrawBegun("a1/17", 1, "").use_of_part("u1")
            'u1-17'
        """
        return f"{use}-{self.key.rpartition('/')[2]}"


def draw(resources: Resources, asker: Asker, application: str, asked: DrawAsked) -> Reply:
    """
    Return an application that is drawn, with its loan; `drawing` where the port has not answered.

    Args:
        resources: What the process has open.
        asker: The firm, and its key.
        application: The application.
        asked: What is drawn.

    Raises:
        Absent: There is none of this id, or it is somebody else's.
        WrongState: It is not signed, is drawn otherwise already, or the offer is over.
        RuleBroken: `draw.account`, `draw.amount`, `draw.overdue` and others: a check fails.
        LimitExceeded: An account of the path is frozen, closed or over: all of them are named.
    """
    if repository.is_answered(resources.records, asker.key):
        needs, again = Reads(), Reply.of(DONE, None)
        return ledger_of(resources).ask(Plain(needs, lambda _: again, asker.key, asker.actor))
    _, row = asked_for.one(resources.records, application)
    if row is None or not sight_of(asker.who).is_own(row["firm"]):
        raise absent(application)
    if row["state"] in ("signed", "draw_failed"):
        ensure_filed(resources, application)
    begun = _begin(resources, asker, application, asked)
    told = repository.told_of_draw(resources.records, begun["event"])
    if DrawAsked(told["amount_fen"], told["account"], told.get("payee", "")) != asked:
        raise WrongState(f"application {application}", "drawing", ["signed", "draw_failed"])
    return _finish(resources, begun, asker)


def resume(resources: Resources, application: str) -> Reply:
    """
    Return an application that is `drawing` after its port was asked again.

    Raises:
        WrongState: It is not drawing.
    """
    _, row = asked_for.one(resources.records, application)
    if row is None or row["state"] != "drawing":
        raise WrongState(f"application {application}", "gone" if row is None else row["state"], [])
    return _finish(resources, row, None)


def _begin(resources: Resources, asker: Asker, application: str, asked: DrawAsked) -> Row:
    """Return the row of an application that is drawing, all checks passed."""
    needs = Reads(rows={applications: [application], contracts: [application]})

    def prepare() -> Plain:
        """Return the order, with the receivables of the files of the current version."""
        files = of_version(resources, resources.version())
        values = values_today(resources)
        proceeds = _proceeds_fen(resources, application, asked.amount_fen, values)

        def begun(moving: Moving) -> Reply:
            """Return its row; one that draws the same already goes on."""
            row = found(moving, application)
            if row["state"] == "drawing":
                return Reply.of(DONE, row)
            told = _checked(Debt(moving, files, None), row, asked, values)
            told["proceeds_fen"] = proceeds
            return Reply.of(DONE, move(moving, row, "drawing", told=told))

        return Plain(needs, begun, None, asker.actor)

    begun: Row = ask_prepared(ledger_of(resources).ask, prepare).document
    return begun


def _proceeds_fen(
    resources: Resources, application: str, amount_fen: int, values: LoanValues
) -> int:
    """Return what is paid out of an amount: of a discount less what it keeps back."""
    if signed(resources.records, application) is None:
        return 0  # Refused in the order: its contract is not signed.
    terms = agreed_terms(resources, application, amount_fen, values.day)
    return proceeds_fen(terms, values.rules.days_off)


def _checked(debt: Debt, row: Row, asked: DrawAsked, values: LoanValues) -> dict[str, Any]:
    """Return what was checked of a draw, or raise at what does not hold."""
    moving, name = debt.moving, row["application"]
    if row["state"] not in ("signed", "draw_failed") or has_ended(debt, row):
        raise WrongState(f"application {name}", row["state"], ["signed", "draw_failed"])
    reserved = moving.row(uses, row["use"])
    if reserved is None:
        raise RuntimeError(f"use {row['use']} is gone from the book")
    values.check(moving)
    checks = DrawChecks(moving, row, reserved, asked, values.policy, values.in_force)
    return {**asked._asdict(), "checks": checks.run()}


def _finish(resources: Resources, row: Row, asker: Asker | None) -> Reply:
    """Return an application after the port was asked, under the key of its move to `drawing`."""
    name = row["application"]
    key = f"{name}/{row['event']}"
    told = repository.told_of_draw(resources.records, row["event"])
    begun = DrawBegun(key, told["amount_fen"], told["account"], told["checks"])
    paid_fen = told["proceeds_fen"]
    disburser: Disburser = resources.once("disburser", BuiltInDisburser)
    try:
        answer = disburser.pay_out(
            Disbursement(key, begun.account, paid_fen, told.get("payee", ""))
        )
    except NoAnswer:
        return Reply.of(DONE, _document(row, None, begun.checks))
    named = [row["use"], begun.use_of_part(row["use"])]
    needs = Reads(rows={applications: [name], uses: named, loans: [begun.loan]})

    def prepare() -> Plain:
        """Return the order, by what loans go by on the business day and the contract agrees."""
        values = values_today(resources)
        terms = agreed_terms(resources, name, begun.amount_fen, values.day)

        def booked(moving: Moving) -> Reply:
            """Return the application with its loan."""
            now = found(moving, name)
            if now["event"] != row["event"]:  # Somebody else has asked the port meanwhile.
                return Reply.of(DONE, _document(now, begun.loan, begun.checks))
            if answer == "refused":
                return Reply.of(
                    DONE, _document(move(moving, now, "draw_failed"), None, begun.checks)
                )
            order = LoanOrder(
                *(begun.loan, now["use"], terms, begun.account, name), purpose=now["purpose"]
            )
            return Reply.of(DONE, _booked(moving, now, begun, order, values))

        if asker is None:
            return Plain(needs, booked)
        return Plain(needs, booked, asker.key, asker.actor)

    return ask_prepared(ledger_of(resources).ask, prepare)


def _booked(
    moving: Moving, row: Row, begun: DrawBegun, order: LoanOrder, values: LoanValues
) -> dict[str, Any]:
    """
    Return an application whose loan is there now.

    The rest of its offer may still be drawn; on documents there is one draw, and no rest.
    """
    drawn = row["drawn_fen"] + begun.amount_fen
    changes: dict[str, Any] = {"drawn_fen": drawn}
    if documents_of(row):
        changes["offered_fen"] = drawn
    if drawn < changes.get("offered_fen", row["offered_fen"]):
        part = begun.use_of_part(row["use"])
        operations.divide(moving, row["use"], begun.amount_fen, part)
        loan = open_loan(moving, replace(order, use=part), values)
        after = move(moving, row, "signed", changes=changes, told={"loan": loan["loan"]})
    else:
        loan = open_loan(moving, order, values)
        changes |= {"use": None, "offer_until": ""}
        after = move(moving, row, "active", changes=changes, told={"loan": loan["loan"]})
        after = follow(moving, after, loan=loan)
    return _document(after, loan["loan"], begun.checks)


def _document(row: Row, loan: str | None, checks: Sequence[Any]) -> dict[str, Any]:
    there = row["state"] not in ("drawing", "draw_failed")
    return {
        "id": row["application"],
        "state": row["state"],
        "loan": loan if there else None,
        "drawn_fen": row["drawn_fen"],
        "left_fen": row["offered_fen"] - row["drawn_fen"],
        "checks": [*checks],
    }


def close(resources: Resources, day: dt.date) -> int:
    """
    Return of how many draws the port was asked again; it may be silent still.

    What was paid and cannot be booked, as an account is frozen since, stays `drawing` and is tried
    again at every close.
    """
    del day
    names = repository.drawing(resources.records)
    for name in names:
        with contextlib.suppress(BookRefusal):
            resume(resources, name)
    return len(names)
