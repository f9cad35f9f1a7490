"""The page on which a core looks at vouchers that it is about to issue, and issues them."""

import secrets
from collections.abc import Sequence
from functools import partial
from http import HTTPStatus
from typing import Annotated, Any

from anyio import to_thread
from fastapi import Form, Request
from pydantic import TypeAdapter, ValidationError
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from app.books.ledger.answering import Asker
from app.books.ledger.forms import OrderSentDep, refusal_words
from app.chain.accounts.service import names
from app.chain.papers.vouchers import LOOK, VOUCHERS, against, vouchers_page
from app.chain.vouchers.issuing import ISSUED_MAX, WrittenVoucher, issue_all, try_all, written_in
from app.data.imports.sent import uploads_of
from app.platform.auth.gate import check_csrf
from app.platform.auth.principals import Principal
from app.platform.auth.rules import CORE_PEOPLE, PrincipalDep, allow
from app.platform.deps import Resources
from app.platform.deps.routes import ResourcesDep
from app.platform.errors import AppError
from app.platform.http.forms import SentForm
from app.platform.http.routing import Router
from app.platform.web.preferences import preferences_of
from app.platform.web.render import page
from app.platform.web.texts import Texts
from app.platform.web.unfit import UnfitField

router = Router()
DO = "/core/issuing/done"
WRITTEN = TypeAdapter(list[WrittenVoucher])


@router.get(LOOK, dependencies=[allow(CORE_PEOPLE)])
@router.get(DO, dependencies=[allow(CORE_PEOPLE)])
def begin_again() -> Response:
    """Lead who comes without having written any, say after signing in again, to the list."""
    return RedirectResponse(VOUCHERS, HTTPStatus.SEE_OTHER)


@router.post(LOOK, dependencies=[allow(CORE_PEOPLE)])
async def look(
    request: Request, who: PrincipalDep, resources: ResourcesDep, form: SentForm
) -> Response:
    """Return what issuing would do: of one voucher that was typed, or of a file of them."""
    return await to_thread.run_sync(_look, request, resources, who, form)


def _look(request: Request, resources: Resources, who: Principal, form: FormData) -> Response:
    typed, uploads = _typed(form), uploads_of(form, "file")
    try:
        check_csrf(who, str(form.get("csrf", "")))
        if uploads:
            return _page(request, resources, who, written_in(uploads))
        tried = try_all(resources, who.firm or "", [typed])
        if (refused := tried.rows[0].refused) is not None:
            raise refused
        return _page(request, resources, who, [typed])
    except AppError as error:
        return vouchers_page(request, resources, who, typed=typed, refused=error)


def _typed(form: FormData) -> WrittenVoucher:
    def text(name: str) -> str:
        """Return what was typed."""
        found: Any = form.get(name, "")
        return found if isinstance(found, str) else ""

    return WrittenVoucher(
        text("holder"), text("amount"), text("due_on"), text("receivables"), text("recourse")
    )


def _page(
    request: Request,
    resources: Resources,
    who: Principal,
    written: Sequence[WrittenVoucher],
    *,
    refused: AppError | None = None,
) -> Response:
    t = Texts(preferences_of(request).language)
    tried = try_all(resources, who.firm or "", written)
    return page(
        request,
        "issuing.html",
        status=refused.status if refused else int(HTTPStatus.OK),
        tried=tried,
        words=partial(against, t=t),
        named=names(resources),
        written=WRITTEN.dump_json(list(written)).decode(),
        key=secrets.token_hex(16),
        place=VOUCHERS,
        do=DO,
        refused=refused,
        refusal=refused and refusal_words(refused, t),
    )


@router.post(DO, dependencies=[allow(CORE_PEOPLE)])
def issue(
    request: Request,
    who: PrincipalDep,
    resources: ResourcesDep,
    form: OrderSentDep,
    vouchers: Annotated[str, Form()] = "",
) -> Response:
    """Issue all of them; where something stands against one, none."""
    written: list[WrittenVoucher] = []
    try:
        with form.order(request, who, vouchers) as key:
            written = _carried(vouchers)
            issue_all(resources, Asker(who, key), written)
    except AppError as error:
        if not written:
            return vouchers_page(request, resources, who, refused=error)
        return _page(request, resources, who, written, refused=error)
    return RedirectResponse(f"{VOUCHERS}?done=issued", status_code=HTTPStatus.SEE_OTHER)


def _carried(text: str) -> list[WrittenVoucher]:
    try:
        return WRITTEN.validate_json(text, strict=True)
    except ValidationError as error:
        raise UnfitField("vouchers", most=ISSUED_MAX) from error
