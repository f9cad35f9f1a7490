"""Firms: searching them, and the page of one."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from fastapi import Request
from starlette.responses import Response

from app.chain.firms import service
from app.chain.firms.directory import (
    CORE,
    FACETS,
    IN_NO_CHAIN,
    TIER,
    UNKNOWN,
    Directory,
    DirectoryFirm,
    Wanted,
    directory_of,
)
from app.chain.groups.service import group_of_firm
from app.chain.limits import documents
from app.chain.limits.raising import passers, raising
from app.chain.limits.reading import ShownDep
from app.chain.limits.shown import Shown
from app.data.versions.service import documents as versions_of
from app.platform.auth.rules import ANALYSTS, BANK, OWN_FIRM, OWN_LIMIT, PrincipalDep, allow
from app.platform.deps.routes import ResourcesDep
from app.platform.documents import Document
from app.platform.http.routing import Router
from app.platform.views.repository import views_of
from app.platform.web.columns import ListColumn, ListTable
from app.platform.web.downloads import download
from app.platform.web.facets import Facet, Option
from app.platform.web.listing import SIZE, chosen_of, one_page, order_of, page_of, text_of
from app.platform.web.money import percent, scale
from app.platform.web.preferences import preferences_of
from app.platform.web.render import page
from app.platform.web.texts import Texts
from graph.model import Attribute, table

router = Router()
PARTNERS_SHOWN = 12
COUNTERPARTIES = "counterparties"
HIDDEN = frozenset({"firm", "name", "core", "listed"})


@dataclass(frozen=True, slots=True)
class Fact:
    """One attribute of a firm: its words, and money or text."""

    label: str
    text: str
    fen: int | None = None


@router.get("/firms", dependencies=[allow(BANK)])
def search_firms(
    request: Request, who: PrincipalDep, resources: ResourcesDep, results: ShownDep
) -> Response:
    """Return the directory of all firms, searched and filtered as the address says."""
    t, wanted = Texts(preferences_of(request).language), _wanted(request)
    directory, table = directory_of(resources, results), _table(t, wanted)
    order = order_of(request, table)
    total, hidden = directory.count(wanted)
    start = (page_of(request, total) - 1) * SIZE
    found = directory.find(
        wanted, sort=order.sort, descending=order.descending, start=start, size=SIZE
    )
    return page(
        request,
        "firms.html",
        views=views_of(resources.records, who, "firms"),
        head=results.head,
        versions=versions_of(resources, results.sight),
        list=one_page(request, table, found, total),
        hidden=hidden,
        wanted=wanted,
        facets=_facets(results, directory, wanted, t),
        unit=scale([row.limit_fen for row in found], t.language),
    )


@router.get("/firms.csv", dependencies=[allow(BANK)])
@router.get("/firms.xlsx", dependencies=[allow(BANK)])
def download_firms(request: Request, resources: ResourcesDep, results: ShownDep) -> Response:
    """Return the same firms in the same order as a file, all of them."""
    t, wanted = Texts(preferences_of(request).language), _wanted(request)
    directory, table = directory_of(resources, results), _table(t, wanted)
    order = order_of(request, table)
    found = directory.find(wanted, sort=order.sort, descending=order.descending)
    return download(request, table, found, results.head.document())


def _table(t: Texts, wanted: Wanted) -> ListTable[DirectoryFirm]:
    """Return the directory as a list; the closest come first where it is searched."""
    return ListTable(
        "firms",
        lambda row: row.id,
        (
            ListColumn("name", "firm", "text", lambda row: row.name),
            ListColumn("sector", "sector", "text", lambda row: t.sector(row.sector), look="short"),
            ListColumn("region", "facet_region", "text", lambda row: row.region, look="tier"),
            ListColumn("grade", "grade", "text", lambda row: row.grade),
            ListColumn("nearest", "nearest", "text", lambda row: _nearest(row, t), look="tier"),
            ListColumn("chains", "chains", "count", lambda row: row.chains),
            ListColumn("kind", "kind", "text", lambda row: _kind(row, t), look="tier", asked=True),
            ListColumn("limit", "limit_total", "money", lambda row: row.limit_fen, look="strong"),
        ),
        "match" if wanted.text else "-limit",
        orders=("match",),
    )


def _kind(row: DirectoryFirm, t: Texts) -> str:
    """Return what a firm is beside one of many: a core, or known as a counterparty only."""
    if row.core:
        return t("core")
    return "" if row.listed else t("counterparty")


def _nearest(row: DirectoryFirm, t: Texts) -> str | None:
    return t.place(row.place) if row.place else None


def _wanted(request: Request) -> Wanted:
    return Wanted(
        text=text_of(request),
        facets=chosen_of(request, (*FACETS, TIER, CORE)),
        counterparties=request.query_params.get(COUNTERPARTIES) == "1",
    )


def _facets(results: Shown, directory: Directory, wanted: Wanted, t: Texts) -> Sequence[Facet]:
    """Return the values of every facet in words, with the number of firms that each would show."""
    counts = directory.facets(wanted)
    words: Mapping[str, Callable[[str], str]] = {
        "region": lambda value: value,
        "sector": t.sector,
        "grade": partial(t.coded, "grade"),
        TIER: t.place,
        CORE: results.name,
    }
    facets = []
    for name, tell in words.items():
        chosen, pairs = wanted.facets[name], [*counts[name]]
        if chosen and chosen not in dict(pairs):
            pairs.append((chosen, 0))
        if name in {"grade", TIER}:  # In the order of the thing, not of the counts.
            pairs.sort(key=lambda pair: _rank(pair[0]))
        unknown = t("not_given") if name != "grade" else tell(UNKNOWN)
        options = [Option(v, unknown if v == UNKNOWN else tell(v), n) for v, n in pairs]
        facets.append(Facet(name, t(f"facet_{name}"), chosen, options))
    return facets


def _rank(value: str) -> tuple[bool, str]:
    """Return what grades and places are sorted by: those that are not known come last."""
    return value in {UNKNOWN, IN_NO_CHAIN}, value.replace("up", "a").replace("down", "b")


@router.get("/firms/{firm}", dependencies=[allow(OWN_FIRM)])
def show_firm(
    request: Request, firm: str, who: PrincipalDep, resources: ResourcesDep, results: ShownDep
) -> Response:
    """Return the page of a firm."""
    t = Texts(preferences_of(request).language)
    reader = resources.store.reader(results.head.version)
    known, chains = service.firm_document(reader, firm, results.sight), _chains(results, firm)
    buyers, suppliers = service.partners(reader, firm, results.name)
    return page(
        request,
        "firm.html",
        firm={"id": firm, "name": known["name"], "core": bool(known.get("core"))},
        head=results.head,
        versions=versions_of(resources, results.sight),
        facts=facts_of(known, t),
        chains=chains,
        opens={
            row["id"] for row in chains if OWN_LIMIT.permits(who, {"core": row["id"], "firm": firm})
        },
        total_fen=sum(row["limit_fen"] or 0 for row in chains),
        reachable_fen=sum(row["reachable_fen"] or 0 for row in chains),
        raises=_raises(results, firm, chains, t),
        buyers=buyers,
        suppliers=suppliers,
        shown=PARTNERS_SHOWN,
        group=group_of_firm(resources, results, firm),
        may_stress=ANALYSTS.permits(who, {}),
    )


def _chains(results: Shown, firm: str) -> Sequence[Document]:
    """Return the limits of a firm in its chains, the largest first, each under its core's name."""
    found = [{**each, **each["core"]} for each in documents.everywhere(results, firm)]
    return sorted(found, key=lambda row: -(row["limit_fen"] or 0))


