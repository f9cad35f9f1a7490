"""Lists of vouchers: what a firm holds or held, and all of them for the bank."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from fastapi import Request
from starlette.responses import Response

from app.books.business_day import business_day
from app.chain.accounts.service import Named, names
from app.chain.papers.vouchers import ISSUED_TONES
from app.chain.receivables.standing import DUE, MONTH_DAYS, WEEK_DAYS
from app.chain.vouchers import service
from app.chain.vouchers.nodes import OVER
from app.chain.vouchers.repository import WantedVouchers
from app.chain.vouchers.shown import VoucherSight, document
from app.platform.auth.principals import Principal
from app.platform.auth.rules import BANK, HOLDERS, PrincipalDep, allow
from app.platform.auth.sight import EVERYTHING, Sight
from app.platform.deps import Resources
from app.platform.deps.routes import ResourcesDep
from app.platform.documents import Document
from app.platform.http.routing import Router
from app.platform.views.repository import views_of
from app.platform.web.areas import WORK
from app.platform.web.columns import ListColumn, ListTable
from app.platform.web.downloads import download
from app.platform.web.facets import facets, passing
from app.platform.web.listing import chosen_of, listing, ordered, text_of
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
ENDED = (*OVER, "paid")
UNHELD = (*ENDED, "issued", "disputed", "draft")
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


def _values(day: dt.date, place: str) -> Mapping[str, Callable[[Document], str]]:
    """Return what gives each facet of a list; whoever holds a part knows nothing of the whole."""
    values: dict[str, Callable[[Document], str]] = {
        "state": lambda row: str(row["state"]),
        "due": lambda row: _due(row, day),
    }
    if place != HELD:
        values["share"] = lambda row: "part" if row["parent"] else "whole"
    return values


def _due(row: Document, day: dt.date) -> str:
    if row["state"] in ENDED:
        return ""
    left = (dt.date.fromisoformat(row["due_on"]) - day).days
    late, week, month, later = DUE
    return (
        late if left < 0 else week if left <= WEEK_DAYS else month if left <= MONTH_DAYS else later
    )


def _found(resources: Resources, request: Request, who: Principal, named: Named) -> list[Document]:
    """Return the vouchers of a list that its text finds, as their reader may see them."""
    place, sight = place_of(request), sight_of_papers(resources, who)
    wanted = WantedVouchers(holder=who.firm if place == HELD else None)
    rows = [document(row, sight) for row in service.page(resources, wanted)]
    rows.sort(key=lambda row: (row["due_on"], row["id"]))
    if not (text := text_of(request).casefold()):
        return rows
    firms = {row[party] for row in rows for party in ("issuer", "holder") if row[party]}
    meant = {each for each in firms if text in each.casefold() or text in named(each).casefold()}
    return [
        row
        for row in rows
        if text in row["id"].casefold() or row["issuer"] in meant or row["holder"] in meant
    ]


@router.get(HELD, dependencies=[allow(HOLDERS)])
@router.get(ALL, dependencies=[allow(BANK)])
def show_vouchers(request: Request, who: PrincipalDep, resources: ResourcesDep) -> Response:
    """Return vouchers as a list; a holder's begins with what waits for it."""
    t, named = Texts(preferences_of(request).language), names(resources)
    place, day = place_of(request), business_day(resources)
    table, values = _table(place, named, t), _values(day, place)
    chosen = chosen_of(request, values)
    found = _found(resources, request, who, named)
    rows = passing(found, values, chosen)
    words = {
        name: (t(name), lambda value, kind=KINDS[name]: t.coded(kind, value)) for name in values
    }
    shown = listing(request, table, rows)
    return page(
        request,
        "held_vouchers.html",
        place=place,
        list=replace(shown, path=place),
        views=views_of(resources.records, who, "vouchers"),
        facets=facets(found, values, chosen, words, orders=FACETS),
        text=text_of(request),
        unit=scale([row["amount_fen"] for row in shown.rows], t.language),
        held=sum(standing_fen(row) or 0 for row in rows),
        waiting=[row for row in found if row["state"] == "issued"],
        tones=ISSUED_TONES,
        today=day.isoformat(),
    )


@router.get(HELD + ".csv", dependencies=[allow(HOLDERS)])
@router.get(HELD + ".xlsx", dependencies=[allow(HOLDERS)])
@router.get(ALL + ".csv", dependencies=[allow(BANK)])
@router.get(ALL + ".xlsx", dependencies=[allow(BANK)])
def download_vouchers(request: Request, who: PrincipalDep, resources: ResourcesDep) -> Response:
    """Return the same vouchers as a file, all that pass."""
    t, named, place = Texts(preferences_of(request).language), names(resources), place_of(request)
    table, values = _table(place, named, t), _values(business_day(resources), place)
    found = _found(resources, request, who, named)
    rows = ordered(request, table, passing(found, values, chosen_of(request, values)))
    version = resources.version()
    head = {"version": version.number, "as_of": version.as_of.isoformat(), "policy": ""}
    return download(request, table, rows, head)
