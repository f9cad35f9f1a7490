"""Pages of receivables: what a core owes, what a firm is owed, and all of them for the bank."""

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Literal
from urllib.parse import quote

import polars as pl
from fastapi import Request
from starlette.responses import RedirectResponse, Response

from app.books.business_day import business_day
from app.books.ledger import Reply
from app.books.ledger.answering import Asker
from app.books.ledger.forms import OrderSentDep, refusal_words
from app.chain.accounts.service import Named, names
from app.chain.papers.own_limit import limit_of
from app.chain.receivables import service
from app.chain.receivables.acts import FINAL
from app.chain.receivables.repository import WantedReceivables
from app.chain.receivables.schemas import REASON_LENGTH_MAX
from app.chain.receivables.service import ReceivableTerms, Row
from app.chain.receivables.standing import DUE, standing
from app.chain.requests.repository import WantedRequests
from app.chain.requests.service import CONFIRM, is_confirmable
from app.chain.requests.service import standing as standing_requests
from app.platform.auth.principals import Principal
from app.platform.auth.rules import BANK, CORE_PEOPLE, HOLDERS, PrincipalDep, allow
from app.platform.auth.sight import EVERYTHING, Sight
from app.platform.deps import Resources
from app.platform.deps.routes import ResourcesDep
from app.platform.documents import Document
from app.platform.errors import AppError
from app.platform.http.routing import Router
from app.platform.views.repository import views_of
from app.platform.web.areas import WORK
from app.platform.web.columns import ListColumn, ListTable
from app.platform.web.downloads import download_long
from app.platform.web.facets import Facet, Option
from app.platform.web.listing import SIZE, chosen_of, one_page, order_of, page_of, text_of
from app.platform.web.money import scale
from app.platform.web.preferences import preferences_of
from app.platform.web.render import page
from app.platform.web.texts import Texts

AT_ONCE = 500  # Rows of a file that are documents at a time.
router = Router()
PAYABLES, CLAIMS, ALL = "/core/payables", "/my/receivables", WORK + "/receivables"
STATES = (
    *("open", "disputed", "confirmed", "financing", "financed", "replaced"),
    *("elsewhere", "paid", "void"),
)
FACETS = {"state": STATES, "due": DUE}
KINDS = {"state": "paper_state", "due": "due"}
TONES = {"open": "now", "confirmed": "done", "disputed": "warn", "paid": "", "void": ""}
ORDERS = {
    "number": "receivable",
    "amount": "face_fen",
    "confirm": "waits_from",
    "issued": "issued_on",
    "due": "due_on",
}
Act = Literal["dispute", "withdraw-dispute", "settle"]
ACTED: Mapping[Act, Callable[[Resources, Asker, str, str], Reply]] = {
    "dispute": service.dispute,
    "settle": lambda resources, asker, number, _: service.settle(resources, asker, number),
    "withdraw-dispute": lambda resources, asker, number, _: service.withdraw(
        resources, asker, number
    ),
}


def _table(place: str, named: Named, t: Texts) -> ListTable[Document]:
    def party(name: str) -> ListColumn[Document]:
        """Return the column of a party."""
        return ListColumn(name, name, "text", lambda row: named(row[name]))

    parties = {PAYABLES: ("creditor",), CLAIMS: ("debtor",), ALL: ("debtor", "creditor")}[place]
    return ListTable(
        "receivables",
        lambda row: str(row["number"]),
        (
            ListColumn("number", "paper_number", "text", lambda row: row["number"]),
            *map(party, parties),
            ListColumn("amount", "face", "money", lambda row: row["face_fen"], look="strong"),
            ListColumn("issued", "issued_on", "day", lambda row: row["issued_on"], asked=True),
            ListColumn("confirm", "confirm_by", "day", lambda row: row["confirm_by"]),
            ListColumn("due", "due_on", "day", lambda row: row["due_on"]),
            ListColumn("state", "state", "text", lambda row: t.coded("paper_state", row["state"])),
            ListColumn("voucher", "voucher", "text", lambda row: row["voucher"], asked=True),
        ),
        "confirm" if place == PAYABLES else "due",
    )


def place_of(request: Request) -> str:
    """Return which of the three lists an address is of."""
    path = request.scope["path"]
    return next(each for each in (PAYABLES, CLAIMS, ALL) if path.startswith(each))


def _whose(place: str, who: Principal) -> WantedReceivables:
    return WantedReceivables(
        debtor=who.firm if place == PAYABLES else None,
        creditor=who.firm if place == CLAIMS else None,
    )


