"""The page on which a core looks at what it is about to confirm, and confirms it."""

import secrets
from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated

from anyio import to_thread
from fastapi import Form, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from app.books.ledger.answering import Asker
from app.books.ledger.forms import OrderSentDep, refusal_words
from app.chain.accounts.service import names
from app.chain.papers.receivables import PAYABLES, list_page
from app.chain.receivables import service
from app.chain.receivables.bulk import NumberedLine, named_by, preview
from app.chain.receivables.schemas import NUMBERS_MAX
from app.data.imports.sent import uploads_of
from app.platform.auth.gate import check_csrf
from app.platform.auth.principals import Principal
from app.platform.auth.rules import CORE_PEOPLE, PrincipalDep, allow
from app.platform.deps import Resources
from app.platform.deps.routes import ResourcesDep
from app.platform.errors import AppError
from app.platform.http.forms import SentForm
from app.platform.http.routing import Router
from app.platform.web.money import scale
from app.platform.web.preferences import preferences_of
from app.platform.web.render import page
from app.platform.web.texts import Texts
from app.platform.web.unfit import UnfitField

router = Router()
LOOK, DO = "/core/confirming", "/core/confirming/done"
SHOWN_MAX = 200
ASKED = 202


@router.get(LOOK, dependencies=[allow(CORE_PEOPLE)])
@router.get(DO, dependencies=[allow(CORE_PEOPLE)])
def begin_again() -> Response:
    """Lead who comes without having chosen, say after signing in again, to the list."""
    return RedirectResponse(PAYABLES, HTTPStatus.SEE_OTHER)


@router.post(LOOK, dependencies=[allow(CORE_PEOPLE)])
async def look(
    request: Request, who: PrincipalDep, resources: ResourcesDep, form: SentForm
) -> Response:
    """Return what confirming would do: of receivables that were chosen, or named by a file."""
    return await to_thread.run_sync(_look, request, resources, who, form)


def _look(request: Request, resources: Resources, who: Principal, form: FormData) -> Response:
    try:
        check_csrf(who, str(form.get("csrf", "")))
        chosen = [str(each) for each in form.getlist("numbers") if isinstance(each, str)]
        named = [*map(NumberedLine, chosen), *named_by(uploads_of(form, "file"))]
        return _page(request, resources, who, named)
    except AppError as error:
        return list_page(request, resources, who, refused=error, place=PAYABLES)


def _page(
    request: Request,
    resources: Resources,
    who: Principal,
    named: Sequence[NumberedLine],
    *,
    refused: AppError | None = None,
) -> Response:
    t = Texts(preferences_of(request).language)
    found = preview(resources, who.firm or "", named)
    creditors = list(found.by_creditor.items())
    return page(
        request,
        "confirming.html",
        status=refused.status if refused else int(HTTPStatus.OK),
        preview=found,
        creditors=creditors[:SHOWN_MAX],
        creditors_more=max(0, len(creditors) - SHOWN_MAX),
        wrong=found.refused[:SHOWN_MAX],
        wrong_more=max(0, len(found.refused) - SHOWN_MAX),
        named=names(resources),
        numbers="\n".join(each.number for each in named),
        unit=scale([fen for _, (_, fen) in creditors], t.language),
        key=secrets.token_hex(16),
        place=PAYABLES,
        do=DO,
        refused=refused,
        refusal=refused and refusal_words(refused, t),
    )


@router.post(DO, dependencies=[allow(CORE_PEOPLE)])
def confirm(
    request: Request,
    who: PrincipalDep,
    resources: ResourcesDep,
    form: OrderSentDep,
    numbers: Annotated[str, Form()] = "",
) -> Response:
    """Confirm all of them, or ask a second person; where something stands against it, none."""
    wanted = [each for each in numbers.replace("\r\n", "\n").split("\n") if each]
    try:
        with form.order(request, who, wanted) as key:
            if not wanted:
                raise UnfitField("numbers", most=f"{NUMBERS_MAX:,}")
            reply = service.confirm(resources, Asker(who, key), wanted, several=len(wanted) > 1)
    except AppError as error:
        if not wanted:
            return list_page(request, resources, who, refused=error, place=PAYABLES)
        return _page(request, resources, who, [*map(NumberedLine, wanted)], refused=error)
    done = "asked" if reply.status == ASKED else "confirmed"
    return RedirectResponse(f"{PAYABLES}?done={done}", status_code=HTTPStatus.SEE_OTHER)
