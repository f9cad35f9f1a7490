"""The page of one account: what is left, who uses it, what moved it; an officer freezes it."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from app.books.ledger.answering import Asker
from app.books.ledger.forms import OrderSent, OrderSentDep, refusal_words
from app.books.ledger.history import events_before
from app.books.ledger.reading import occupied_on, uses_on
from app.chain.accounts import service, stopping
from app.chain.accounts.schemas import REASON_LENGTH_MAX
from app.chain.accounts.unfreezing import ask_to_unfreeze
from app.chain.accounts.words import (
    FIGURES,
    TONES,
    bar_of,
    changes_of,
    layer_words,
    name_words,
    state_of,
)
from app.platform.audit.layer import note
from app.platform.auth.rules import BANK, OFFICERS, PrincipalDep, allow
from app.platform.auth.sight import EVERYTHING
from app.platform.deps import Resources
from app.platform.deps.routes import ResourcesDep
from app.platform.errors import AppError
from app.platform.http.routing import Router
from app.platform.web.areas import WORK
from app.platform.web.money import fen_of
from app.platform.web.preferences import preferences_of
from app.platform.web.render import page
from app.platform.web.texts import Texts
from app.platform.web.unfit import UnfitField

router = Router()
_APPROVAL = re.compile("[0-9a-f]{8,64}")
EVENTS_SHOWN = 50
USES_SHOWN = 50


@dataclass(frozen=True, slots=True)
class FreezeForm:
    """What the form was sent with: its order, and an amount of yuan."""

    sent: OrderSent
    amount: str

    def asked(self) -> tuple[int | None, str]:
        """
        Return the fen, None for the whole account, and the reason.

        Raises:
            UnfitField: The amount is none, or the reason is missing or too long.
        """
        fen = fen_of(self.amount)
        if (fen is None) != (not self.amount.strip()):
            raise UnfitField("amount")
        return fen, self.sent.reason_given(REASON_LENGTH_MAX)


async def _sent(order: OrderSentDep, amount: Annotated[str, Form()] = "") -> FreezeForm:
    return FreezeForm(order, amount)


FreezeFormDep = Annotated[FreezeForm, Depends(_sent)]


@router.get(WORK + "/accounts/{account}", dependencies=[allow(BANK)])
def show_account(
    request: Request, account: str, who: PrincipalDep, resources: ResourcesDep
) -> Response:
    """Return one account."""
    return _page(request, resources, account, may_freeze=who.role == "officer")


@router.post(WORK + "/accounts/{account}/freeze", dependencies=[allow(OFFICERS)])
def freeze_account(
    request: Request,
    account: str,
    who: PrincipalDep,
    resources: ResourcesDep,
    form: FreezeFormDep,
) -> Response:
    """Freeze an account, or show its page with what was typed and what stands against it."""
    service.account_seen(resources, EVERYTHING, account)
    try:
        fen, reason = form.asked()
        with form.sent.order(request, who, [fen, reason]) as own:
            stopping.freeze(resources, Asker(who, own), account, fen, reason)
    except AppError as error:
        return _page(request, resources, account, may_freeze=True, typed=form, refused=error)
    note(request.scope, "all of it" if fen is None else f"{fen} fen")
    return RedirectResponse(address_of(account), HTTPStatus.SEE_OTHER)


def _page(
    request: Request,
    resources: Resources,
    account: str,
    *,
    may_freeze: bool,
    typed: FreezeForm | None = None,
    refused: AppError | None = None,
) -> Response:
    t, named = Texts(preferences_of(request).language), service.names(resources)
    found = service.account_seen(resources, EVERYTHING, account)
    number = found.figures.source
    return page(
        request,
        "account.html",
        status=refused.status if refused else HTTPStatus.OK,
        account=found,
        title=name_words(found, named, t),
        layer=layer_words(found, t),
        state=state_of(found),
        tones=TONES,
        bar=bar_of(found, t),
        figures=FIGURES,
        source=service.sources(resources, {number}).get(number),
        uses=uses_on(resources.records, account, resources.now(), size=USES_SHOWN),
        most=USES_SHOWN,
        takes=partial(occupied_on, account=account),
        named=named,
        may_freeze=may_freeze and found.state == "open",
        may_unfreeze=may_freeze and (found.state == "frozen" or found.figures.frozen > 0),
        asked=_asked(request),
        typed={"amount": typed.amount, "reason": typed.sent.reason} if typed else {},
        key=secrets.token_hex(16),
        refused=refused,
        refusal=refused and refusal_words(refused, t),
        **_events(request, resources, account, t),
    )


def _asked(request: Request) -> str:
    """Return the approval that the address says was asked for."""
    given = request.query_params.get("asked", "")
    return given if _APPROVAL.fullmatch(given) else ""


def _events(request: Request, resources: Resources, account: str, t: Texts) -> Mapping[str, Any]:
    """Return the latest events of an account, or those before the one that the address names."""
    before = request.query_params.get("before", "")
    known = before.isascii() and before.isdigit() and len(before) < len(str(2**63))
    events = events_before(
        resources.records, account, before=int(before) if known else None, size=EVENTS_SHOWN
    )
    return {
        "events": events,
        "older": events[-1].number if events and events[-1].since else None,
        "earlier": known,
        "changes": partial(changes_of, t=t),
    }


@router.post(WORK + "/accounts/{account}/unfreeze", dependencies=[allow(OFFICERS)])
def unfreeze_account(
    request: Request,
    account: str,
    who: PrincipalDep,
    resources: ResourcesDep,
    form: FreezeFormDep,
) -> Response:
    """Ask for the release of what is frozen, or show the page with what stands against it."""
    service.account_seen(resources, EVERYTHING, account)
    actions = request.app.state.approval_actions
    try:
        fen, reason = form.asked()
        with form.sent.order(request, who, [fen, reason]) as own:
            asker = Asker(who, own)
            reply = ask_to_unfreeze(resources, asker, actions, (account, fen, reason))
    except AppError as error:
        return _page(request, resources, account, may_freeze=True, typed=form, refused=error)
    asked = reply.document["approval"]
    note(request.scope, f"approval {asked}")
    return RedirectResponse(f"{address_of(account)}?asked={asked}", HTTPStatus.SEE_OTHER)


def address_of(account: str) -> str:
    """
    Return where the page of an account is.

    Example:
        >>> address_of("chain:C/1:F").removeprefix(WORK)
        '/accounts/chain%3AC%2F1%3AF'
    """
    return f"{WORK}/accounts/{quote(account, safe='')}"
