"""The page of one loan of a firm: plan, statement, and paying it, with figures before."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from app.books.ledger.answering import Asker
from app.books.ledger.forms import OrderSent, OrderSentDep, refusal_words
from app.chain.accounts.service import names
from app.lending.borrowing.told import LOANS, PLACE, plan_rows
from app.lending.decisions.cards import rate_words
from app.lending.products.service import product_names
from app.lending.servicing import service
from app.lending.servicing.ahead import LoanAhead, ahead_of, statement, try_payment
from app.lending.servicing.repayments import RepaymentAsked, repay
from app.lending.servicing.repository import ENDED
from app.lending.servicing.schemas import REFERENCE_LENGTH_MAX
from app.lending.servicing.statement import StatementRow
from app.platform.auth.principals import Principal
from app.platform.auth.rules import HOLDERS, PrincipalDep, allow
from app.platform.auth.sight import sight_of
from app.platform.deps import Resources
from app.platform.deps.routes import ResourcesDep
from app.platform.documents import Document
from app.platform.errors import Absent, AppError
from app.platform.http.routing import Router
from app.platform.web.downloads import plain
from app.platform.web.money import fen_of
from app.platform.web.preferences import preferences_of
from app.platform.web.render import page
from app.platform.web.texts import Texts
from app.platform.web.unfit import UnfitField

router = Router()
PREPAY = "1"


@dataclass(frozen=True, slots=True)
class TypedPayment:
    """What was typed in the form of a payment; the amount is of yuan."""

    amount: str = ""
    prepay: str = ""
    mode: str = "lower"
    reference: str = ""

    def asked(self) -> RepaymentAsked:
        """
        Return what is paid.

        Raises:
            UnfitField: A field is not what it must be.
        """
        fen = fen_of(self.amount)
        if fen is None:
            raise UnfitField("amount")
        if self.mode not in ("lower", "shorten"):
            raise UnfitField("loan_field", name="mode")
        if len(self.reference) > REFERENCE_LENGTH_MAX:
            raise UnfitField("loan_field", name="reference")
        return RepaymentAsked(fen, self.prepay == PREPAY, self.mode, self.reference.strip())

    def query(self) -> str:
        """Return it as the address of the page holds it."""
        told = {"amount": self.amount, "prepay": self.prepay, "mode": self.mode}
        return urlencode({name: value for name, value in told.items() if value})


@dataclass(frozen=True, slots=True)
class PaymentSent:
    """A form of a payment as it was sent: its order, what was typed, and what is asked for."""

    sent: OrderSent
    typed: TypedPayment
    step: str  # `preview`, or nothing.


async def _sent(
    form: OrderSentDep,
    amount: Annotated[str, Form()] = "",
    prepay: Annotated[str, Form()] = "",
    mode: Annotated[str, Form()] = "lower",
    reference: Annotated[str, Form()] = "",
    step: Annotated[str, Form(alias="act")] = "",
) -> PaymentSent:
    return PaymentSent(form, TypedPayment(amount, prepay, mode, reference), step)


PaymentSentDep = Annotated[PaymentSent, Depends(_sent)]


@dataclass(frozen=True, slots=True)
class LoanSeen:
    """A loan as its firm sees it: how it stands, what is left of it, its statement."""

    loan: Document
    ahead: LoanAhead
    rows: Sequence[StatementRow]

    @property
    def is_over(self) -> bool:
        """Return whether nothing more is paid on it."""
        return self.loan["state"] in ENDED

    @property
    def sums(self) -> Mapping[str, int]:
        """Return what was paid in all, by kind, and what the changes of principal come to."""
        paid = [each for each in self.rows if each.kind in ("pay", "recover")]
        kinds = ("amount_fen", "fees_fen", "penalty_fen", "interest_fen", "principal_fen")
        told = {name: sum(getattr(each, name) for each in paid) for name in kinds}
        return told | {"change_fen": sum(each.change_fen for each in self.rows)}

    def suggested(self) -> TypedPayment:
        """Return what is likely to be paid: what is due, else the next row ahead of its day."""
        due = self.loan["due_fen"]
        fen = due or self.ahead.next_fen
        return TypedPayment(str(plain(fen, "money")) if fen else "", "" if due else PREPAY)


@router.get(LOANS + "/{loan}", dependencies=[allow(HOLDERS)])
def show_loan(request: Request, loan: str, who: PrincipalDep, resources: ResourcesDep) -> Response:
    """Return one loan: plan, statement, and what a payment that its address tells would do."""
    asked = request.query_params
    given = TypedPayment(
        asked.get("amount", ""), asked.get("prepay", ""), asked.get("mode", "lower")
    )
    return _one(request, resources, who, loan, typed=given if given.amount else None)


@router.post(LOANS + "/{loan}/repay", dependencies=[allow(HOLDERS)])
def pay(
    request: Request,
    loan: str,
    who: PrincipalDep,
    resources: ResourcesDep,
    form: PaymentSentDep,
) -> Response:
    """Show what a payment would do, or pay; what stands against it is told above."""
    place, typed = f"{LOANS}/{quote(loan, safe='')}", form.typed
    if form.step == "preview":
        return RedirectResponse(f"{place}?{typed.query()}#preview", HTTPStatus.SEE_OTHER)
    try:
        with form.sent.order(request, who, [typed.query(), typed.reference]) as key:
            repay(resources, Asker(who, key), loan, typed.asked())
    except AppError as refused:
        try:
            return _one(request, resources, who, loan, typed=typed, refused=refused)
        except Absent:  # Nothing is shown: what was refused first is told.
            raise refused from None
    return RedirectResponse(f"{place}?done=repay", HTTPStatus.SEE_OTHER)


def seen(resources: Resources, who: Principal, loan: str) -> LoanSeen:
    """
    Return a loan of a firm.

    Raises:
        Absent: There is none of this id, or it is somebody else's.
    """
    sight = sight_of(who)
    shown = service.read(resources, loan, sight)
    return LoanSeen(shown, ahead_of(resources, loan, sight), statement(resources, loan, sight))


def _one(
    request: Request,
    resources: Resources,
    who: Principal,
    loan: str,
    *,
    typed: TypedPayment | None = None,
    refused: AppError | None = None,
) -> Response:
    t, sight = Texts(preferences_of(request).language), sight_of(who)
    found = seen(resources, who, loan)
    tried: Mapping[str, Any] | None = None
    if typed is not None and refused is None:
        try:
            asked = typed.asked()
            tried = try_payment(resources, loan, sight, (asked.amount_fen, asked.prepay))
        except AppError as against:
            refused = against
    schedule = service.schedule(resources, loan, sight)
    shown = found.loan
    return page(
        request,
        "own_loan.html",
        status=refused.status if refused else int(HTTPStatus.OK),
        place=LOANS,
        loan=shown,
        rate=rate_words(shown["rate"]),
        product=product_names(resources, t.language).get(shown["product"], shown["product"]),
        named=names(resources),
        ahead=found.ahead,
        is_over=found.is_over,
        plan=plan_rows(schedule),
        prepaid_fen=schedule["prepaid_principal_fen"] + schedule["prepaid_interest_fen"],
        rows=found.rows,
        sums=found.sums,
        typed=typed or found.suggested(),
        preview=tried and _preview(tried, typed, found),
        application=shown["application"] and f"{PLACE}/{quote(shown['application'], safe='')}",
        contract=_contract(shown, t),
        key=secrets.token_hex(16),
        done=request.query_params.get("done", ""),
        refused=refused,
        refusal=refused and refusal_words(refused, t),
    )


def _preview(
    tried: Mapping[str, Any], typed: TypedPayment | None, found: LoanSeen
) -> Mapping[str, Any]:
    """Return what a payment would do, by both ways beside how the loan stands."""
    mode = typed.mode if typed else "lower"
    chosen = tried[mode]
    asked = fen_of(typed.amount) if typed else 0
    return {
        "mode": mode,
        "fen": asked,
        "prepay": bool(typed and typed.prepay),
        "allocation": chosen.allocation,
        "after": chosen.after,
        "ways": [
            {
                "mode": name,
                "after": each.after,
                "saved_fen": found.ahead.interest_fen - each.after.interest_fen,
            }
            for name, each in tried.items()
        ],
    }


def _contract(shown: Document, t: Texts) -> str:
    """Return where the contract of a loan is, as a PDF; empty where it came of no application."""
    name = shown["application"]
    if not name:
        return ""
    return f"/api/v1/applications/{quote(name, safe='')}/contract.pdf?language={t.language}"
