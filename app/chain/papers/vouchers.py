"""Pages of vouchers that a core has issued: all of them, who holds them now, one with its parts."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from http import HTTPStatus
from typing import Literal

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from app.books.business_day import business_day
from app.books.ledger import Reply
from app.books.ledger.answering import Asker
from app.books.ledger.forms import OrderSentDep, refusal_words
from app.chain.accounts.service import Named, names
from app.chain.papers.own_limit import limit_of
from app.chain.papers.receivables import TONES, address_of, told
from app.chain.receivables.repository import WantedReceivables
from app.chain.receivables.schemas import REASON_LENGTH_MAX
from app.chain.receivables.standing import standing
from app.chain.vouchers import service
from app.chain.vouchers.issuing import ISSUED_MAX, WrittenVoucher
from app.chain.vouchers.listing import (
    VoucherOrder,
    VouchersListed,
    counts,
    every_listed,
    held_by_tier,
    listed,
    parties,
    sums,
)
from app.chain.vouchers.shown import VoucherSight, document, nested
from app.platform.auth.principals import Principal
from app.platform.auth.rules import CORE_PEOPLE, PrincipalDep, allow
from app.platform.auth.sight import Sight
from app.platform.deps import Resources
from app.platform.deps.routes import ResourcesDep
from app.platform.documents import Document
from app.platform.errors import AppError, Malformed
from app.platform.http.routing import Router
from app.platform.views.repository import views_of
from app.platform.web.columns import ListColumn, ListTable
from app.platform.web.downloads import download_long
from app.platform.web.facets import Facet, counted
from app.platform.web.listing import SIZE, chosen_of, one_page, order_of, page_of, text_of
from app.platform.web.money import scale
from app.platform.web.preferences import preferences_of
from app.platform.web.render import page
from app.platform.web.texts import Texts

router = Router()
VOUCHERS, LOOK = "/core/vouchers", "/core/issuing"
HOLDERS_SHOWN, NODES_SHOWN, CREDITORS_SHOWN = 50, 500, 200
ISSUED_TONES = TONES | {
    "issued": "now",
    "held": "done",
    "split": "done",
    "passed": "done",
    "matured": "warn",
    "dishonoured": "bad",
    "recourse": "bad",
}
Act = Literal["cancel", "dispute", "settle"]
ACTED: Mapping[Act, Callable[[Resources, Asker, str, str], Reply]] = {
    "dispute": service.dispute,
    "settle": lambda resources, asker, number, _: service.settle(resources, asker, number),
    "cancel": lambda resources, asker, number, _: service.cancel(resources, asker, number),
}
ACTS: Mapping[str, tuple[Act, ...]] = {
    "issued": ("cancel", "dispute"),
    "disputed": ("cancel",),
    "matured": ("settle",),
    "dishonoured": ("settle",),
    "recourse": ("settle",),
}


def sight_on(resources: Resources, who: Principal) -> VoucherSight:
    """Return what a core or firm learns of the holders of vouchers."""
    return service.sees(resources, Sight("firm", who.firm or ""))


def _table(named: Named, t: Texts) -> ListTable[Document]:
    return ListTable(
        "vouchers",
        lambda row: str(row["id"]),
        (
            ListColumn("number", "paper_number", "text", lambda row: row["id"]),
            ListColumn("holder", "voucher_holder", "text", lambda row: named(row["holder"])),
            ListColumn(
                "amount", "voucher_amount", "money", lambda row: row["amount_fen"], look="strong"
            ),
            ListColumn("issued", "issued_on", "day", lambda row: row["issued_on"]),
            ListColumn("due", "due_on", "day", lambda row: row["due_on"]),
            ListColumn("state", "state", "text", lambda row: t.coded("paper_state", row["state"])),
            ListColumn("accept", "accept_by", "day", lambda row: row["accept_by"], asked=True),
        ),
        "-issued",
    )


def _wanted(request: Request, resources: Resources, who: Principal, named: Named) -> VouchersListed:
    """Return what a core's list shows: what it issued, by the holders that it learns of."""
    wanted = VouchersListed(
        business_day(resources),
        issuer=who.firm or "",
        text=text_of(request),
        named_tiers=sight_on(resources, who).named_tiers,
        state=chosen_of(request, ["state"])["state"],
    )
    return meaning(resources, wanted, named)