def facts_of(known: Document, t: Texts) -> Sequence[Fact]:
    """Return what is known of a firm, in the order of the data model; nothing that is absent."""
    return [
        _fact(attribute, known[attribute.name], t)
        for attribute in table("firms").attributes
        if attribute.name not in HIDDEN and known.get(attribute.name) is not None
    ]


def _fact(attribute: Attribute, value: Any, t: Texts) -> Fact:
    label = re.split("[（:]", getattr(attribute.description, t.language))[0]  # No list of values.
    if attribute.type == "fen":
        return Fact(label, "", int(value))
    if attribute.type == "ratio":
        return Fact(label, percent(value))
    if attribute.name == "sector":
        return Fact(label, t.sector(str(value)))
    return Fact(label, t.coded("size", str(value)))


def _raises(results: Shown, firm: str, chains: Sequence[Document], t: Texts) -> Sequence[str]:
    """Return what would raise the firm's largest limit."""
    known = [row for row in chains if row["absent"] is None]
    if not known:
        return ()
    row = max(known, key=lambda r: (r["limit_fen"] or 0) + (r["reachable_fen"] or 0))
    limit = documents.firm(results, row["id"], firm)
    names = {passer: results.name(passer) for passer in passers(limit)}
    return raising(limit, t, names, chain=row["name"])
