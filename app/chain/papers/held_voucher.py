"""The page of one voucher that a firm holds or the bank reads, and what its holder does with it."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Literal

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from app.books.ledger.answering import Asker
from app.chain.accounts.service import names
from app.chain.papers.holding import ALL, HELD, place_of, sight_of_papers
from app.chain.papers.partners import creditors_of
from app.chain.papers.receivables import address_of, told
from app.chain.papers.typed import TypedVoucher, VoucherSentDep
from app.chain.papers.vouchers import ISSUED_TONES, NODES_SHOWN
from app.chain.vouchers import service
from app.chain.vouchers.shown import nested
from app.platform.auth.principals import Principal
from app.platform.auth.rules import BANK, HOLDERS, PrincipalDep, allow
from app.platform.deps import Resources
from app.platform.deps.routes import ResourcesDep
from app.platform.errors import AppError
from app.platform.http.routing import Router
from app.platform.web.areas import WORK
from app.platform.web.preferences import preferences_of
from app.platform.web.render import page
from app.platform.web.texts import Texts

router = Router()
Act = Literal["accept", "reject", "split", "pass"]
DONE = ("accept", "reject", "split", "pass")
ACTS: Mapping[str, Sequence[str]] = {
    "issued": ("accept", "reject"),
    "held": ("pass", "split"),
}
RECEIVABLES = {HELD: "/my/receivables", ALL: WORK + "/receivables"}


@router.get(HELD + "/{voucher}", dependencies=[allow(HOLDERS)])
@router.get(ALL + "/{voucher}", dependencies=[allow(BANK)])
def show_voucher(
    request: Request, voucher: str, who: PrincipalDep, resources: ResourcesDep
) -> Response:
    """Return one voucher or part of one, with all below it that its reader may see."""
    return _one(request, resources, who, voucher)


def _one(
    request: Request,
    resources: Resources,
    who: Principal,
    voucher: str,
    *,
    typed: TypedVoucher | None = None,
    refused: AppError | None = None,
) -> Response:
    t, place = Texts(preferences_of(request).language), place_of(request)
    sight = sight_of_papers(resources, who)
    row, found, count = service.find(resources, voucher, sight, size=NODES_SHOWN)
    acts = ACTS.get(row["state"], ()) if place == HELD and row["holder"] == who.firm else ()
    return page(
        request,
        "held_voucher.html",
        status=refused.status if refused else int(HTTPStatus.OK),
        place=place,
        named=names(resources),
        acts=acts,
        creditors=creditors_of(resources, who.firm or "") if "pass" in acts else (),
        tones=ISSUED_TONES,
        typed=typed or TypedVoucher(),
        receivables=RECEIVABLES[place],
        known_done=DONE,
        paper=nested(row, found, sight),
        more=count - len(found),
        **told(request, refused, t),
    )


@router.post(HELD + "/{voucher}/{act}", dependencies=[allow(HOLDERS)])
def act_on_held(
    request: Request,
    voucher: str,
    act: Act,
    who: PrincipalDep,
    resources: ResourcesDep,
    form: VoucherSentDep,
) -> Response:
    """Accept, reject, split or pass on; what stands against it is told above."""
    try:
        with form.order(request, who) as key:
            asker = Asker(who, key)
            if act == "accept":
                service.accept(resources, asker, voucher)
            elif act == "reject":
                service.reject(resources, asker, voucher)
            elif act == "split":
                service.split(resources, asker, voucher, form.typed.parts_fen())
            else:
                holder, fen = form.typed.new_holder(), form.typed.amount_fen()
                service.pass_on(resources, asker, voucher, holder=holder, amount_fen=fen)
    except AppError as error:
        return _one(request, resources, who, voucher, typed=form.typed, refused=error)
    return RedirectResponse(f"{address_of(HELD, voucher)}?done={act}", HTTPStatus.SEE_OTHER)
