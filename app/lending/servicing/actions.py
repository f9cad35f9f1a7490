"""
What of loans needs two officers.

They are opened over a reservation, restructured, written off, recovered; a repayment is taken back.

Each is tried when it is asked for, and again when it is approved: on the loan as it is kept, and
nothing is recorded before.
"""

import contextlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, ClassVar, Self

from app.books.approvals import ActionProposal, EffectLine
from app.books.errors import AlreadyDecided, RuleBroken, WrongState
from app.books.ledger import Moving, operations
from app.books.ledger.figures import OPEN
from app.books.ledger.operations.checks import figures_of
from app.books.ledger.tables import uses
from app.chain.receivables.acts import Debt
from app.chain.receivables.files import FileReceivables, of_version
from app.lending.loans.acts import Act, Recovery, Restructuring, WriteOff
from app.lending.loans.advancing import draw
from app.lending.loans.fees import FeeTerms
from app.lending.loans.grading import grade
from app.lending.loans.loan import Loan
from app.lending.loans.replaying import Reversal, do, reverse
from app.lending.loans.terms import LoanTerms
from app.lending.pricing.plans import PlanAsked, terms_of
from app.lending.products.service import fees_on
from app.lending.servicing import repository
from app.lending.servicing.acting import LoanActing, Row
from app.lending.servicing.opening import LoanOrder, check_documents, open_loan
from app.lending.servicing.plan import drawn_and_done
from app.lending.servicing.rows import standing
from app.lending.servicing.suspending import SuspendingApplications
from app.lending.servicing.values import LoanValues, values_today
from app.platform.deps import Resources
from app.platform.documents import Document
from app.platform.errors import Absent


@dataclass(frozen=True, slots=True)
class LoanAction:
    """An action on a loan; what it goes by is read before the book is locked."""

    resources: Resources
    values: LoanValues | None = None
    name: ClassVar[str] = ""

    def ready(self) -> Self:
        """Return it with what loans go by on the business day."""
        return replace(self, values=values_today(self.resources))

    def acting(self, moving: Moving) -> LoanActing:
        """Return the business day on which it acts."""
        if self.values is None:
            raise RuntimeError("values are read before the book is locked: see `ready`")
        return LoanActing(moving, self.values)


class _ActOnLoan(LoanAction):
    """An action that does one act to a loan."""

    def act_of(self, asked: Document, values: LoanValues) -> Act:
        """Return the act that is asked for, on the business day."""
        raise NotImplementedError

    def propose(self, moving: Moving, asked: Document) -> ActionProposal:
        """
        Return what it would do now.

        Raises:
            BookRefusal: It cannot be done now.
            Absent: There is no such loan.
        """
        acting = self.acting(moving)
        row = acting.looked_at(asked["loan"])
        act = self.act_of(asked, acting.values)
        _check_reference(moving, row, act, asked)
        return self.foreseen(acting.values, row, (), asked)

    def foreseen(
        self, values: LoanValues, row: Row, acts: Sequence[Row], asked: Document
    ) -> ActionProposal:
        """
        Return what it would do to a loan that stands so; nothing of the book is read.

        Args:
            values: What loans go by on the business day.
            row: The loan's row.
            acts: The rows of what was done to it.
            asked: What is asked for.

        Raises:
            BookRefusal: It cannot be done so.
        """
        del acts
        before = standing(row)
        after = do(before, self.act_of(asked, values), values.rules).loan
        return _proposal(values, row, before, after, asked)

    def apply(self, moving: Moving, asked: Document) -> Document:
        """Do it; return the loan as it stands then."""
        acting = self.acting(moving)
        row = acting.found(asked["loan"])
        act = self.act_of(asked, acting.values)
        reference = asked.get("reference", "")
        done = acting.act(row, act, reference=reference, reason=asked["reason"])
        self.follow(moving, done.row, asked["reason"])
        return {"loan": row["loan"], "state": done.row["state"], **done.told}

    def follow(self, moving: Moving, row: Row, reason: str) -> None:
        """Do what else goes with it in the same order."""
        del moving, row, reason


