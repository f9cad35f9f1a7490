"""The page of one application of a firm: what was decided, what waits, and what the firm does."""

import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from http import HTTPStatus
from typing import Annotated, Any, Literal, NamedTuple
from urllib.parse import quote

from fastapi import Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from app.books.ledger.answering import Asker
from app.books.ledger.forms import OrderSent, OrderSentDep, refusal_words
from app.chain.accounts.service import names
from app.chain.requests.repository import WantedRequests
from app.chain.requests.service import standing
from app.chain.vouchers.payments import offered
from app.lending.applications import service
from app.lending.applications.steps import steps_of, turn_of
from app.lending.borrowing import repository
from app.lending.borrowing.choices import on_documents, products_now
from app.lending.borrowing.fees import fee_lines
from app.lending.borrowing.told import HELD, LOANS, PLACE, links_of, offer_rows
from app.lending.contracts import service as contracts
from app.lending.contracts.forms import Language
from app.lending.contracts.service import SigningAsked
from app.lending.decisions.cards import ShownWay, card_of, rate_words
from app.lending.decisions.repository import fees_kept
from app.lending.papers.pages import papers_for
from app.lending.pricing import plans
from app.lending.pricing.plans import PlanAsked
from app.lending.products.service import product_names
from app.lending.servicing.checking import ENTRUSTED_FROM, DrawAsked
from app.lending.servicing.drawing import draw
from app.lending.servicing.filing import FileAccount, file_account
from app.lending.servicing.schemas import REFERENCE_LENGTH_MAX
from app.lending.servicing.values import values_today
from app.platform.auth.principals import Principal
from app.platform.auth.rules import HOLDERS, PrincipalDep, allow
from app.platform.auth.sight import sight_of
from app.platform.deps import Resources
from app.platform.deps.routes import ResourcesDep
from app.platform.documents import Document
from app.platform.errors import AppError
from app.platform.http.routing import Router
from app.platform.web.downloads import plain
from app.platform.web.money import fen_of
from app.platform.web.preferences import preferences_of
from app.platform.web.render import page
from app.platform.web.texts import Texts
from app.platform.web.unfit import UnfitField

router = Router()
EVENTS_SHOWN_MAX = 500
Links = Callable[[ShownWay], Sequence[Mapping[str, Any]]]
Act = Literal["accept", "withdraw", "sign", "draw", "account"]
ACTS: Mapping[str, Sequence[Act]] = {
    "referred": ("withdraw",),
    "recommended": ("withdraw",),
    "returned": ("withdraw",),
    "approved": ("accept", "withdraw"),
    "offer_accepted": ("sign", "withdraw"),
    "signed": ("draw", "withdraw"),
    "draw_failed": ("draw", "withdraw"),
}
CONTRACTED = (
    *("offer_accepted", "signed", "drawing", "draw_failed"),
    *("active", "suspended", "repaid", "closed"),
)
DONE = ("apply", "accept", "withdraw", "sign", "draw", "account")
CHECKS = ("state", "offer", "documents", "registration", "signatures", "account", "limit", "payee")


class DrawTyped(NamedTuple):
    """What was typed into the fields of a draw, or of an account on file."""

    amount: str
    account: str
    payee: str

    @property
    def of_order(self) -> list[str]:
        """Return what the key of an order stands for; a payee only where there is one."""
        return [self.amount, self.account, *filter(None, [self.payee])]


