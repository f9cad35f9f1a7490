"""The list of cores, and a chain: its facility, its tiers as a picture, its limits as a table."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

from fastapi import Request
from starlette.responses import Response

from app.chain.chains.drawing import Drawing, column_of, drawing_of
from app.chain.chains.facilities import ChainFacility, facilities, facility_of, total_of
from app.chain.chains.grades import grades_of
from app.chain.firms.directory import Directory, directory_of
from app.chain.limits import documents
from app.chain.limits.reading import ShownDep
from app.chain.limits.shown import Shown
from app.data.versions.service import documents as versions_of
from app.platform.auth.rules import ANALYSTS, BANK, OWN_CHAIN, PrincipalDep, allow
from app.platform.deps import Resources
from app.platform.deps.routes import ResourcesDep
from app.platform.documents import Document
from app.platform.http.routing import Router
from app.platform.web.charts import GRADES, INK, UNRATED, chain_picture, limit_bar, use_band
from app.platform.web.derivations import told, told_own
from app.platform.web.facets import Facet, facets, passing
from app.platform.web.listing import Listing, listing, order_of, ordered
from app.platform.web.money import amount, percent, scale
from app.platform.web.notices import Notice
from app.platform.web.preferences import preferences_of
from app.platform.web.render import page
from app.platform.web.sheets import sheet
from app.platform.web.texts import Texts
from app.platform.web.workbooks import WorkbookColumn, workbook

router = Router()
QUERY_LENGTH_MAX = 80
BANDS = ("over", "tight", "occupied", "none")
CORE_FACETS: Mapping[str, Callable[[ChainFacility], str]] = {
    "band": lambda row: "none" if row.use is None else use_band(row.use),
    "binding": lambda row: row.binding or "",
}
FIRM_FACETS = ("where", "grade", "binding")
CORE_KEYS: Mapping[str, Callable[[ChainFacility], Any]] = {
    "name": lambda row: row.name,
    "limit": lambda row: row.limit_fen,
    "occupied": lambda row: row.occupied_fen,
    "headroom": lambda row: row.headroom_fen,
    "use": lambda row: row.use,
    "firms": lambda row: row.firms,
    "binding": lambda row: row.binding,
}
CORE_COLUMNS = (
    *("name", "firms", "limit_fen", "occupied_fen", "available_fen", "binding", "absent"),
    *("reserved_fen", "headroom_fen"),
)
FIRM_KEYS: Mapping[str, Callable[[Document], Any]] = {
    "name": lambda row: row["name"],
    "tier": lambda row: (row["direction"] != "up", row["tier"]),
    "limit": lambda row: row["limit_fen"],
    "reachable": lambda row: row["reachable_fen"],
    "binding": lambda row: row["binding"],
}


@router.get("/cores", dependencies=[allow(BANK)])
def show_cores(request: Request, resources: ResourcesDep, results: ShownDep) -> Response:
    """Return every chain with its facility, sorted and searched as the address says."""
    every = facilities(resources, results)
    query, found = _found(request, every, directory_of(resources, results))
    chosen = _chosen(request, CORE_FACETS)
    rows = passing(found, CORE_FACETS, chosen)
    return page(
        request,
        "cores.html",
        head=results.head,
        versions=versions_of(resources, results.sight),
        total=total_of(every),
        list=listing(request, rows, CORE_KEYS, otherwise="-use", anchor="list"),
        amounts=[fen for row in every for fen in (row.limit_fen, row.occupied_fen)],
        query=query,
        facets=_core_facets(found, chosen, Texts(preferences_of(request).language)),
    )


@router.get("/cores.csv", dependencies=[allow(BANK)])
def download_cores(request: Request, resources: ResourcesDep, results: ShownDep) -> Response:
    """Return the same list as CSV, with exact amounts."""
    t = Texts(preferences_of(request).language)
    every, directory = facilities(resources, results), directory_of(resources, results)
    _, found = _found(request, every, directory)
    rows = passing(found, CORE_FACETS, _chosen(request, CORE_FACETS))
    return sheet(
        f"cores-{results.head.as_of}.csv",
        ["id", *CORE_COLUMNS, t("binding")],
        [
            [row.core, *(getattr(row, name) for name in CORE_COLUMNS), _decides(row, t)]
            for row in rows
        ],
    )


@router.get("/cores.xlsx", dependencies=[allow(BANK)])
def download_cores_workbook(
    request: Request, resources: ResourcesDep, results: ShownDep
) -> Response:
    """Return the same list as a workbook, in the order of the page."""
    t, every = Texts(preferences_of(request).language), facilities(resources, results)
    _, found = _found(request, every, directory_of(resources, results))
    rows = passing(found, CORE_FACETS, _chosen(request, CORE_FACETS))
    order = order_of(request, CORE_KEYS, otherwise="-use")
    columns = (
        WorkbookColumn("id", "text", lambda row: row.core),
        WorkbookColumn("core", "text", lambda row: row.name),
        WorkbookColumn("firms", "count", lambda row: row.firms),
        WorkbookColumn("facility", "money", lambda row: row.limit_fen),
        WorkbookColumn("occupied", "money", lambda row: row.occupied_fen),
        WorkbookColumn("bar_reserved", "money", lambda row: row.reserved_fen),
        WorkbookColumn("headroom", "money", lambda row: row.headroom_fen),
        WorkbookColumn("use", "share", lambda row: row.use),
        WorkbookColumn("binding", "text", lambda row: _decides(row, t)),
    )
    shown = ordered(rows, CORE_KEYS, order)
    return workbook(request, "cores", columns, shown, results.head.document())


def _decides(row: ChainFacility, t: Texts) -> str:
    return t.reason(row.absent) if row.absent else t.coded("binding", row.binding)


def _found(
    request: Request, rows: Sequence[ChainFacility], directory: Directory
) -> tuple[str, Sequence[ChainFacility]]:
    """Return the text of the address, and the chains whose core it finds."""
    query = request.query_params.get("query", "").strip()[:QUERY_LENGTH_MAX]
    known, wanted = directory.matching(query) if query else frozenset(), query.casefold()
    return query, [
        row
        for row in rows
        if row.core in known or wanted in row.name.casefold() or wanted in row.core.casefold()
    ]


def _chosen(request: Request, names: Iterable[str]) -> Mapping[str, str]:
    return {name: request.query_params.get(name, "") for name in names}


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
    values, chosen = _values(grades), _chosen(request, FIRM_FACETS)
    passed = passing(found, values, chosen)
    wanted = listing(request, passed, FIRM_KEYS, otherwise="-limit", anchor="limits")
    named = {values["where"](row) for row in firms}
    return page(
        request,
        "chain.html",
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
        query=request.query_params.get("query", ""),
        counted_only=not who.is_bank and chosen["where"] not in {"", *named},
        **_picture(
            drawing_of(resources, results, core),
            tiers,
            wanted,
            None if who.is_bank else named,
        ),
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
        "drawn": limit_bar(facility.limit_fen, facility.occupied_fen, reserved_fen),
        "amounts": {name: amount(fen, t.language) for name, fen in parts.items()},
    }


def _known(request: Request, resources: Resources, results: Shown) -> frozenset[str]:
    """Return the firms that the text finds by credit code or alias; the bank alone knows these."""
    query = request.query_params.get("query", "").strip()
    if not query or not results.sight.is_whole:
        return frozenset()
    return directory_of(resources, results).matching(query)


def _finding(
    request: Request, firms: Sequence[Document], known: frozenset[str]
) -> Sequence[Document]:
    """Return the firms of a chain that the text in the address finds."""
    query = request.query_params.get("query", "").strip().casefold()
    return [
        row
        for row in firms
        if query in row["name"].casefold() or query in row["id"].casefold() or row["id"] in known
    ]


def _values(grades: Mapping[str, str]) -> Mapping[str, Callable[[Document], str]]:
    """Return what gives each facet's value of a firm; no grade for who may see none."""
    values: dict[str, Callable[[Document], str]] = {
        "where": lambda row: f"{row['direction']}{row['tier']}",
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
    every = [f"{tier['direction']}{tier['tier']}" for tier in tiers]
    orders = {"where": every, "grade": GRADES + UNRATED}
    return facets(rows, values, chosen, words, orders=orders, also={"where": every})


@router.get("/chains/{core}/limits.csv", dependencies=[allow(OWN_CHAIN)])
def download_limits(
    request: Request, core: str, resources: ResourcesDep, results: ShownDep
) -> Response:
    """Return the limits of a chain as CSV, with exact amounts."""
    t = Texts(preferences_of(request).language)
    firms = documents.chain(results, core)["firms"]
    grades = grades_of(resources, results, [row["id"] for row in firms])
    found = _finding(request, firms, _known(request, resources, results))
    rows = passing(found, _values(grades), _chosen(request, FIRM_FACETS))
    header = ("id", "name", "direction", "tier", "limit_fen", "reachable_fen", "binding", "absent")
    return sheet(
        f"limits-{core}-{results.head.as_of}.csv",
        [*header, t("binding")],
        [[*(row[name] for name in header), t.coded("binding", row["binding"])] for row in rows],
    )


@router.get("/chains/{core}/limits.xlsx", dependencies=[allow(OWN_CHAIN)])
def download_limits_workbook(
    request: Request, core: str, resources: ResourcesDep, results: ShownDep
) -> Response:
    """Return the same limits as a workbook, in the order of the page."""
    t, firms = Texts(preferences_of(request).language), documents.chain(results, core)["firms"]
    grades = grades_of(resources, results, [row["id"] for row in firms])
    found = _finding(request, firms, _known(request, resources, results))
    rows = passing(found, _values(grades), _chosen(request, FIRM_FACETS))
    order = order_of(request, FIRM_KEYS, otherwise="-limit")
    columns = (
        WorkbookColumn("id", "text", lambda row: row["id"]),
        WorkbookColumn("firm", "text", lambda row: row["name"]),
        WorkbookColumn("tier", "text", lambda row: t.place(f"{row['direction']}{row['tier']}")),
        *([WorkbookColumn("grade", "text", lambda row: grades[row["id"]])] if grades else ()),
        WorkbookColumn("limit", "money", lambda row: row["limit_fen"]),
        WorkbookColumn("reachable", "money", lambda row: row["reachable_fen"]),
        WorkbookColumn("binding", "text", lambda row: _binds(row, t)),
    )
    shown = ordered(rows, FIRM_KEYS, order)
    return workbook(request, f"limits-{core}", columns, shown, results.head.document())


def _binds(row: Document, t: Texts) -> str:
    return t.reason(row["absent"]) if row["absent"] else t.coded("binding", row["binding"])
