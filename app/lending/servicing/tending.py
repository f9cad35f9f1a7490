"""The bank's page of one loan: plan, statement, class; what two officers do, seen before."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.responses import RedirectResponse, Response

from app.books.approvals import EffectLine
from app.books.approvals.pages import figure
from app.books.ledger.answering import Asker
from app.books.ledger.forms import OrderSent, OrderSentDep, refusal_words
from app.chain.accounts.service import names
from app.lending.decisions.cards import rate_words
from app.lending.products.service import product_names
from app.lending.servicing import service
from app.lending.servicing.asking import ask
from app.lending.servicing.pages import TONES, address_of
from app.lending.servicing.tended import ACTIONS, LoanAct, TendedLoan, foreseen, tended_in
from app.platform.auth.principals import Principal
from app.platform.auth.rules import AUDITORS, BANK, OFFICERS, PrincipalDep, allow
from app.platform.auth.sight import EVERYTHING
from app.platform.deps import Resources
from app.platform.deps.routes import ResourcesDep
from app.platform.documents import Document
from app.platform.errors import AppError
from app.platform.http.forms import SentForm
from app.platform.http.routing import Router
from app.platform.web.areas import WORK
from app.platform.web.preferences import preferences_of
from app.platform.web.render import page
from app.platform.web.texts import Texts

router = Router()
PLACE = WORK + "/loans/{loan}"
EVENTS_SHOWN_MAX = 1000
LIVING = ("active", "overdue", "defaulted", "restructured")
REPAYMENTS = ("bullet", "bullet_monthly", "equal_principal", "equal_instalment")
UNPAID = ("fees", "penalty", "interest")


@dataclass(frozen=True, slots=True)
class TendingForm:
    """A form of a loan as it was sent: its order, what was typed, whether it is only looked at."""

    order: OrderSent
    typed: TendedLoan
    looks: bool


@dataclass(frozen=True, slots=True)
class TendingShown:
    """What a page says of the form before: what was typed, what it would do, or why it cannot."""

    act: str = ""
    typed: TendedLoan | None = None
    effect: Sequence[EffectLine] = ()
    refused: AppError | None = None


async def _sent(form: SentForm, order: OrderSentDep) -> TendingForm:
    return TendingForm(order, tended_in(form), form.get("step") != "confirm")


@router.get(PLACE, dependencies=[allow(BANK)])
def show_loan(request: Request, loan: str, who: PrincipalDep, resources: ResourcesDep) -> Response:
    """Return one loan."""
    return _page(request, resources, who, loan, TendingShown())


@router.post(PLACE + "/{act}", dependencies=[allow(OFFICERS)])
def tend(
    request: Request,
    loan: str,
    act: LoanAct,
    who: PrincipalDep,
    resources: ResourcesDep,
    form: Annotated[TendingForm, Depends(_sent)],
) -> Response:
    """Show what an act would do; once confirmed, ask for it, for another officer to approve."""
    try:
        asked = form.typed.asked(loan, act)
        with form.order.order(request, who, asked) as key:
            effect = foreseen(resources, loan, act, asked)
            if form.looks:
                shown = TendingShown(act, form.typed, effect)
                return _page(request, resources, who, loan, shown)
            actions = request.app.state.approval_actions
            reply = ask(resources, Asker(who, key), actions, ACTIONS[act].name, asked)
    except AppError as error:
        shown = TendingShown(act, form.typed, refused=error)
        return _page(request, resources, who, loan, shown)
    asked_for = reply.document["approval"]
    return RedirectResponse(f"{address_of(loan)}?asked={asked_for}", HTTPStatus.SEE_OTHER)


def _page(
    request: Request, resources: Resources, who: Principal, loan: str, shown: TendingShown
) -> Response:
    t, refused = Texts(preferences_of(request).language), shown.refused
    found = service.read(resources, loan, EVERYTHING)
    happened = service.events(resources, loan, EVERYTHING, after=0, size=EVENTS_SHOWN_MAX)
    asked = request.query_params.get("asked", "")
    return page(
        request,
        "work_loan.html",
        status=refused.status if refused else int(HTTPStatus.OK),
        loan=found,
        named=names(resources),
        product=product_names(resources, t.language).get(found["product"], found["product"]),
        tones=TONES,
        rate=rate_words,
        plan=_plan(resources, loan),
        events=happened,
        acts=_acts(found, happened, who),
        reversible=_reversible(happened),
        repayments=[(each, t(f"repayment_{each}")) for each in REPAYMENTS],
        unpaid=UNPAID,
        may_audit=AUDITORS.permits(who, {}),
        shown=shown,
        typed=shown.typed or TendedLoan(),
        figure=partial(_figure, t=t),
        asked=asked if asked.isascii() and asked.isalnum() else "",
        key=secrets.token_hex(16),
        refused=refused,
        refusal=refused and refusal_words(refused, t),
    )


def _figure(value: int | str | None, unit: str, t: Texts) -> str:
    """Return a figure of an effect in words: a state, or money to the fen."""
    return t.coded("loan_state", str(value)) if unit == "text" else figure(value, unit, t)


def _plan(resources: Resources, loan: str) -> Document:
    found = service.schedule(resources, loan, EVERYTHING)
    rows = [
        {**each, "sum_fen": each["principal_fen"] + each["interest_fen"]} for each in found["items"]
    ]
    return {**found, "rows": rows}


def _acts(loan: Document, events: Sequence[Document], who: Principal) -> Sequence[LoanAct]:
    """Return what an officer may ask for; the book says whether it can be done."""
    if who.role != "officer":
        return ()
    living: tuple[LoanAct, ...] = ("restructure",) if loan["state"] in LIVING else ()
    lost: tuple[LoanAct, ...] = ("recover",) if loan["state"] == "written_off" else ()
    bad: tuple[LoanAct, ...] = ("write-off",) if loan["state"] == "defaulted" else ()
    taken: tuple[LoanAct, ...] = ("reverse",) if _reversible(events) else ()
    return (*living, *bad, *lost, *taken)


def _reversible(events: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """Return the repayments that were not taken back, the latest first."""
    back = {each["n"] for each in events if each["operation"] == "loan.reverse"}
    paid = [each for each in events if each["operation"] == "loan.pay" and each["n"] not in back]
    return paid[::-1]
