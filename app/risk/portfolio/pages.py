"""The page of what to lend: the allocation proposed, what more of each cap would earn, the job."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Form, Request
from starlette.responses import RedirectResponse, Response

from app.chain.accounts.service import Named, names
from app.lending.products.service import product_names
from app.platform.auth.gate import check_csrf
from app.platform.auth.principals import Principal
from app.platform.auth.rules import BANK, OFFICERS, PrincipalDep, allow
from app.platform.deps import Resources
from app.platform.deps.routes import ResourcesDep
from app.platform.documents import Document
from app.platform.errors import Absent, AppError
from app.platform.http.routing import Router
from app.platform.job_runs import repository as job_runs
from app.platform.views.repository import views_of
from app.platform.web.areas import WORK
from app.platform.web.columns import ListColumn, ListTable
from app.platform.web.downloads import download
from app.platform.web.facets import facets, passing
from app.platform.web.listing import chosen_of, listing, ordered, text_of
from app.platform.web.money import fen_of, scale
from app.platform.web.preferences import preferences_of
from app.platform.web.render import page
from app.platform.web.texts import Language, Texts
from app.platform.web.unfit import UnfitField
from app.risk.portfolio import service

router = Router()
PLACE, JOB = WORK + "/portfolio", "portfolio"
FACETS = {"product": lambda row: str(row["product"])}
CAPS_SHOWN = 30
ACCOUNTS = frozenset({"bank", "group", "firm", "chain", "core", "relation", "product"})


def _table(named: Named, products: Mapping[str, str]) -> ListTable[Document]:
    return ListTable(
        "loans_proposed",
        lambda row: f"{row['core']} {row['firm']} {row['product']}",
        (
            ListColumn("firm", "firm", "text", lambda row: named(row["firm"])),
            ListColumn("core", "core", "text", lambda row: named(row["core"])),
            ListColumn(
                *("product", "application_by_product", "text"),
                lambda row: products.get(row["product"], row["product"]),
            ),
            ListColumn(
                *("proposed", "portfolio_proposed", "money", lambda row: row["proposed_fen"]),
                look="strong",
            ),
            ListColumn("most", "portfolio_most", "money", lambda row: row["most_fen"]),
            ListColumn("gain", "portfolio_gain", "share", lambda row: float(row["gain"])),
            ListColumn(
                *("loss", "portfolio_loss", "share", lambda row: float(row["expected_loss"])),
                asked=True,
            ),
            ListColumn(
                *("capital", "portfolio_capital", "share", lambda row: float(row["capital"])),
                asked=True,
            ),
        ),
        "-proposed",
    )


def _found(request: Request, resources: Resources) -> Document | None:
    """Return the proposal that the address names, else the newest; None before the first."""
    name = request.query_params.get("id")
    try:
        return service.shown(resources, name, core=None, firm=None)
    except Absent:
        if name is not None:
            raise
        return None


def _rows(request: Request, named: Named, found: Document | None) -> Sequence[Document]:
    rows: Sequence[Document] = found["items"] if found else ()
    text = text_of(request).casefold()
    if not text:
        return rows
    return [
        row
        for row in rows
        if any(text in each.casefold() or text in named(each).casefold() for each in _ends(row))
    ]


def _ends(row: Document) -> tuple[str, str]:
    return row["core"], row["firm"]


@router.get(PLACE, dependencies=[allow(BANK)])
def show_portfolio(request: Request, who: PrincipalDep, resources: ResourcesDep) -> Response:
    """Return what is proposed to be lent, and what more of each cap would earn."""
    return _page(request, resources, who)


@router.post(PLACE, dependencies=[allow(OFFICERS)])
def propose(
    request: Request,
    who: PrincipalDep,
    resources: ResourcesDep,
    csrf: Annotated[str, Form()] = "",
    amount: Annotated[str, Form()] = "",
) -> Response:
    """Propose now, within an amount where one is given; lead to the proposal."""
    try:
        check_csrf(who, csrf)
        budget = fen_of(amount)
        if (budget is None) != (not amount.strip()):
            raise UnfitField("amount")
        name = service.propose(resources, budget)
    except AppError as error:
        return _page(request, resources, who, amount=amount, refused=error)
    return RedirectResponse(f"{PLACE}?id={name}", HTTPStatus.SEE_OTHER)


def _page(
    request: Request,
    resources: Resources,
    who: Principal,
    *,
    amount: str = "",
    refused: AppError | None = None,
) -> Response:
    t, named = Texts(preferences_of(request).language), names(resources)
    products = product_names(resources, t.language)
    found, chosen = _found(request, resources), chosen_of(request, FACETS)
    rows = _rows(request, named, found)
    words = {"product": (t("application_by_product"), lambda each: products.get(each, each))}
    return page(
        request,
        "portfolio.html",
        status=refused.status if refused else int(HTTPStatus.OK),
        found=found,
        caps=_caps(found, t.language),
        list=listing(request, _table(named, products), passing(rows, FACETS, chosen)),
        views=views_of(resources.records, who, "loans_proposed"),
        facets=facets(rows, FACETS, chosen, words),
        text=text_of(request),
        unit=scale([row["most_fen"] for row in rows], t.language),
        job=job_runs.last(resources.records, JOB, now=resources.now()),
        may_propose=who.role == "officer",
        amount=amount,
        refused=refused,
        refusal=refused and _against(refused, t),
    )


def _caps(found: Document | None, language: Language) -> Sequence[Mapping[str, Any]]:
    """Return the dearest caps with their words, and the account of each that is one."""
    told = found["caps"][:CAPS_SHOWN] if found else ()
    return [
        {
            **each,
            "told": each["words"][language],
            "account": each["id"] if each["kind"] in ACCOUNTS else None,
        }
        for each in told
    ]


def _against(refused: AppError, t: Texts) -> str:
    told = refused.further.get(t.language)
    if isinstance(told, str):
        return t("order_refused", detail=told)
    key = f"portfolio_refused_{refused.code}"
    return t(key) if t.has(key) else t("order_refused", detail=str(refused))


@router.get(PLACE + ".csv", dependencies=[allow(BANK)])
@router.get(PLACE + ".xlsx", dependencies=[allow(BANK)])
def download_portfolio(request: Request, resources: ResourcesDep) -> Response:
    """Return the same loans in the same order as a file, all of them."""
    t, named = Texts(preferences_of(request).language), names(resources)
    table, found = _table(named, product_names(resources, t.language)), _found(request, resources)
    chosen = chosen_of(request, FACETS)
    rows = ordered(request, table, passing(_rows(request, named, found), FACETS, chosen))
    told = ("version", "as_of", "policy", "run")
    nothing = {"version": "", "as_of": resources.today().isoformat(), "policy": ""}
    head = {name: str(found[name]) for name in told} if found else nothing
    return download(request, table, rows, head)


def duals(resources: Resources, core: str, firm: str, language: Language) -> Sequence[str]:
    """
    Return what more of the caps over a limit would earn, in words; nothing before a proposal.

    Args:
        resources: What this process has open.
        core: The core of the limit.
        firm: Its firm.
        language: The reader's.
    """
    try:
        found = service.caps_over(resources, core, firm)
    except AppError:
        return ()
    return [each["words"][language] for each in found]
