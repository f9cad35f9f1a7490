"""A chain: its facility, its tiers as a picture, its limits as a table, every derivation."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from starlette.responses import JSONResponse, Response

from app.pages.raising import walk
from app.pages.reading import Document, Reading, ReadingDep, Standing, headroom_fen
from app.platform.auth.principals import Principal
from app.platform.auth.rules import OWN_CHAIN, OWN_FIRM, OWN_LIMIT, PrincipalDep, allow
from app.platform.http.routing import Router
from app.platform.web.charts import GRADES, INK, UNRATED, chain_picture
from app.platform.web.derivations import told, told_own
from app.platform.web.listing import Listing, listing
from app.platform.web.money import amount, percent, scale
from app.platform.web.preferences import preferences_of
from app.platform.web.render import page
from app.platform.web.sheets import sheet
from app.platform.web.texts import Texts

router = Router()
STRESS_ROLES = ("risk", "officer", "admin")
FILTERS = ("query", "where", "grade", "binding")
DATA_CREDIT = "data_credit_factor"
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
    t = Texts(preferences_of(request).language)
    chain, members = reading.chain(core), reading.members(core)
    facility, tiers = chain["facility"], chain["tiers"]
    amounts = [row.limit_fen for row in members] + [row.reachable_fen for row in members]
    named = {f"{row.direction}{row.tier}" for row in members}
    asked = {name: request.query_params.get(name, "") for name in FILTERS}
    wanted = listing(
        request,
        _wanted(request, members, _named(request, who, reading)),
        KEYS,
        otherwise="-limit",
        anchor="limits",
    )
    return page(
        request,
        "chain.html",
        core=chain["core"],
        head=chain,
        facility=facility,
        absent=chain.get("absent"),
        use=_use(facility, t),
        headroom_fen=_headroom(facility),
        notices=notices_of(chain, t),
        facility_tree=told(facility["derivation"], t) if facility else None,
        own=told_own(facility, t),
        tiers=tiers,
        tier_unit=scale([row["limit_fen"] for row in tiers], t.language),
        sums=_sums(tiers),
        unit=scale(amounts, t.language),
        list=wanted,
        bindings=sorted({row.binding for row in members if row.binding}),
        graded=sorted({row.grade for row in members if row.grade}, key=(GRADES + UNRATED).index),
        may_stress=who.role in STRESS_ROLES,
        asked=asked,
        counted_only=not who.is_bank and asked["where"] not in {"", *named},
        **_picture(reading, chain, wanted, None if who.is_bank else named),
    )


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence above the figures: what decides, what to mind; `tone` is empty, warn or bad."""

    tone: str
    text: str


def notices_of(chain: Document, t: Texts) -> Sequence[Notice]:
    """Return what a reader of a chain has to know first."""
    facility = chain["facility"]
    if not facility:
        notices = [Notice("bad", t("why_absent", reason=t.reason(chain.get("absent"))))]
        factor = chain.get("data_credit_factor")
        if factor is not None:
            notices.append(Notice("", t("data_credit", factor=percent(factor, 0))))
        return notices
    notices = [Notice("", t.coded("why", facility["binding"]))]
    over_fen = -(_headroom(facility) or 0)
    if over_fen > 0:
        notices.append(Notice("warn", t("over_used", amount=amount(over_fen, t.language))))
    return notices