def _found(
    resources: Resources, request: Request, wanted: WantedReceivables, named: Named
) -> pl.DataFrame:
    """Return the receivables of a list that its text finds."""
    day = business_day(resources)
    rows = standing(resources, resources.version(), wanted, day)
    text = text_of(request).casefold()
    if not text:
        return rows
    firms = {*rows["debtor"].unique(), *rows["creditor"].unique()}
    meant = [each for each in firms if text in each.casefold() or text in named(each).casefold()]
    number = pl.col("receivable").str.to_lowercase().str.contains(text, literal=True)
    return rows.filter(number | pl.col("debtor").is_in(meant) | pl.col("creditor").is_in(meant))


def _facets(rows: pl.DataFrame, chosen: Mapping[str, str], t: Texts) -> list[Facet]:
    made = []
    for name, order in FACETS.items():
        counted = dict(_passing(rows, chosen, but=name)[name].value_counts().iter_rows())
        known = [each for each in order if counted.get(each) or each == chosen[name]]
        options = [Option(each, t.coded(KINDS[name], each), counted.get(each, 0)) for each in known]
        if options:
            made.append(Facet(name, t(name), chosen[name], options))
    return made


def _passing(rows: pl.DataFrame, chosen: Mapping[str, str], *, but: str = "") -> pl.DataFrame:
    for name, value in chosen.items():
        if value and name != but:
            rows = rows.filter(pl.col(name) == value)
    return rows


def _ordered(rows: pl.DataFrame, request: Request, table: ListTable[Document]) -> pl.DataFrame:
    order = order_of(request, table)
    column = ORDERS.get(order.sort, order.sort)
    given = column if column in rows.columns else "issued_on"
    return rows.sort(given, "receivable", descending=[order.descending, False], nulls_last=True)


def _documents(rows: pl.DataFrame, terms: ReceivableTerms) -> list[Document]:
    return [service.document(row, terms) for row in rows.iter_rows(named=True)]


@router.get(PAYABLES, dependencies=[allow(CORE_PEOPLE)])
@router.get(CLAIMS, dependencies=[allow(HOLDERS)])
@router.get(ALL, dependencies=[allow(BANK)])
def show_receivables(request: Request, who: PrincipalDep, resources: ResourcesDep) -> Response:
    """Return receivables as a list; a core's with its limit above it."""
    return list_page(request, resources, who)


def list_page(
    request: Request,
    resources: Resources,
    who: Principal,
    *,
    place: str = "",
    refused: AppError | None = None,
) -> Response:
    """Return the list of receivables of a place, the address's own, with what was refused."""
    t, named = Texts(preferences_of(request).language), names(resources)
    place = place or place_of(request)
    table, chosen = _table(place, named, t), chosen_of(request, FACETS)
    found = _found(resources, request, _whose(place, who), named)
    rows = _ordered(_passing(found, chosen), request, table)
    start = (page_of(request, rows.height) - 1) * SIZE
    shown = _documents(rows[start : start + SIZE], service.terms_now(resources))
    return page(
        request,
        "receivables.html",
        status=refused.status if refused else int(HTTPStatus.OK),
        place=place,
        list=replace(one_page(request, table, shown, rows.height), path=place),
        views=views_of(resources.records, who, "receivables"),
        facets=_facets(found, chosen, t),
        text=text_of(request),
        unit=scale([row["face_fen"] for row in shown], t.language),
        sum=rows["face_fen"].sum(),
        tones=TONES,
        day_now=business_day(resources).isoformat(),
        asked_for=_asked_for(resources, who, place) if place == PAYABLES else {},
        **(limit_of(resources, who.firm or "", t) if place == PAYABLES else {}),
        **told(request, refused, t),
    )


def _asked_for(resources: Resources, who: Principal, place: str) -> Mapping[str, str]:
    """Return what a core is asked to confirm, or a firm asks for, with the days of the requests."""
    if place == ALL:
        return {}
    side = "asked" if place == PAYABLES else "firm"
    wanted = WantedRequests(kind=CONFIRM)._replace(**{side: who.firm or ""})
    return {row["receivable"]: row["made_on"] for row in standing_requests(resources, wanted)}


def told(request: Request, refused: AppError | None, t: Texts) -> dict[str, object]:
    """Return what pages of documents say of the order before: done, asked for, or refused."""
    return {
        "refused": refused,
        "refusal": refused and refusal_words(refused, t),
        "done": request.query_params.get("done", ""),
        "key": secrets.token_hex(16),
    }


