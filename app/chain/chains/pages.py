"""The list of cores, and a chain: its facility, its tiers as a picture, its limits as a table."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any

from fastapi import Request
from starlette.responses import Response

from app.chain.chains.drawing import Drawing, column_of, drawing_of
from app.chain.chains.facilities import ChainFacility, facilities, facility_of, total_of
from app.chain.chains.grades import grades_of
from app.chain.firms.directory import directory_of
from app.chain.limits import documents
from app.chain.limits.reading import ShownDep
from app.chain.limits.shown import Shown
from app.data.versions.service import documents as versions_of
from app.platform.auth.rules import ANALYSTS, BANK, OWN_CHAIN, PrincipalDep, allow
from app.platform.deps import Resources
from app.platform.deps.routes import ResourcesDep
from app.platform.documents import Document
from app.platform.http.routing import Router
from app.platform.web.charts import GRADES, INK, UNRATED, chain_picture
from app.platform.web.derivations import told, told_own
from app.platform.web.listing import Listing, listing
from app.platform.web.money import amount, percent, scale
from app.platform.web.notices import Notice
from app.platform.web.preferences import preferences_of
from app.platform.web.render import page
from app.platform.web.sheets import sheet
from app.platform.web.texts import Texts

router = Router()
QUERY_LENGTH_MAX = 80
FILTERS = ("query", "where", "grade", "binding")
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
    query, rows = _found(request, every)
    return page(
        request,
        "cores.html",
        head=results.head,
        versions=versions_of(resources, results.sight),
        total=total_of(every),
        list=listing(request, rows, CORE_KEYS, otherwise="-use", anchor="list"),
        amounts=[fen for row in every for fen in (row.limit_fen, row.occupied_fen)],
        query=query,
    )


@router.get("/cores.csv", dependencies=[allow(BANK)])
def download_cores(request: Request, resources: ResourcesDep, results: ShownDep) -> Response:
    """Return the same list as CSV, with exact amounts."""
    t = Texts(preferences_of(request).language)
    _, rows = _found(request, facilities(resources, results))
    return sheet(
        f"cores-{results.head.as_of}.csv",
        ["id", *CORE_COLUMNS, t("binding")],
        [
            [row.core, *(getattr(row, name) for name in CORE_COLUMNS), _decides(row, t)]
            for row in rows
        ],
    )


def _decides(row: ChainFacility, t: Texts) -> str:
    return t.reason(row.absent) if row.absent else t.coded("binding", row.binding)


def _found(request: Request, rows: Sequence[ChainFacility]) -> tuple[str, Sequence[ChainFacility]]:
    query = request.query_params.get("query", "").strip()[:QUERY_LENGTH_MAX]
    wanted = query.casefold()
    return query, [r for r in rows if wanted in r.name.casefold() or wanted in r.core.casefold()]


@router.get("/chains/{core}", dependencies=[allow(OWN_CHAIN)])
def show_chain(
    request: Request, core: str, who: PrincipalDep, resources: ResourcesDep, results: ShownDep
) -> Response:
    """Return the page of a chain."""
    t = Texts(preferences_of(request).language)
    chain, granted = documents.chain(results, core), facility_of(results, core)
    facility, tiers, firms = chain["facility"], chain["tiers"], chain["firms"]
    grades = grades_of(resources, results, [row["id"] for row in firms])
    passing = _passing(request, firms, grades, _known(request, resources, results))
    wanted = listing(request, passing, FIRM_KEYS, otherwise="-limit", anchor="limits")
    named = {f"{row['direction']}{row['tier']}" for row in firms}
    filters = _filters(request)
    return page(
        request,
        "chain.html",
        core=chain["core"],
        head=chain,
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
        bindings=sorted({row["binding"] for row in firms if row["binding"]}),
        graded=sorted(set(grades.values()), key=(GRADES + UNRATED).index),
        may_stress=ANALYSTS.permits(who, {}),
        asked=filters,
        counted_only=not who.is_bank and filters["where"] not in {"", *named},
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


def _filters(request: Request) -> Mapping[str, str]:
    return {name: request.query_params.get(name, "") for name in FILTERS}


def _known(request: Request, resources: Resources, results: Shown) -> frozenset[str]:
    """Return the firms that the text finds by credit code or alias; the bank alone knows these."""
    query = _filters(request)["query"].strip()
    if not query or not results.sight.is_whole:
        return frozenset()
    return directory_of(resources, results).matching(query)


def _passing(
    request: Request,
    firms: Sequence[Document],
    grades: Mapping[str, str],
    known: frozenset[str],
) -> Sequence[Document]:
    """Return the firms of a chain that pass the filters in the address."""
    asked = _filters(request)
    query = asked["query"].strip().casefold()
    return [
        row
        for row in firms
        if (query in row["name"].casefold() or query in row["id"].casefold() or row["id"] in known)
        and asked["where"] in {"", f"{row['direction']}{row['tier']}"}
        and asked["binding"] in {"", row["binding"]}
        and (not grades or asked["grade"] in {"", grades[row["id"]]})
    ]


@router.get("/chains/{core}/limits.csv", dependencies=[allow(OWN_CHAIN)])
def download_limits(
    request: Request, core: str, resources: ResourcesDep, results: ShownDep
) -> Response:
    """Return the limits of a chain as CSV, with exact amounts."""
    t = Texts(preferences_of(request).language)
    firms = documents.chain(results, core)["firms"]
    grades = grades_of(resources, results, [row["id"] for row in firms])
    rows = _passing(request, firms, grades, _known(request, resources, results))
    header = ("id", "name", "direction", "tier", "limit_fen", "reachable_fen", "binding", "absent")
    return sheet(
        f"limits-{core}-{results.head.as_of}.csv",
        [*header, t("binding")],
        [[*(row[name] for name in header), t.coded("binding", row["binding"])] for row in rows],
    )
