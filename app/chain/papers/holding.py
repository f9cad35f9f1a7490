"""Lists of vouchers: what a firm holds or held, and all of them for the bank."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from fastapi import Request
from starlette.responses import Response

from app.books.business_day import business_day
from app.chain.accounts.service import Named, names
from app.chain.papers.vouchers import ISSUED_TONES, meaning, order_in
from app.chain.receivables.standing import DUE
from app.chain.requests.repository import WantedRequests
from app.chain.requests.service import PASS, standing
from app.chain.vouchers import service
from app.chain.vouchers.listing import (
    UNHELD,
    VouchersListed,
    counts,
    every_listed,
    listed,
    sums,
)
from app.chain.vouchers.shown import VoucherSight, document
from app.platform.auth.principals import Principal
from app.platform.auth.rules import BANK, HOLDERS, PrincipalDep, allow
from app.platform.auth.sight import EVERYTHING, Sight
from app.platform.deps import Resources
from app.platform.deps.routes import ResourcesDep
from app.platform.documents import Document
from app.platform.http.routing import Router
from app.platform.records import Records
from app.platform.views.repository import views_of
from app.platform.web.areas import WORK
from app.platform.web.columns import ListColumn, ListTable
from app.platform.web.downloads import download_long
from app.platform.web.facets import Facet, counted
from app.platform.web.listing import SIZE, chosen_of, one_page, page_of, text_of
from app.platform.web.money import scale
from app.platform.web.preferences import preferences_of
from app.platform.web.render import page
from app.platform.web.texts import Texts

router = Router()
HELD, ALL = "/my/vouchers", WORK + "/vouchers"
STATES = (
    *("issued", "held", "disputed", "split", "passed", "financing", "financed", "matured"),
    *("dishonoured", "recourse", "settled", "paid", "rejected", "cancelled", "draft"),
)
FACETS: Mapping[str, Sequence[str]] = {"state": STATES, "due": DUE, "share": ("whole", "part")}
KINDS = {"state": "paper_state", "due": "due", "share": "share"}


def _table(place: str, named: Named, t: Texts) -> ListTable[Document]:
    def party(name: str) -> ListColumn[Document]:
        """Return the column of a party, by its name where the reader learns it."""
        return ListColumn(
            name, f"voucher_{name}", "text", lambda row: named(row[name]) if row[name] else None
        )

    parties = ("issuer",) if place == HELD else ("issuer", "holder")
    return ListTable(
        "vouchers",
        lambda row: str(row["id"]),
        (
            ListColumn("number", "paper_number", "text", lambda row: row["id"]),
            *map(party, parties),
            ListColumn("amount", "voucher_amount", "money", lambda row: row["amount_fen"]),
            ListColumn("held", "voucher_standing", "money", standing_fen, look="strong"),
            ListColumn("tier", "voucher_place", "count", lambda row: row["tier"], rises=True),
            ListColumn("issued", "issued_on", "day", lambda row: row["issued_on"], asked=True),
            ListColumn("accept", "accept_by", "day", lambda row: row["accept_by"]),
            ListColumn("due", "due_on", "day", lambda row: row["due_on"]),
            ListColumn("state", "state", "text", lambda row: t.coded("paper_state", row["state"])),
        ),
        "accept" if place == HELD else "due",
    )


def standing_fen(row: Document) -> int | None:
    """Return what its holder has of a voucher; None where that is not accepted, or over."""
    return None if row["state"] in UNHELD else row["held_fen"] + row["financed_fen"]


def place_of(request: Request) -> str:
    """Return which of the two places an address is in."""
    path = request.scope["path"]
    return next(each for each in (HELD, ALL) if path.startswith(each))


def sight_of_papers(resources: Resources, who: Principal) -> VoucherSight:
    """Return what somebody learns of vouchers: the bank all, a core or firm as a party to them."""
    return service.sees(resources, EVERYTHING if who.is_bank else Sight("firm", who.firm or ""))


def _wanted(request: Request, resources: Resources, who: Principal, named: Named) -> VouchersListed:
    """Return what a list shows; whoever holds a part knows nothing of the whole."""
    place = place_of(request)
    chosen = chosen_of(request, FACETS)
    wanted = VouchersListed(
        business_day(resources),
        holder=(who.firm or "") if place == HELD else "",
        text=text_of(request),
        state=chosen["state"],
        due=chosen["due"],
        share="" if place == HELD else chosen["share"],
    )
    return meaning(resources, wanted, named)


@router.get(HELD, dependencies=[allow(HOLDERS)])
@router.get(ALL, dependencies=[allow(BANK)])
def show_vouchers(request: Request, who: PrincipalDep, resources: ResourcesDep) -> Response:
    """Return vouchers as a list; a holder's begins with what waits for it."""
    t, named = Texts(preferences_of(request).language), names(resources)
    place, records, sight = place_of(request), resources.records, sight_of_papers(resources, who)
    table, wanted = _table(place, named, t), _wanted(request, resources, who, named)
    found = sums(records, wanted)
    start = (page_of(request, found.count) - 1) * SIZE
    part = listed(records, wanted, order_in(request, table, named, t), (start, SIZE))
    rows = [document(row, sight) for row in part]
    every = replace(wanted, due="", share="")
    return page(
        request,
        "held_vouchers.html",
        place=place,
        list=replace(one_page(request, table, rows, found.count), path=place),
        views=views_of(records, who, "vouchers"),
        facets=_facets(records, wanted, place, t),
        text=text_of(request),
        unit=scale([row["amount_fen"] for row in rows], t.language),
        held=found.standing_fen,
        waiting=sums(records, replace(every, state="issued")).count,
        asked=_asked(resources, who) if place == HELD else 0,
        tones=ISSUED_TONES,
        today=wanted.day.isoformat(),
    )


def _asked(resources: Resources, who: Principal) -> int:
    """Return how many others ask a firm to pass a voucher on."""
    return len(standing(resources, WantedRequests(kind=PASS, asked=who.firm or "")))


def _facets(records: Records, wanted: VouchersListed, place: str, t: Texts) -> Sequence[Facet]:
    names_of_facets = ("state", "due") if place == HELD else tuple(FACETS)
    told = counts(records, wanted, names_of_facets)
    made = []
    for name in names_of_facets:
        kind, chosen = KINDS[name], getattr(wanted, name)
        tell = partial(t.coded, kind)
        made.append(counted(name, t(name), chosen, told[name], tell, order=FACETS[name]))
    return [each for each in made if each.options]


@router.get(HELD + ".csv", dependencies=[allow(HOLDERS)])
@router.get(HELD + ".xlsx", dependencies=[allow(HOLDERS)])
@router.get(ALL + ".csv", dependencies=[allow(BANK)])
@router.get(ALL + ".xlsx", dependencies=[allow(BANK)])
def download_vouchers(request: Request, who: PrincipalDep, resources: ResourcesDep) -> Response:
    """Return the same vouchers as a file, all that pass."""
    t, named = Texts(preferences_of(request).language), names(resources)
    table, sight = _table(place_of(request), named, t), sight_of_papers(resources, who)
    wanted = _wanted(request, resources, who, named)
    order = order_in(request, table, named, t)

    def rows() -> Iterator[Document]:
        """Yield what passes, as the reader may see it."""
        for row in every_listed(resources.records, wanted, order):
            yield document(row, sight)

    version = resources.version()
    head = {"version": version.number, "as_of": version.as_of.isoformat(), "policy": ""}
    return download_long(request, table, rows, head)
