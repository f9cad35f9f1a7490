"""The list of cores, and a chain: its facility, its tiers as a picture, its limits as a table."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

from fastapi import Request
from starlette.responses import Response

from app.chain.chains.choosing import first_page
from app.chain.chains.drawing import Drawing, column_of, drawing_of
from app.chain.chains.facilities import ChainFacility, facilities, facility_of, total_of
from app.chain.chains.grades import grades_of
from app.chain.firms.directory import directory_of
from app.chain.limits import documents
from app.chain.limits.reading import ShownDep
from app.chain.limits.shown import Shown
from app.data.imports.following import refresh_state
from app.data.versions.reading import AskedDep
from app.data.versions.service import AskedVersion
from app.data.versions.service import documents as versions_of
from app.platform.auth.rules import ANALYSTS, BANK, IMPORTERS, OWN_CHAIN, PrincipalDep, allow
from app.platform.deps import Resources
from app.platform.deps.routes import ResourcesDep, VisitDep
from app.platform.documents import Document
from app.platform.errors import Absent
from app.platform.http.routing import Router
from app.platform.views.repository import views_of
from app.platform.web.charts import GRADES, INK, UNRATED, chain_picture, limit_bar, use_band
from app.platform.web.columns import ListColumn, ListTable
from app.platform.web.derivations import told, told_own
from app.platform.web.downloads import download
from app.platform.web.facets import Facet, facets, passing
from app.platform.web.listing import Listing, chosen_of, listing, ordered, text_of
from app.platform.web.money import amount, percent, scale
from app.platform.web.notices import Notice
from app.platform.web.preferences import preferences_of
from app.platform.web.render import page
from app.platform.web.texts import Texts

router = Router()
BANDS = ("over", "tight", "occupied", "none")
CORE_FACETS: Mapping[str, Callable[[ChainFacility], str]] = {
    "band": lambda row: "none" if row.use is None else use_band(row.use),
    "binding": lambda row: row.binding or "",
}
FIRM_FACETS = ("where", "grade", "binding")


def _core_table(t: Texts) -> ListTable[ChainFacility]:
    """Return the list of chains with their facilities."""
    return ListTable(
        "cores",
        lambda row: row.core,
        (
            ListColumn("name", "core", "text", lambda row: row.name),
            ListColumn("limit", "facility", "money", lambda row: row.limit_fen),
            ListColumn("occupied", "occupied", "money", lambda row: row.occupied_fen),
            ListColumn(
                "reserved", "bar_reserved", "money", lambda row: row.reserved_fen, asked=True
            ),
            ListColumn(
                *("headroom", "headroom", "money", lambda row: row.headroom_fen),
                look="signed",
                rises=True,
            ),
            ListColumn(
                "available", "available", "money", lambda row: row.available_fen, asked=True
            ),
            ListColumn("use", "use", "share", lambda row: row.use),
            ListColumn("firms", "firms", "count", lambda row: row.firms),
            ListColumn(
                "binding",
                "binding",
                "text",
                lambda row: binds(row.absent, row.binding, t),
                lambda row: row.binding,
            ),
        ),
        "-use",
    )


def _limit_table(t: Texts, grades: Mapping[str, str]) -> ListTable[Document]:
    """Return the list of the limits in a chain; grades are for whoever may see any."""
    grade: ListColumn[Document] = ListColumn(
        "grade", "grade", "text", lambda row: grades[row["id"]]
    )
    return ListTable(
        "limits",
        lambda row: str(row["id"]),
        (
            ListColumn("name", "firm", "text", lambda row: row["name"]),
            ListColumn(
                "tier",
                "tier",
                "text",
                lambda row: t.place(place_in(row)),
                lambda row: (row["direction"] != "up", row["tier"]),
                look="tier",
            ),
            *([grade] if grades else ()),
            ListColumn("limit", "limit", "money", lambda row: row["limit_fen"], look="strong"),
            ListColumn("reachable", "reachable", "money", lambda row: row["reachable_fen"]),
            ListColumn(
                "binding",
                "binding",
                "text",
                lambda row: binds(row["absent"], row["binding"], t),
                lambda row: row["binding"],
            ),
        ),
        "-limit",
    )


def binds(absent: str | None, binding: str | None, t: Texts) -> str:
    """Return in words what decides a limit, or why there is none."""
    return t.reason(absent) if absent else t.coded("binding", binding)


def place_in(row: Document) -> str:
    """Return where a firm of a chain stands, as the address says it."""
    return f"{row['direction']}{row['tier']}"


@router.get("/cores", dependencies=[allow(BANK)])
def show_cores(request: Request, who: PrincipalDep, visit: VisitDep, asked: AskedDep) -> Response:
    """Return every chain with its facility; where there is none yet, what is missing."""
    resources = visit.resources
    try:
        results = documents.results_of(resources, asked, visit.sight)
    except Absent:
        if asked != AskedVersion(None):
            raise
        return first_page(request, who, resources)
    t, every = Texts(preferences_of(request).language), facilities(resources, results)
    found, chosen = _found(request, resources, results), chosen_of(request, CORE_FACETS)
    table, rows = _core_table(t), passing(found, CORE_FACETS, chosen)
    return page(
        request,
        "cores.html",
        views=views_of(resources.records, who, "cores"),
        head=results.head,
        versions=versions_of(resources, results.sight),
        total=total_of(every),
        list=listing(request, table, rows),
        unit=scale([at for row in every for at in (row.limit_fen, row.occupied_fen)], t.language),
        query=text_of(request),
        facets=_core_facets(found, chosen, t),
        may_choose=IMPORTERS.permits(who, {}),
        computing=refresh_state(resources).state == "now",
    )


@router.get("/cores.csv", dependencies=[allow(BANK)])
@router.get("/cores.xlsx", dependencies=[allow(BANK)])
def download_cores(request: Request, resources: ResourcesDep, results: ShownDep) -> Response:
    """Return the same list as a file."""
    table = _core_table(Texts(preferences_of(request).language))
    found, chosen = _found(request, resources, results), chosen_of(request, CORE_FACETS)
    rows = ordered(request, table, passing(found, CORE_FACETS, chosen))
    return download(request, table, rows, results.head.document())


def _found(request: Request, resources: Resources, results: Shown) -> Sequence[ChainFacility]:
    """Return the chains whose core the text of the address finds."""
    query, rows = text_of(request), facilities(resources, results)
    known = directory_of(resources, results).matching(query) if query else frozenset()
    wanted = query.casefold()
    return [
        row
        for row in rows
        if row.core in known or wanted in row.name.casefold() or wanted in row.core.casefold()
    ]


def _core_facets(
    rows: Sequence[ChainFacility], chosen: Mapping[str, str], t: Texts
) -> Sequence[Facet]:
    """Return how tight facilities are and what binds them, with the number of chains of each."""
    words = {
        "band": (t("use"), partial(t.coded, "band")),
        "binding": (t("binding"), partial(t.coded, "binding")),
    }
    return facets(rows, CORE_FACETS, chosen, words, orders={"band": BANDS})


@router.get("/chains/{core}", dependencies=[allow(OWN_CHAIN)])
def show_chain(
    request: Request, core: str, who: PrincipalDep, resources: ResourcesDep, results: ShownDep
) -> Response:
    """Return the page of a chain."""
    t = Texts(preferences_of(request).language)
    chain, granted = documents.chain(results, core), facility_of(results, core)
    facility, tiers, firms = chain["facility"], chain["tiers"], chain["firms"]
    grades = grades_of(resources, results, [row["id"] for row in firms])
    found = _finding(request, firms, _known(request, resources, results))
    values, chosen = _values(grades), chosen_of(request, FIRM_FACETS)
    wanted = listing(request, _limit_table(t, grades), passing(found, values, chosen))
    named = {place_in(row) for row in firms}
    leads_to = None if who.is_bank else named
    return page(
        request,
        "chain.html",
        views=views_of(resources.records, who, "limits"),
        core=chain["core"],
        head=chain,
        versions=versions_of(resources, results.sight),
        bar=_bar(granted, t),
        facility=facility,
        absent=granted.absent,
        use=_use(granted, t),
        headroom_fen=granted.headroom_fen,
        notices=notices_of(granted, t, data_credit_factor=results.data_credit_factor),
        facility_tree=told(facility["derivation"], t) if facility else None,
        own=told_own(facility, t),
        tiers=tiers,
        tier_unit=scale([row["limit_fen"] for row in tiers], t.language),
        sums=_sums(tiers),
        unit=scale([row[at] for row in firms for at in ("limit_fen", "reachable_fen")], t.language),
        list=wanted,
        facets=_firm_facets(found, values, chosen, tiers, t),
        grades_by=grades,
        may_stress=ANALYSTS.permits(who, {}),
        query=text_of(request),
        counted_only=not who.is_bank and chosen["where"] not in {"", *named},
        **_picture(drawing_of(resources, results, core), tiers, wanted, leads_to),
    )


def notices_of(
    facility: ChainFacility, t: Texts, *, data_credit_factor: Decimal | None
) -> Sequence[Notice]:
    """
    Return what a reader of a chain has to know first.

    Args:
        facility: What the chain as a whole may borrow.
        t: The words.
        data_credit_factor: What relations count at where there is no facility; None to outsiders.
    """
    if facility.absent is not None:
        notices = [Notice("bad", t("why_absent", reason=t.reason(facility.absent)))]
        if data_credit_factor is not None:
            notices.append(Notice("", t("data_credit", factor=percent(data_credit_factor, 0))))
        return notices
    notices = [Notice("", t.coded("why", facility.binding))]
    over_fen = -(facility.headroom_fen or 0)
    if over_fen > 0:
        notices.append(Notice("warn", t("over_used", amount=amount(over_fen, t.language))))
    return notices


def _picture(
    drawing: Drawing,
    tiers: Sequence[Document],
    wanted: Listing[Document],
    named: Collection[str] | None,
) -> dict[str, Any]:
    """Return the picture of the tiers; each block leads to its firms below, if any has a name."""
    groups, flows = drawing
    counted: dict[int, dict[str, int]] = defaultdict(dict)
    for group in groups:
        counted[group.column][group.grade] = group.firms
    return {
        "drawn": chain_picture(groups, flows),
        "grades": [g for g in GRADES + UNRATED if any(group.grade == g for group in groups)],
        "columns": {column_of(row["direction"], row["tier"]): row for row in tiers},
        "counted": counted,
        "column_of": column_of,
        "leads": {
            (group.column, group.grade): wanted.where(
                where=place_of(group.column),
                grade="" if group.grade == INK else group.grade,
                query="",
                binding="",
            )
            for group in groups
            if group.column and (named is None or place_of(group.column) in named)
        },
    }


def place_of(column: int) -> str:
    """
    Return a column as the address says it.

    Example:
        >>> place_of(-2), place_of(1)
        ('up2', 'down1')
    """
    return f"{'down' if column > 0 else 'up'}{abs(column)}"


def _use(facility: ChainFacility, t: Texts) -> str:
    if facility.limit_fen is None:
        return ""
    if not facility.limit_fen:
        return t("k_occupied_of_nothing")
    return t("k_occupied_note", share=percent(facility.use))


def _sums(tiers: Sequence[Document]) -> Document:
    return {
        key: sum(row[key] or 0 for row in tiers) for key in ("firms", "limit_fen", "reachable_fen")
    }


def _bar(facility: ChainFacility, t: Texts) -> Mapping[str, Any] | None:
    """Return the bar of the chain's facility with the amount of each of its parts."""
    left_fen = facility.headroom_fen
    if facility.limit_fen is None or facility.occupied_fen is None or left_fen is None:
        return None
    reserved_fen = facility.reserved_fen or 0
    parts = {
        "occupied": facility.occupied_fen,
        "reserved": reserved_fen,
        "over" if left_fen < 0 else "left": abs(left_fen),
    }
    return {
        "drawn": limit_bar(
            facility.limit_fen,
            {"occupied": facility.occupied_fen, "reserved": reserved_fen},
        ),
        "amounts": {name: amount(fen, t.language) for name, fen in parts.items()},
    }