def _picture(
    reading: Reading, chain: Document, wanted: Listing[Standing], named: Collection[str] | None
) -> dict[str, Any]:
    """Return the picture of the tiers; each block leads to its firms below, if any has a name."""
    groups, flows = reading.picture(chain["core"]["id"])
    drawn = chain_picture(groups, flows)
    tiers = {column_of(row["direction"], row["tier"]): row for row in chain["tiers"]}
    counted: dict[int, dict[str, int]] = defaultdict(dict)
    for group in groups:
        counted[group.column][group.grade] = group.firms
    return {
        "drawn": drawn,
        "grades": [g for g in GRADES + UNRATED if any(group.grade == g for group in groups)],
        "columns": tiers,
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


def column_of(direction: str, tier: int) -> int:
    """
    Return the column of a tier in the picture: suppliers below zero, the core at zero.

    Example:
        >>> column_of("up", 2), column_of("down", 1)
        (-2, 1)
    """
    return tier if direction == "down" else -tier


def place_of(column: int) -> str:
    """
    Return a column as the address says it.

    Example:
        >>> place_of(-2), place_of(1)
        ('up2', 'down1')
    """
    return f"{'down' if column > 0 else 'up'}{abs(column)}"


def _headroom(facility: Document | None) -> int | None:
    if not facility:
        return None
    return headroom_fen(facility["limit_fen"], facility["occupied_fen"], facility["reserved_fen"])


def _use(facility: Document | None, t: Texts) -> str:
    if not facility:
        return ""
    if not facility["limit_fen"]:
        return t("k_occupied_of_nothing")
    return t("k_occupied_note", share=percent(facility["occupied_fen"] / facility["limit_fen"]))


def _sums(tiers: Sequence[Document]) -> Document:
    return {
        key: sum(row[key] or 0 for row in tiers) for key in ("firms", "limit_fen", "reachable_fen")
    }


def _named(request: Request, who: Principal, reading: Reading) -> frozenset[str]:
    """Return the firms that the text finds by credit code or alias; the bank alone knows these."""
    query = request.query_params.get("query", "").strip()
    return reading.directory().matching(query) if query and who.is_bank else frozenset()


def _wanted(
    request: Request, members: Sequence[Standing], named: frozenset[str]
) -> Sequence[Standing]:
    """Return the members that pass the filters in the address."""
    asked = {name: request.query_params.get(name, "") for name in FILTERS}
    query = asked["query"].strip().casefold()
    return [
        row
        for row in members
        if (query in row.name.casefold() or query in row.id.casefold() or row.id in named)
        and asked["where"] in {"", f"{row.direction}{row.tier}"}
        and asked["binding"] in {"", row.binding}
        and (asked["grade"] in {"", row.grade} or row.grade is None)
    ]


@router.get("/chains/{core}/limits.csv", dependencies=[allow(OWN_CHAIN)])
def download_limits(
    request: Request, core: str, who: PrincipalDep, reading: ReadingDep
) -> Response:
    """Return the limits of a chain as CSV, with exact amounts."""
    t = Texts(preferences_of(request).language)
    header = ("id", "name", "direction", "tier", "limit_fen", "reachable_fen", "binding", "absent")
    rows = _wanted(request, reading.members(core), _named(request, who, reading))
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
    ends = {"core": core, "firm": firm}
    return page(
        request,
        "limit.html",
        core={"id": core, "name": names[core]},
        firm={"id": firm, "name": names[firm]},
        head=reading.head(),
        limit=limit,
        notices=limit_notices(limit, t, outside=not who.is_bank),
        derivation=told(limit["derivation"], t) if limit["derivation"] else None,
        reachable=told(limit["reachable"], t) if limit["reachable"] else None,
        own=told_own(limit, t),
        may_chain=OWN_CHAIN.permits(who, ends),
        may_firm=OWN_FIRM.permits(who, ends),
    )


def limit_notices(limit: Document, t: Texts, *, outside: bool) -> Sequence[Notice]:
    """
    Return what decides a limit or why there is none, what to do, and on what it is lent.

    Args:
        limit: The document of one limit.
        t: The words.
        outside: Whether the reader is a core or a firm, who imports nothing.
    """
    if limit["absent"]:
        notices = [Notice("bad", t("why_no_limit", reason=t.reason(limit["absent"])))]
        key = f"no_limit_{limit['absent'].replace(' ', '_').replace(',', '')}"
        if outside and t.has(f"{key}_outside"):
            key = f"{key}_outside"
        return [*notices, Notice("", t(key))] if t.has(key) else notices
    notices = [Notice("", t.coded("why", limit["binding"]))]
    factor = data_credit_factor(limit["derivation"])
    if factor is not None:
        notices.append(Notice("", t("data_credit", factor=percent(factor, 0))))
    return notices


def data_credit_factor(derivation: Document | None) -> str | None:
    """Return what relations count at where the chain has no facility; None where it has one."""
    for node in walk(derivation) if derivation else ():
        if (node.get("source") or {}).get("rule") == DATA_CREDIT:
            return str(node["value"])
    return None


@router.get("/chains/{core}/limits/{firm}/tree", dependencies=[allow(OWN_LIMIT)])
def read_tree(
    request: Request, core: str, firm: str, who: PrincipalDep, reading: ReadingDep
) -> Response:
    """Return both derivations of a limit in words, for the table that opens them in place."""
    limit, t = reading.limit(core, firm), Texts(preferences_of(request).language)
    trees = [limit["derivation"], limit["reachable"] if limit["reachable_fen"] else None]
    told_trees = [told(tree, t) for tree in trees if tree] + told_own(limit, t)
    notices = limit_notices(limit, t, outside=not who.is_bank)
    said = [] if told_trees else [notice.text for notice in notices]
    return JSONResponse({"trees": told_trees, "said": said}, headers={"Cache-Control": "no-store"})
