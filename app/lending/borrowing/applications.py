"""The list of a firm's applications, with what waits for it."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from fastapi import Request
from starlette.responses import Response

from app.books.business_day import business_day
from app.chain.accounts.service import Named, names
from app.lending.applications import service
from app.lending.applications.repository import WantedApplications
from app.lending.applications.states import STATES
from app.lending.applications.steps import turn_of, turn_words
from app.lending.borrowing.told import APPLY, PLACE
from app.lending.products.service import product_names
from app.platform.auth.principals import Principal
from app.platform.auth.rules import HOLDERS, PrincipalDep, allow
from app.platform.auth.sight import sight_of
from app.platform.deps import Resources
from app.platform.deps.routes import ResourcesDep
from app.platform.documents import Document
from app.platform.http.routing import Router
from app.platform.views.repository import views_of
from app.platform.web.columns import ListColumn, ListTable
from app.platform.web.downloads import download
from app.platform.web.facets import facets, passing
from app.platform.web.listing import chosen_of, listing, ordered, text_of
from app.platform.web.money import scale
from app.platform.web.preferences import preferences_of
from app.platform.web.render import page
from app.platform.web.texts import Texts

router = Router()
AT_ONCE, LISTED_MAX = 500, 20_000
FACETS = ("state", "turn", "product")
TURNS = ("firm", "bank", "machine")


def turn_code(row: Document) -> str:
    """Return whose turn an application is; empty where nobody's."""
    return turn_of(row, ()).who


def applications_of(resources: Resources, who: Principal) -> Sequence[Document]:
    """Return all applications of a firm, the latest first, as many as a list holds."""
    sight, wanted = sight_of(who), WantedApplications(firm=who.firm)
    found: list[Document] = []
    before: int | None = None
    while len(found) < LISTED_MAX:
        part = service.listed(resources, sight, wanted, before=before, size=AT_ONCE)
        found += [row for _, row in part]
        if len(part) < AT_ONCE:
            break
        before = part[-1][0]
    return found


def _table(named: Named, products: Mapping[str, str], t: Texts) -> ListTable[Document]:
    def offered(row: Document) -> Any:
        """Return what is offered; None where nothing is."""
        return row["offer"] and row["offer"]["amount_fen"]

    return ListTable(
        "applications",
        lambda row: str(row["id"]),
        (
            ListColumn("number", "application", "text", lambda row: row["id"]),
            ListColumn(
                "product",
                "product",
                "text",
                lambda row: products.get(row["product"], row["product"]),
            ),
            ListColumn(
                "core", "chain", "text", lambda row: named(row["core"]) if row["core"] else None
            ),
            ListColumn("amount", "application_asked", "money", lambda row: row["amount_fen"]),
            ListColumn("offered", "offer_amount", "money", offered, look="strong"),
            ListColumn("made", "application_made", "day", lambda row: str(row["made_on"])),
            ListColumn(
                "until", "offer_until", "day", lambda row: row["offer"] and row["offer"]["until"]
            ),
            ListColumn(
                "state", "state", "text", lambda row: t.coded("application_state", row["state"])
            ),
            ListColumn(
                "turn",
                "turn",
                "text",
                lambda row: turn_words(turn_of(row, ()), t),
                asked=True,
            ),
        ),
        "-made",
    )


def _values() -> Mapping[str, Callable[[Document], str]]:
    return {
        "state": lambda row: str(row["state"]),
        "turn": turn_code,
        "product": lambda row: str(row["product"]),
    }


def _found(request: Request, rows: Sequence[Document], named: Named) -> Sequence[Document]:
    """Return the applications that the text of a list finds: by id, or by the core's name."""
    text = text_of(request).casefold()
    if not text:
        return rows
    return [
        row
        for row in rows
        if text in row["id"].casefold()
        or (
            row["core"]
            and (text in row["core"].casefold() or text in named(row["core"]).casefold())
        )
    ]


@router.get(PLACE, dependencies=[allow(HOLDERS)])
def show_applications(request: Request, who: PrincipalDep, resources: ResourcesDep) -> Response:
    """Return the applications of a firm as a list, those that wait for it named first."""
    t, named = Texts(preferences_of(request).language), names(resources)
    products, every = product_names(resources, t.language), applications_of(resources, who)
    found, chosen, values = _found(request, every, named), chosen_of(request, FACETS), _values()
    table = _table(named, products, t)
    rows = passing(found, values, chosen)
    words: Mapping[str, tuple[str, Callable[[str], str]]] = {
        "state": (t("state"), partial(t.coded, "application_state")),
        "turn": (t("turn"), partial(t.coded, "turn")),
        "product": (t("product"), lambda each: products.get(each, each)),
    }
    return page(
        request,
        "applications.html",
        place=PLACE,
        apply=APPLY,
        list=listing(request, table, rows),
        views=views_of(resources.records, who, table.name),
        facets=facets(found, values, chosen, words, orders={"state": STATES, "turn": TURNS}),
        facet_names=FACETS,
        text=text_of(request),
        unit=scale([row["amount_fen"] for row in rows], t.language),
        waiting=sum(turn_code(row) == "firm" for row in every),
        whose=turn_code,
        day_now=business_day(resources).isoformat(),
    )


@router.get(PLACE + ".csv", dependencies=[allow(HOLDERS)])
@router.get(PLACE + ".xlsx", dependencies=[allow(HOLDERS)])
def download_applications(request: Request, who: PrincipalDep, resources: ResourcesDep) -> Response:
    """Return the same applications as a file, all that pass."""
    t, named = Texts(preferences_of(request).language), names(resources)
    table = _table(named, product_names(resources, t.language), t)
    found = _found(request, applications_of(resources, who), named)
    rows = ordered(request, table, passing(found, _values(), chosen_of(request, FACETS)))
    return download(request, table, rows, head_of(resources))


def head_of(resources: Resources) -> Mapping[str, str]:
    """Return what files of the book say of what they are of: the business day, and the version."""
    version = resources.version()
    day = business_day(resources).isoformat()
    return {"version": str(version.number), "as_of": day, "policy": ""}