def _known(request: Request, resources: Resources, results: Shown) -> frozenset[str]:
    """Return the firms that the text finds by credit code or alias; the bank alone knows these."""
    query = text_of(request)
    if not query or not results.sight.is_whole:
        return frozenset()
    return directory_of(resources, results).matching(query)


def _finding(
    request: Request, firms: Sequence[Document], known: frozenset[str]
) -> Sequence[Document]:
    """Return the firms of a chain that the text in the address finds."""
    query = text_of(request).casefold()
    return [
        row
        for row in firms
        if query in row["name"].casefold() or query in row["id"].casefold() or row["id"] in known
    ]


def _values(grades: Mapping[str, str]) -> Mapping[str, Callable[[Document], str]]:
    """Return what gives each facet's value of a firm; no grade for who may see none."""
    values: dict[str, Callable[[Document], str]] = {
        "where": place_in,
        "grade": lambda row: grades[row["id"]],
        "binding": lambda row: row["binding"] or "",
    }
    return values if grades else {name: values[name] for name in values if name != "grade"}


def _firm_facets(
    rows: Sequence[Document],
    values: Mapping[str, Callable[[Document], str]],
    chosen: Mapping[str, str],
    tiers: Sequence[Document],
    t: Texts,
) -> Sequence[Facet]:
    """Return tiers (those too whose firms are only counted), grades and what binds."""
    words: Mapping[str, tuple[str, Callable[[str], str]]] = {
        "where": (t("tier"), t.place),
        "grade": (t("grade"), partial(t.coded, "grade")),
        "binding": (t("binding"), partial(t.coded, "binding")),
    }
    every = [place_in(tier) for tier in tiers]
    orders = {"where": every, "grade": GRADES + UNRATED}
    return facets(rows, values, chosen, words, orders=orders, also={"where": every})


@router.get("/chains/{core}/limits.csv", dependencies=[allow(OWN_CHAIN)])
@router.get("/chains/{core}/limits.xlsx", dependencies=[allow(OWN_CHAIN)])
def download_limits(
    request: Request, core: str, resources: ResourcesDep, results: ShownDep
) -> Response:
    """Return the limits of a chain as a file, as they are listed on its page."""
    t, firms = Texts(preferences_of(request).language), documents.chain(results, core)["firms"]
    grades = grades_of(resources, results, [row["id"] for row in firms])
    found = _finding(request, firms, _known(request, resources, results))
    table, chosen = _limit_table(t, grades), chosen_of(request, FIRM_FACETS)
    rows = ordered(request, table, passing(found, _values(grades), chosen))
    return download(request, table, rows, results.head.document(), name=f"limits-{core}")
