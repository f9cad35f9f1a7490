"""A chain: its facility, its tiers as a picture, its limits as a table, every derivation."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from app.auth.rules import OWN_CHAIN, OWN_LIMIT, PrincipalDep, allow
from app.pages.reading import Document, Reading, ReadingDep, Standing
from app.web.charts import GRADES, UNRATED, chain_picture
from app.web.derivations import told
from app.web.listing import listing
from app.web.money import scale
from app.web.preferences import preferences_of
from app.web.render import page
from app.web.sheets import sheet
from app.web.texts import Texts

router = APIRouter()
STRESS_ROLES = ("risk", "officer", "admin")
KEYS: Mapping[str, Callable[[Standing], Any]] = {
    "name": lambda row: row.name,
    "tier": lambda row: (row.direction != "up", row.tier),
    "limit": lambda row: row.limit_fen,
    "reachable": lambda row: row.reachable_fen,
    "binding": lambda row: row.binding,
}


@router.get("/chains/{core}", dependencies=[allow(OWN_CHAIN)])
def show_chain(request: Request, core: str, who: PrincipalDep, reading: ReadingDep) -> Response:
    """Return the page of a chain."""
    language = preferences_of(request).language
    chain, members = reading.chain(core), reading.members(core)
    facility, tiers = chain["facility"], chain["tiers"]
    amounts = [row.limit_fen for row in members] + [row.reachable_fen for row in members]
    return page(
        request,
        "chain.html",
        core=chain["core"],
        head=chain,
        facility=facility,
        absent=chain.get("absent"),
        share=_use(facility),
        facility_tree=told(facility["derivation"], Texts(language)) if facility else None,
        tiers=tiers,
        tier_unit=scale([row["limit_fen"] for row in tiers], language),
        sums=_sums(tiers),
        unit=scale(amounts, language),
        list=listing(request, _wanted(request, members), KEYS, otherwise="-limit"),
        bindings=sorted({row.binding for row in members if row.binding}),
        may_stress=who.role in STRESS_ROLES,
        query=request.query_params.get("query", ""),
        where=request.query_params.get("where", ""),
        binding=request.query_params.get("binding", ""),
        **_picture(reading, chain),
    )


def _picture(reading: Reading, chain: Document) -> dict[str, Any]:
    groups, flows = reading.picture(chain["core"]["id"])
    return {
        "drawn": chain_picture(groups, flows),
        "grades": [g for g in GRADES + UNRATED if any(group.grade == g for group in groups)],
        "columns": {
            row["tier"] if row["direction"] == "down" else -row["tier"]: row
            for row in chain["tiers"]
        },
    }


def _use(facility: Document | None) -> float | None:
    if not facility or not facility["limit_fen"]:
        return None
    return float(facility["occupied_fen"] / facility["limit_fen"])


def _sums(tiers: Sequence[Document]) -> Document:
    return {
        key: sum(row[key] or 0 for row in tiers) for key in ("firms", "limit_fen", "reachable_fen")
    }


def _wanted(request: Request, members: Sequence[Standing]) -> Sequence[Standing]:
    """Return the members that pass the filters in the address."""
    asked = request.query_params
    query = asked.get("query", "").strip().casefold()
    where, binding = asked.get("where", ""), asked.get("binding", "")
    return [
        row
        for row in members
        if (query in row.name.casefold() or query in row.id.casefold())
        and where in {"", f"{row.direction}{row.tier}"}
        and binding in {"", row.binding}
    ]


@router.get("/chains/{core}/limits.csv", dependencies=[allow(OWN_CHAIN)])
def download_limits(request: Request, core: str, reading: ReadingDep) -> Response:
    """Return the limits of a chain as CSV, with exact amounts."""
    t = Texts(preferences_of(request).language)
    header = ("id", "name", "direction", "tier", "limit_fen", "reachable_fen", "binding", "absent")
    rows = _wanted(request, reading.members(core))
    return sheet(
        f"limits-{core}-{reading.head()['as_of']}.csv",
        [*header, t("binding")],
        [
            [*(getattr(row, name) for name in header), t.coded("binding", row.binding)]
            for row in rows
        ],
    )


@router.get("/chains/{core}/limits/{firm}", dependencies=[allow(OWN_LIMIT)])
def show_limit(
    request: Request, core: str, firm: str, who: PrincipalDep, reading: ReadingDep
) -> Response:
    """Return the page of one limit, with its whole derivation."""
    limit, t = reading.limit(core, firm), Texts(preferences_of(request).language)
    names = reading.names([core, firm])
    return page(
        request,
        "limit.html",
        core={"id": core, "name": names[core]},
        firm={"id": firm, "name": names[firm]},
        head=reading.head(),
        limit=limit,
        derivation=told(limit["derivation"], t) if limit["derivation"] else None,
        reachable=told(limit["reachable"], t) if limit["reachable"] else None,
        may_chain=who.is_bank or (who.role == "core" and who.firm == core),
    )


@router.get("/chains/{core}/limits/{firm}/tree", dependencies=[allow(OWN_LIMIT)])
def read_tree(request: Request, core: str, firm: str, reading: ReadingDep) -> Response:
    """Return both derivations of a limit in words, for the table that opens them in place."""
    limit, t = reading.limit(core, firm), Texts(preferences_of(request).language)
    trees = [limit["derivation"], limit["reachable"] if limit["reachable_fen"] else None]
    told_trees = [told(tree, t) for tree in trees if tree]
    return JSONResponse({"trees": told_trees}, headers={"Cache-Control": "no-store"})