class RestructureLoan(_ActOnLoan):
    """New terms for what is outstanding."""

    name = "loan_restructure"

    def act_of(self, asked: Document, values: LoanValues) -> Act:
        """Return the restructuring, on the business day."""
        return Restructuring(
            *(values.day, asked["repayment"], Decimal(asked["rate"])),
            *(asked["tenor_days"], asked["tenor_months"], None),
            capitalise=frozenset(asked["capitalise"]),
            waive=frozenset(asked["waive"]),
        )


class WriteOffLoan(_ActOnLoan):
    """All that is owed is lost: the path is free, and the firm gets nothing more."""

    name = "loan_write_off"

    def act_of(self, asked: Document, values: LoanValues) -> Act:
        """Return the write-off, on the business day."""
        del asked
        return WriteOff(values.day)

    def follow(self, moving: Moving, row: Row, reason: str) -> None:
        """Freeze the whole account of the firm, where it is not yet."""
        account = f"firm:{row['firm']}"
        if figures_of(moving, account).state == OPEN:
            operations.freeze(moving, account, None, reason=reason)
            SuspendingApplications().stop(moving, account, reason)


class RecoverLoan(_ActOnLoan):
    """Money that came for what was written off."""

    name = "loan_recover"

    def act_of(self, asked: Document, values: LoanValues) -> Act:
        """Return the recovery, on the business day."""
        return Recovery(values.day, asked["amount_fen"])


class ReverseRepayment(LoanAction):
    """A repayment taken back: the loan is as if it had never come; differences are of today."""

    name = "loan_reverse"

    def propose(self, moving: Moving, asked: Document) -> ActionProposal:
        """
        Return what it would do now.

        Raises:
            BookRefusal: It cannot be done now.
            Absent: There is no such loan, or no such repayment.
        """
        acting = self.acting(moving)
        row = acting.looked_at(asked["loan"])
        acts = repository.acts_of(moving.connection, asked["loan"])
        return self.foreseen(acting.values, row, acts, asked)

    def foreseen(
        self, values: LoanValues, row: Row, acts: Sequence[Row], asked: Document
    ) -> ActionProposal:
        """
        Return what it would do to a loan that stands so; nothing of the book is read.

        Args:
            values: What loans go by on the business day.
            row: The loan's row.
            acts: The rows of what was done to it, the draw first.
            asked: What is asked for.

        Raises:
            BookRefusal: It cannot be done so.
            Absent: There is no such repayment.
        """
        _, found = _reversed(values, acts, asked)
        return _proposal(values, row, standing(row), found.loan, asked)

    def apply(self, moving: Moving, asked: Document) -> Document:
        """Take it back; return the loan as it stands then."""
        acting = self.acting(moving)
        row = acting.found(asked["loan"])
        rows = repository.acts_of(moving.connection, asked["loan"])
        act, found = _reversed(acting.values, rows, asked)
        detail = {
            "n": asked["n"],
            "owed_more": _owed_more(found),
            "posted_more": dict(found.posted_more._asdict()),
        }
        after = acting.replace(row, found.loan, act, detail, asked["reason"])
        return {
            "loan": row["loan"],
            "state": after["state"],
            "outstanding_fen": after["outstanding_fen"],
        }


Fees = Mapping[str, tuple[FeeTerms, ...]]  # Of each product.


