"""Firms: searching them, and the page of one."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from starlette.responses import Response

from app.auth.rules import BANK, OWN_FIRM, PrincipalDep, allow
from app.kit.routing import Router
from app.pages.chains import STRESS_ROLES
from app.pages.raising import passers, raising
from app.pages.reading import Document, Reading, ReadingDep, Standing
from app.web.money import percent
from app.web.preferences import preferences_of
from app.web.render import page
from app.web.texts import Texts
from graph.model import Attribute, table

router = Router()
QUERY_LENGTH_MAX = 80
PARTNERS_SHOWN = 12
HIDDEN = frozenset({"firm", "name", "core", "listed"})


@dataclass(frozen=True, slots=True)
class Fact:
    """One attribute of a firm: its words, and money or text."""

    label: str
    text: str
    fen: int | None = None


@router.get("/firms", dependencies=[allow(BANK)])
def search_firms(request: Request, reading: ReadingDep, query: str = "") -> Response:
    """Return the firms that a text finds."""
    text = query.strip()[:QUERY_LENGTH_MAX]
    found = reading.search(text) if text else ()
    return page(request, "firms.html", query=text, found=found)


@router.get("/firms/{firm}", dependencies=[allow(OWN_FIRM)])
def show_firm(request: Request, firm: str, who: PrincipalDep, reading: ReadingDep) -> Response:
    """Return the page of a firm."""
    t = Texts(preferences_of(request).language)
    known, chains = reading.firm(firm), reading.chains_of(firm)
    buyers, suppliers = reading.partners(firm)
    return page(
        request,
        "firm.html",
        firm={"id": firm, "name": known["name"], "core": bool(known.get("core"))},
        head=reading.head(),
        facts=facts_of(known, t),
        chains=chains,
        total_fen=sum(row.limit_fen or 0 for row in chains),
        reachable_fen=sum(row.reachable_fen or 0 for row in chains),
        raises=_raises(reading, firm, chains, t),
        buyers=buyers,
        suppliers=suppliers,
        shown=PARTNERS_SHOWN,
        may_stress=who.role in STRESS_ROLES,
    )


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


def _raises(reading: Reading, firm: str, chains: Sequence[Standing], t: Texts) -> Sequence[str]:
    """Return what would raise the firm's largest limit."""
    known = [row for row in chains if row.absent is None]
    if not known:
        return ()
    row = max(known, key=lambda r: (r.limit_fen or 0) + (r.reachable_fen or 0))
    limit = reading.limit(row.id, firm)
    return raising(limit, t, reading.names(passers(limit)), chain=row.name)
