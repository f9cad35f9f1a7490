"""The partners of a firm: everybody it sold to or bought from over the last year, as a list."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from fastapi import Request
from starlette.responses import Response

from app.chain.firms import service
from app.chain.firms.service import Partner
from app.chain.limits.reading import ShownDep
from app.chain.limits.shown import Shown
from app.data.versions.service import documents as versions_of
from app.platform.auth.rules import OWN_FIRM, PrincipalDep, allow
from app.platform.deps import Resources
from app.platform.deps.routes import ResourcesDep
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
SIDES = ("buyers", "suppliers")


@dataclass(frozen=True, slots=True)
class SidedPartner:
    """Somebody that a firm trades with, and which side of the trade they are on."""

    side: str
    partner: Partner


FACETS: Mapping[str, Callable[[SidedPartner], str]] = {"side": lambda row: row.side}


def _table(t: Texts) -> ListTable[SidedPartner]:
    return ListTable(
        "partners",
        lambda row: row.partner.id,
        (
            ListColumn("name", "firm", "text", lambda row: row.partner.name),
            ListColumn("side", "side", "text", lambda row: t(row.side), lambda row: row.side),
            ListColumn(
                "amount", "amount", "money", lambda row: row.partner.amount_fen, look="strong"
            ),
            ListColumn("count", "invoices", "count", lambda row: row.partner.count),
            ListColumn("last", "last_on", "day", lambda row: row.partner.last_on, look="tier"),
        ),
        "-amount",
    )


def _partners(resources: Resources, results: Shown, firm: str) -> Sequence[SidedPartner]:
    reader = resources.store.reader(results.head.version)
    sides = zip(SIDES, service.partners(reader, firm, results.name), strict=True)
    return [SidedPartner(side, partner) for side, found in sides for partner in found]


def _found(request: Request, rows: Sequence[SidedPartner]) -> Sequence[SidedPartner]:
    """Return the partners that the text of the address finds."""
    wanted = text_of(request).casefold()
    return [
        row
        for row in rows
        if wanted in row.partner.name.casefold() or wanted in row.partner.id.casefold()
    ]


@router.get("/firms/{firm}/partners", dependencies=[allow(OWN_FIRM)])
def show_partners(
    request: Request, firm: str, who: PrincipalDep, resources: ResourcesDep, results: ShownDep
) -> Response:
    """Return everybody that a firm traded with over the last year."""
    t = Texts(preferences_of(request).language)
    reader = resources.store.reader(results.head.version)
    known = service.firm_document(reader, firm, results.sight)
    rows = _partners(resources, results, firm)
    found, chosen = _found(request, rows), chosen_of(request, FACETS)
    return page(
        request,
        "partners.html",
        head=results.head,
        versions=versions_of(resources, results.sight),
        firm={"id": firm, "name": known["name"]},
        list=listing(request, _table(t), passing(found, FACETS, chosen)),
        views=views_of(resources.records, who, "partners"),
        facets=facets(found, FACETS, chosen, {"side": (t("side"), t)}, orders={"side": SIDES}),
        query=text_of(request),
        unit=scale([row.partner.amount_fen for row in rows], t.language),
    )


@router.get("/firms/{firm}/partners.csv", dependencies=[allow(OWN_FIRM)])
@router.get("/firms/{firm}/partners.xlsx", dependencies=[allow(OWN_FIRM)])
def download_partners(
    request: Request, firm: str, resources: ResourcesDep, results: ShownDep
) -> Response:
    """Return the same list as a file."""
    table = _table(Texts(preferences_of(request).language))
    reader = resources.store.reader(results.head.version)
    service.firm_document(reader, firm, results.sight)  # Refuses whom the reader may not see.
    found = _found(request, _partners(resources, results, firm))
    rows = ordered(request, table, passing(found, FACETS, chosen_of(request, FACETS)))
    return download(request, table, rows, results.head.document(), name=f"partners-{firm}")