@router.get(PAYABLES + ".csv", dependencies=[allow(CORE_PEOPLE)])
@router.get(PAYABLES + ".xlsx", dependencies=[allow(CORE_PEOPLE)])
@router.get(CLAIMS + ".csv", dependencies=[allow(HOLDERS)])
@router.get(CLAIMS + ".xlsx", dependencies=[allow(HOLDERS)])
@router.get(ALL + ".csv", dependencies=[allow(BANK)])
@router.get(ALL + ".xlsx", dependencies=[allow(BANK)])
def download_receivables(request: Request, who: PrincipalDep, resources: ResourcesDep) -> Response:
    """Return the same receivables as a file, all that pass."""
    t, named = Texts(preferences_of(request).language), names(resources)
    place = place_of(request)
    table = _table(place, named, t)
    found = _found(resources, request, _whose(place, who), named)
    passing = _passing(found, chosen_of(request, FACETS))
    ordered, terms = _ordered(passing, request, table), service.terms_now(resources)

    def rows() -> Iterator[Document]:
        """Yield what passes; but for its columns so many rows are held at a time."""
        for part in ordered.iter_slices(AT_ONCE):
            yield from _documents(part, terms)

    version = resources.version()
    head = {"version": version.number, "as_of": version.as_of.isoformat(), "policy": ""}
    return download_long(request, table, rows, head)


@router.get(PAYABLES + "/{receivable}", dependencies=[allow(CORE_PEOPLE)])
@router.get(CLAIMS + "/{receivable}", dependencies=[allow(HOLDERS)])
@router.get(ALL + "/{receivable}", dependencies=[allow(BANK)])
def show_receivable(
    request: Request, receivable: str, who: PrincipalDep, resources: ResourcesDep
) -> Response:
    """Return one receivable, with where a file says otherwise than the platform."""
    return _one(request, resources, who, receivable)


def _one(
    request: Request,
    resources: Resources,
    who: Principal,
    receivable: str,
    *,
    reason: str = "",
    refused: AppError | None = None,
) -> Response:
    t, place = Texts(preferences_of(request).language), place_of(request)
    sight = EVERYTHING if who.is_bank else Sight("firm", who.firm or "")
    row, differences = service.find(resources, resources.version(), receivable, sight)
    shown = service.document(row, service.terms_now(resources))
    return page(
        request,
        "receivable.html",
        status=refused.status if refused else int(HTTPStatus.OK),
        place=place,
        paper=shown,
        differences=differences,
        named=names(resources),
        asked_for=_asked_for(resources, who, place),
        can_ask=place == CLAIMS and is_confirmable(resources, row),
        acts=acts_of(row) if place == PAYABLES and row["debtor"] == who.firm else (),
        tones=TONES,
        reason=reason,
        account=f"receivable:{receivable}" if who.is_bank else "",
        **told(request, refused, t),
    )


def acts_of(row: Row) -> Sequence[Act]:
    """Return what its debtor may do with a receivable beside confirming it."""
    found: dict[str, tuple[Act, ...]] = {
        "open": ("dispute",),
        "disputed": ("withdraw-dispute",),
        **dict.fromkeys(FINAL, ("settle",)),
    }
    return found.get(row["state"], ())


@router.post(PAYABLES + "/{receivable}/{act}", dependencies=[allow(CORE_PEOPLE)])
def act_on_receivable(
    request: Request,
    receivable: str,
    act: Act,
    who: PrincipalDep,
    resources: ResourcesDep,
    form: OrderSentDep,
) -> Response:
    """Dispute a receivable, withdraw that, or settle it; what stands against it is told above."""
    try:
        reason = form.reason_given(REASON_LENGTH_MAX) if act == "dispute" else ""
        with form.order(request, who, [reason]) as key:
            ACTED[act](resources, Asker(who, key), receivable, reason)
    except AppError as error:
        return _one(request, resources, who, receivable, reason=form.reason, refused=error)
    return RedirectResponse(f"{address_of(PAYABLES, receivable)}?done={act}", HTTPStatus.SEE_OTHER)


def address_of(place: str, number: str) -> str:
    """
    Return where the page of a document is.

    Example:
        >>> address_of(PAYABLES, "R/1")
        '/core/payables/R%2F1'
    """
    return f"{place}/{quote(number, safe='')}"