@dataclass(frozen=True, slots=True)
class OpenLoan(LoanAction):
    """A loan is paid out of a reservation that an officer made."""

    files: FileReceivables | None = None
    fees: Fees = field(default_factory=dict)
    name: ClassVar[str] = "loan_open"

    def ready(self) -> Self:
        """Return it with what loans go by and products charge, and the receivables of files."""
        files = None
        with contextlib.suppress(Absent):
            files = of_version(self.resources, self.resources.version())
        values = values_today(self.resources)
        fees = fees_on(self.resources, values.day)
        return replace(self, values=values, files=files, fees=fees)

    def propose(self, moving: Moving, asked: Document) -> ActionProposal:
        """
        Return what it would do now.

        Raises:
            BookRefusal: It cannot be done now.
            Absent: There is no such reservation.
        """
        acting = self.acting(moving)
        acting.values.check(moving)
        use = moving.row(uses, asked["reservation"])
        if use is None:
            raise Absent(f"no reservation {asked['reservation']!r}")
        terms = _terms(use["product"], asked, acting.values, self.fees)
        if use["owner"] is not None or use["state"] != "reserved":
            state = use["owner"] or use["state"]
            raise WrongState(f"reservation {use['use']}", state, ["reserved"])
        check_documents(Debt(moving, self.files, None), use)
        draw(terms, acting.values.rules)
        subjects = [f"use:{use['use']}"]
        line = EffectLine("outstanding", f"firm:{use['firm']}", 0, terms.amount_fen)
        return ActionProposal(subjects, [line], terms.amount_fen, product=use["product"])

    def apply(self, moving: Moving, asked: Document) -> Document:
        """Open it; return its id."""
        acting = self.acting(moving)
        product = self.propose(moving, asked).product
        terms = _terms(str(product), asked, acting.values, self.fees)
        order = LoanOrder(
            *(asked["loan"], asked["reservation"], terms, asked["account"]), files=self.files
        )
        row = open_loan(moving, order, acting.values)
        return {"loan": row["loan"], "state": row["state"], "outstanding_fen": terms.amount_fen}


def _owed_more(found: Reversal) -> Document:
    """Return what is owed more by kind; of the fees of a prepayment where there are any."""
    more = dict(found.owed_more._asdict())
    if not found.loan.terms.fees:
        del more["prepayment_fees_fen"]
    return more


def _settled(document: str) -> RuleBroken:
    """Return the refusal to take back what a debtor paid."""
    return RuleBroken(
        "loan.settlement",
        "contract of lending",
        zh=f"该笔款项由 {document} 的付款人结清所付，结清后不可撤回",
        en=f"it came of the settlement of {document}, which is final",
    )


def _terms(product: str, asked: Mapping[str, Any], values: LoanValues, fees: Fees) -> LoanTerms:
    planned = PlanAsked(
        *(product, asked["amount_fen"], Decimal(asked["rate"]), asked["repayment"]),
        *(asked["tenor_days"], asked["tenor_months"]),
    )
    return terms_of(planned, values.day, values.policy, fees.get(product, ()))


def _check_reference(moving: Moving, row: Row, act: Act, asked: Document) -> None:
    """Raise where money came under this reference before."""
    if isinstance(act, Recovery) and asked["reference"]:
        name, reference = row["loan"], asked["reference"]
        if repository.by_reference(moving.connection, name, "recover", reference) is not None:
            raise AlreadyDecided(f"the recovery {reference!r} of loan {name}", "booked")


def _reversed(values: LoanValues, rows: Sequence[Row], asked: Document) -> tuple[Row, Reversal]:
    act = next((each for each in rows if each["n"] == asked["n"]), None)
    if act is None or act["kind"] != "pay":
        raise Absent(f"no repayment {asked['n']} of loan {asked['loan']!r}")
    if act["reversed"]:
        raise AlreadyDecided(f"repayment {asked['n']}", "reversed")
    if document := json.loads(act["told"]).get("document"):
        raise _settled(document)
    which = [each["n"] for each in rows[1:] if not each["reversed"]].index(asked["n"])
    terms, acts = drawn_and_done(rows)
    return act, reverse(terms, acts, which, day=values.day, rules=values.rules)


def _proposal(
    values: LoanValues, row: Row, before: Loan, after: Loan, asked: Document
) -> ActionProposal:
    """Return what an action does to a loan; who may check it goes by what is outstanding."""
    thing, day, rules = f"loan:{row['loan']}", values.day, values.rules
    was, now = (grade(each, max(day, each.day), rules).state for each in (before, after))
    lost = before.totals.lost.total - before.totals.recovered.total
    amount = max(before.outstanding_fen, after.outstanding_fen, asked.get("amount_fen") or 0)
    return ActionProposal(
        [thing],
        [
            EffectLine("loan_state", thing, was, now, unit="text"),
            EffectLine("outstanding", thing, before.outstanding_fen, after.outstanding_fen),
            EffectLine("lost", thing, lost, after.totals.lost.total - after.totals.recovered.total),
        ],
        amount,
        product=row["product"],
    )