def meaning(resources: Resources, wanted: VouchersListed, named: Named) -> VouchersListed:
    """Return what is wanted with the firms of the list that its text means."""
    text = wanted.text.casefold()
    if not text:
        return wanted
    known = parties(resources.records, replace(wanted, state="", due="", share=""))
    meant = [each for each in known if text in each.casefold() or text in named(each).casefold()]
    return replace(wanted, firms=meant)


def order_in(request: Request, table: ListTable[Document], named: Named, t: Texts) -> VoucherOrder:
    """Return the order that the address asks for, with the words that lists are sorted by."""
    order = order_of(request, table)
    words = partial(t.coded, "paper_state") if order.sort == "state" else named
    return VoucherOrder(order.sort, order.descending, words)


def _facets(told: Mapping[str, int], chosen: str, t: Texts) -> list[Facet]:
    tell = partial(t.coded, "paper_state")
    facet = counted("state", t("state"), chosen, told, tell, order=sorted(told))
    return [facet] if facet.options else []


@dataclass(frozen=True, slots=True)
class HeldPaper:
    """What holders have of a core's vouchers: by tier, and the largest of them by name."""

    tiers: Sequence[tuple[int, int, int]]  # Tier, how many hold something there, how much.
    holders: Sequence[tuple[str, int]]
    more: int


def held_paper(held: Iterable[tuple[int, str, int]]) -> HeldPaper:
    """Return who holds what a core issued, of what each firm holds by tier."""
    tiers: dict[int, dict[str, int]] = {}
    holders: dict[str, int] = {}
    for tier, holder, fen in held:
        tiers.setdefault(tier, {})[holder] = fen
        holders[holder] = holders.get(holder, 0) + fen
    by_amount = sorted(holders.items(), key=lambda each: (-each[1], each[0]))
    return HeldPaper(
        [(tier, len(tiers[tier]), sum(tiers[tier].values())) for tier in sorted(tiers)],
        by_amount[:HOLDERS_SHOWN],
        max(0, len(by_amount) - HOLDERS_SHOWN),
    )


@router.get(VOUCHERS, dependencies=[allow(CORE_PEOPLE)])
def show_vouchers(request: Request, who: PrincipalDep, resources: ResourcesDep) -> Response:
    """Return what a core has issued as a list, who holds it, and a form that issues more."""
    return vouchers_page(request, resources, who)


def vouchers_page(
    request: Request,
    resources: Resources,
    who: Principal,
    *,
    typed: WrittenVoucher | None = None,
    refused: AppError | None = None,
) -> Response:
    """Return the page of a core's vouchers, with what was typed and what stands against it."""
    t, named = Texts(preferences_of(request).language), names(resources)
    records, table, sight = resources.records, _table(named, t), sight_on(resources, who)
    wanted = _wanted(request, resources, who, named)
    found = sums(records, wanted)
    start = (page_of(request, found.count) - 1) * SIZE
    part = listed(records, wanted, order_in(request, table, named, t), (start, SIZE))
    rows = [document(row, sight) for row in part]
    shown = replace(one_page(request, table, rows, found.count), path=VOUCHERS)
    held = held_paper(held_by_tier(records, who.firm or ""))
    return page(
        request,
        "vouchers.html",
        status=refused.status if refused else int(HTTPStatus.OK),
        list=shown,
        place=VOUCHERS,
        look=LOOK,
        views=views_of(resources.records, who, "vouchers"),
        facets=_facets(counts(records, wanted, ["state"])["state"], wanted.state, t),
        text=text_of(request),
        unit=scale([row["amount_fen"] for row in shown.rows], t.language),
        sum=found.amount_fen,
        held=held,
        held_unit=scale([fen for _, fen in held.holders], t.language),
        tones=ISSUED_TONES,
        named=named,
        creditors=_creditors(resources, who, named),
        most=ISSUED_MAX,
        typed=typed or WrittenVoucher("", "", ""),
        **limit_of(resources, who.firm or "", t),
        **(told(request, refused, t) | {"refusal": refused and against(refused, t)}),
    )