@dataclass(frozen=True, slots=True)
class ApplicationSent:
    """What a form of the page is sent with: its order, what was read, and what was typed."""

    sent: OrderSent
    tag: str
    sha256: str
    language: Language
    typed: DrawTyped

    @property
    def tags(self) -> frozenset[str] | None:
        """Return the tag of the application as it was read; None where the form has none."""
        return frozenset({self.tag}) if self.tag else None

    def amount_fen(self) -> int:
        """
        Return the fen that are drawn.

        Raises:
            UnfitField: It is no positive amount of yuan.
        """
        found = fen_of(self.typed.amount)
        if found is None:
            raise UnfitField("amount")
        return found

    def account_named(self) -> str:
        """
        Return the account that was typed.

        Raises:
            UnfitField: There is none, or more than an account may have.
        """
        account = self.typed.account.strip()
        if not 1 <= len(account) <= REFERENCE_LENGTH_MAX:
            raise UnfitField("account", most=REFERENCE_LENGTH_MAX)
        return account

    def payee_named(self) -> str:
        """
        Return who is paid in the end, if anybody was typed.

        Raises:
            UnfitField: It is more than a name may have.
        """
        payee = self.typed.payee.strip()
        if len(payee) > REFERENCE_LENGTH_MAX:
            raise UnfitField("payee", most=REFERENCE_LENGTH_MAX)
        return payee


async def _typed_by(
    amount: Annotated[str, Form()] = "",
    account: Annotated[str, Form()] = "",
    payee: Annotated[str, Form()] = "",
) -> DrawTyped:
    return DrawTyped(amount, account, payee)


async def _sent(
    request: Request,
    order: OrderSentDep,
    typed: Annotated[DrawTyped, Depends(_typed_by)],
    tag: Annotated[str, Form()] = "",
    sha256: Annotated[str, Form()] = "",
) -> ApplicationSent:
    language = preferences_of(request).language
    return ApplicationSent(order, tag, sha256, language, typed)


ApplicationSentDep = Annotated[ApplicationSent, Depends(_sent)]


@router.get(PLACE + "/{application}", dependencies=[allow(HOLDERS)])
def show_application(
    request: Request, application: str, who: PrincipalDep, resources: ResourcesDep
) -> Response:
    """Return one application: its decision, where it stands, and what its firm can do now."""
    return _one(request, resources, who, application)


@router.post(PLACE + "/{application}/{act}", dependencies=[allow(HOLDERS)])
def act_on_application(
    request: Request,
    application: str,
    act: Act,
    who: PrincipalDep,
    resources: ResourcesDep,
    form: ApplicationSentDep,
) -> Response:
    """Accept, withdraw, sign, draw, or ask for an account on file; a refusal is told above."""
    try:
        with form.sent.order(request, who, [*form.typed.of_order, form.sha256]) as key:
            _done(request, resources, Asker(who, key), application, (act, form))
    except AppError as refused:
        return _one(request, resources, who, application, form=form, refused=refused)
    place = f"{PLACE}/{quote(application, safe='')}"
    return RedirectResponse(f"{place}?done={act}", HTTPStatus.SEE_OTHER)


def _done(
    request: Request,
    resources: Resources,
    asker: Asker,
    application: str,
    asked: tuple[Act, ApplicationSent],
) -> None:
    """Do what a form asks for."""
    act, form = asked
    if act == "accept":
        service.accept(resources, asker, application, form.tags, form.sent.reason)
    elif act == "withdraw":
        service.withdraw(resources, asker, application, form.tags, form.sent.reason)
    elif act == "sign":
        signing = SigningAsked(form.language, form.sha256 or None, form.tags)
        contracts.sign(resources, asker, application, signing)
    elif act == "draw":
        drawn = DrawAsked(form.amount_fen(), form.account_named(), form.payee_named())
        draw(resources, asker, application, drawn)
    else:
        service.shown(resources, sight_of(asker.who), application)
        actions = request.app.state.approval_actions
        file_account(resources, asker, actions, asker.who.firm or "", form.account_named())


