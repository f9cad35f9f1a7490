"""The page of requests: what a firm asks of others, what others ask of it, and their forms."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from app.books.ledger.answering import Asker
from app.books.ledger.forms import OrderSent, OrderSentDep, refusal_words
from app.chain.accounts.service import names
from app.chain.papers.holding import HELD
from app.chain.papers.receivables import CLAIMS, PAYABLES, address_of
from app.chain.requests import service
from app.chain.requests.repository import WantedRequests
from app.platform.auth.principals import Principal
from app.platform.auth.rules import HOLDERS, PrincipalDep, allow
from app.platform.deps import Resources
from app.platform.deps.routes import ResourcesDep
from app.platform.documents import Document
from app.platform.errors import AppError
from app.platform.http.routing import Router
from app.platform.web.money import fen_of
from app.platform.web.preferences import preferences_of
from app.platform.web.render import page
from app.platform.web.texts import Texts
from app.platform.web.unfit import UnfitField

router = Router()
PLACE = "/my/requests"
DONE = ("ask", "withdraw", "decline")
Act = Literal["withdraw", "decline"]
TONES: Mapping[str, str] = {"open": "now", "met": "done"}


@dataclass(frozen=True, slots=True)
class RequestSent:
    """What a form that asks is sent with."""

    sent: OrderSent
    kind: str
    receivable: str
    of: str
    core: str
    amount: str

    def amount_fen(self) -> int:
        """
        Return the fen that are asked for.

        Raises:
            UnfitField: It is no positive amount of yuan.
        """
        found = fen_of(self.amount)
        if found is None:
            raise UnfitField("amount")
        return found


async def _sent(
    order: OrderSentDep,
    kind: Annotated[str, Form()] = "",
    receivable: Annotated[str, Form()] = "",
    of: Annotated[str, Form()] = "",
    core: Annotated[str, Form()] = "",
    amount: Annotated[str, Form()] = "",
) -> RequestSent:
    return RequestSent(order, kind, receivable, of, core, amount)


RequestSentDep = Annotated[RequestSent, Depends(_sent)]


@router.get(PLACE, dependencies=[allow(HOLDERS)])
def show_requests(request: Request, who: PrincipalDep, resources: ResourcesDep) -> Response:
    """Return what the firm asks of others, and what others ask of it."""
    return _page(request, resources, who)


@router.post(PLACE, dependencies=[allow(HOLDERS)])
def ask(
    request: Request, who: PrincipalDep, resources: ResourcesDep, form: RequestSentDep
) -> Response:
    """Ask the core to confirm a receivable, or a buyer to pass a voucher on."""
    told = [form.kind, form.receivable, form.of, form.core, form.amount]
    try:
        with form.sent.order(request, who, told) as key:
            asker = Asker(who, key)
            if form.kind == service.CONFIRM:
                service.ask_confirmation(resources, asker, form.receivable)
            elif form.kind == service.PASS:
                fen = form.amount_fen()
                service.ask_passing(resources, asker, of=form.of, core=form.core, amount_fen=fen)
            else:
                raise UnfitField("kind")
    except AppError as refused:
        return _page(request, resources, who, refused=refused)
    return RedirectResponse(f"{PLACE}?done=ask", HTTPStatus.SEE_OTHER)


@router.post(PLACE + "/{request_id}/{act}", dependencies=[allow(HOLDERS)])
def end(
    request: Request,
    request_id: str,
    act: Act,
    who: PrincipalDep,
    resources: ResourcesDep,
    form: OrderSentDep,
) -> Response:
    """Withdraw a request, or decline one; what stands against it is told above."""
    try:
        with form.order(request, who) as key:
            service.end(resources, Asker(who, key), request_id, act)
    except AppError as refused:
        return _page(request, resources, who, refused=refused)
    return RedirectResponse(f"{PLACE}?done={act}", HTTPStatus.SEE_OTHER)


def _page(
    request: Request, resources: Resources, who: Principal, *, refused: AppError | None = None
) -> Response:
    t, firm = Texts(preferences_of(request).language), who.firm or ""
    return page(
        request,
        "requests.html",
        status=refused.status if refused else int(HTTPStatus.OK),
        place=PLACE,
        named=names(resources),
        lists=[
            ("made", "withdraw", _rows(resources, WantedRequests(firm=firm))),
            ("received", "decline", _rows(resources, WantedRequests(asked=firm))),
        ],
        tones=TONES,
        key=secrets.token_hex(16),
        done=request.query_params.get("done", ""),
        known_done=DONE,
        refused=refused,
        refusal=refused and refusal_words(refused, t),
    )


def _rows(resources: Resources, wanted: WantedRequests) -> Sequence[Document]:
    """Return requests, each with where what it asks for is done or seen."""
    found = (service.document(*each) for each in service.page(resources, wanted))
    asked = wanted.asked is not None
    return [row | {"address": _address(row, to_me=asked)} for row in found]


def _address(row: Document, *, to_me: bool) -> str:
    if row["kind"] == service.PASS:
        return f"{HELD}?state=held#vouchers" if to_me else f"{HELD}?state=issued#vouchers"
    return address_of(PAYABLES if to_me else CLAIMS, row["receivable"])