def against(refused: AppError, t: Texts) -> str:
    """Return what stands against a voucher that was written, in words."""
    field = f"issue_wrong_{str(refused).partition(':')[0]}"
    rule = refused.further.get(t.language)
    if isinstance(rule, str):
        return rule
    is_field = isinstance(refused, Malformed) and t.has(field)
    return t(field) if is_field else refusal_words(refused, t)


def _creditors(resources: Resources, who: Principal, named: Named) -> list[tuple[str, str]]:
    """Return firms that a core owes something now, to choose from."""
    wanted = WantedReceivables(debtor=who.firm)
    rows = standing(resources, resources.version(), wanted, business_day(resources))
    waiting = rows.filter(rows["state"].is_in(["open", "confirmed"]))
    firms = waiting["creditor"].unique().sort().head(CREDITORS_SHOWN)
    return [(firm, named(firm)) for firm in firms]


@router.get(VOUCHERS + ".csv", dependencies=[allow(CORE_PEOPLE)])
@router.get(VOUCHERS + ".xlsx", dependencies=[allow(CORE_PEOPLE)])
def download_vouchers(request: Request, who: PrincipalDep, resources: ResourcesDep) -> Response:
    """Return the same vouchers as a file, all that pass."""
    t, named = Texts(preferences_of(request).language), names(resources)
    table, sight = _table(named, t), sight_on(resources, who)
    wanted = _wanted(request, resources, who, named)
    order = order_in(request, table, named, t)

    def rows() -> Iterator[Document]:
        """Yield what passes, as the reader may see it."""
        for row in every_listed(resources.records, wanted, order):
            yield document(row, sight)

    version = resources.version()
    head = {"version": version.number, "as_of": version.as_of.isoformat(), "policy": ""}
    return download_long(request, table, rows, head)


@router.get(VOUCHERS + "/{voucher}", dependencies=[allow(CORE_PEOPLE)])
def show_voucher(
    request: Request, voucher: str, who: PrincipalDep, resources: ResourcesDep
) -> Response:
    """Return one voucher that a core issued or holds, with all its parts."""
    return _one(request, resources, who, voucher)


def _one(
    request: Request,
    resources: Resources,
    who: Principal,
    voucher: str,
    *,
    reason: str = "",
    refused: AppError | None = None,
) -> Response:
    t, sight = Texts(preferences_of(request).language), sight_on(resources, who)
    row, found, count = service.find(resources, voucher, sight, size=NODES_SHOWN)
    issued = row["issuer"] == who.firm and row["parent"] is None
    acts = ACTS.get(row["state"], ()) if issued else ()
    return page(
        request,
        "voucher.html",
        status=refused.status if refused else int(HTTPStatus.OK),
        place=VOUCHERS,
        paper=nested(row, found, sight),
        more=count - len(found),
        acts=[act for act in acts if not (act == "cancel" and row["accepted"])],
        named=names(resources),
        tones=ISSUED_TONES,
        reason=reason,
        **told(request, refused, t),
    )


@router.post(VOUCHERS + "/{voucher}/{act}", dependencies=[allow(CORE_PEOPLE)])
def act_on_voucher(
    request: Request,
    voucher: str,
    act: Act,
    who: PrincipalDep,
    resources: ResourcesDep,
    form: OrderSentDep,
) -> Response:
    """Cancel, dispute or settle a voucher; what stands against it is told above."""
    try:
        reason = form.reason_given(REASON_LENGTH_MAX) if act == "dispute" else ""
        with form.order(request, who, [reason]) as key:
            ACTED[act](resources, Asker(who, key), voucher, reason)
    except AppError as error:
        return _one(request, resources, who, voucher, reason=form.reason, refused=error)
    return RedirectResponse(f"{address_of(VOUCHERS, voucher)}?done={act}", HTTPStatus.SEE_OTHER)