def _one(
    request: Request,
    resources: Resources,
    who: Principal,
    application: str,
    *,
    form: ApplicationSent | None = None,
    refused: AppError | None = None,
) -> Response:
    t, sight, firm = Texts(preferences_of(request).language), sight_of(who), who.firm or ""
    asked, tag = service.shown(resources, sight, application)
    events = service.events_shown(resources, sight, application, after=0, size=EVENTS_SHOWN_MAX)
    records = resources.records
    on_file = repository.account_on_file(records, firm)
    planned = _plan(resources, asked)
    return page(
        request,
        "application.html",
        status=refused.status if refused else int(HTTPStatus.OK),
        place=PLACE,
        asked=asked,
        tag=tag,
        product=product_names(resources, t.language).get(asked["product"], asked["product"]),
        named=names(resources),
        left_fen=_left_fen(asked),
        card=asked["decision"] and card_of(asked["decision"], t, names(resources)),
        links=_links(resources, who, asked, t),
        offer_rate=rate_words(asked["offer"] and asked["offer"]["rate"]),
        plan=offer_rows(planned),
        costs=_costs(planned, t),
        steps=steps_of(asked, events, t),
        turn=turn_of(asked, events),
        acts=ACTS.get(asked["state"], ()),
        contract=_contract(resources, who, asked, t),
        handed=papers_for(resources, sight, application),
        loans=repository.loans_of(records, application, firm),
        loans_place=LOANS,
        offered=HELD + "?state=issued#vouchers" if offered(records, firm, size=1)[1] else "",
        checks=CHECKS,
        on_file=on_file,
        filing=repository.account_asked_for(records, firm, FileAccount.name),
        typed=_typed(asked, form, on_file),
        payee_from_fen=values_today(resources).in_force.fen(ENTRUSTED_FROM),
        key=secrets.token_hex(16),
        done=request.query_params.get("done", ""),
        known_done=DONE,
        refused=refused,
        refusal=refused and refusal_words(refused, t),
    )


def _links(resources: Resources, who: Principal, asked: Document, t: Texts) -> Links:
    """Return what tells what the firm can do about a way to yes."""
    return partial(
        links_of,
        asked=asked,
        t=t,
        product=on_documents(products_now(resources, who)),
        standing=standing(resources, WantedRequests(firm=who.firm or "")),
    )


def _left_fen(asked: Document) -> int:
    """Return what of an offer is not drawn yet; 0 where nothing is offered."""
    offer = asked["offer"]
    return int(offer["amount_fen"] - offer["drawn_fen"]) if offer else 0


def _typed(asked: Document, form: ApplicationSent | None, on_file: str) -> Mapping[str, str]:
    """Return what stands in the fields: what was typed, else what can be drawn and where to."""
    left = str(plain(_left_fen(asked), "money"))
    return {
        "amount": (form and form.typed.amount) or left,
        "account": (form and form.typed.account) or on_file,
        "payee": (form and form.typed.payee) or "",
    }


def _plan(resources: Resources, asked: Document) -> Document | None:
    """Return when an offer would be paid back, drawn today; None where nothing is offered."""
    offer = asked["offer"]
    if not offer or asked["state"] not in ACTS:
        return None
    wanted = PlanAsked(
        *(asked["product"], offer["amount_fen"], Decimal(offer["rate"]), asked["repayment"]),
        *(asked["tenor_days"], asked["tenor_months"]),
    )
    try:
        decided = fees_kept(resources.records, asked["decision"]["id"])
        return plans.document(resources, wanted, decided)
    except AppError:  # The product has changed since: the contract says what holds.
        return None


def _costs(planned: Document | None, t: Texts) -> Mapping[str, Any]:
    """Return what fees an offer has, and what it costs in a year with them."""
    if planned is None:
        return {}
    return {
        "fen": planned["total_fees_fen"],
        "fees": fee_lines(planned["fees"], t),
        "effective": rate_words(planned["effective_rate"]),
    }


def _contract(
    resources: Resources, who: Principal, asked: Document, t: Texts
) -> Mapping[str, Any] | None:
    """Return the contract to read, signed or not; None where there is none yet."""
    if asked["state"] not in CONTRACTED:
        return None
    try:
        file = json.loads(contracts.contract_of(resources, sight_of(who), asked["id"], t.language))
    except AppError:
        return None
    address = f"/api/v1/applications/{asked['id']}/contract"
    return {
        "paragraphs": file["contract"]["text"].split("\n"),
        "sha256": file["sha256"],
        "signatures": file["signatures"],
        "file": f"{address}?language={t.language}",
        "paper": f"{address}.pdf?language={t.language}",
    }
