"""The first page of a core: its limit, what waits for it, and what it has to pay."""

import datetime as dt
from typing import Any

import polars as pl
from fastapi import Request
from starlette.responses import Response

from app.books.approvals.service import listed
from app.books.business_day import business_day
from app.chain.accounts.service import names
from app.chain.chains.facilities import facility_of
from app.chain.limits.documents import results_of
from app.chain.papers.ahead import to_confirm, to_pay
from app.chain.papers.own_limit import limit_of
from app.chain.papers.receivables import PAYABLES, TONES
from app.chain.papers.vouchers import ISSUED_TONES, VOUCHERS
from app.chain.receivables.repository import WantedReceivables
from app.chain.receivables.service import terms_now
from app.chain.receivables.standing import WEEK_DAYS, standing
from app.chain.vouchers import service
from app.chain.vouchers.acts import STOP
from app.chain.vouchers.payments import of_issuer
from app.data.versions.service import AskedVersion
from app.platform.auth.principals import Principal
from app.platform.auth.rules import CORE_PEOPLE, PrincipalDep, allow
from app.platform.auth.sight import sight_of
from app.platform.deps import Resources
from app.platform.deps.routes import ResourcesDep
from app.platform.errors import Absent
from app.platform.http.routing import Router
from app.platform.web.money import scale
from app.platform.web.preferences import preferences_of
from app.platform.web.render import page
from app.platform.web.texts import Texts
from graph.errors import NotFound

router = Router()
PLACE = "/core"
SHOWN = 8
APPROVALS_MAX = 1000


@router.get(PLACE, dependencies=[allow(CORE_PEOPLE)])
def show_core(request: Request, who: PrincipalDep, resources: ResourcesDep) -> Response:
    """Return what a core has to know and to do today."""
    t, core = Texts(preferences_of(request).language), who.firm or ""
    day = business_day(resources)
    owed = standing(resources, resources.version(), WantedReceivables(debtor=core), day)
    return page(
        request,
        "core_first.html",
        core=core,
        named=names(resources),
        day_now=day.isoformat(),
        stopped=STOP if service.is_stopped(resources, core) else "",
        tones=TONES | ISSUED_TONES,
        payables=PAYABLES,
        vouchers=VOUCHERS,
        **_waits(resources, owed, t),
        **_due(resources, core, owed, t),
        **_approvals(resources, who),
        **limit_of(resources, core, t),
        **_binding(resources, who, t),
    )


def _waits(resources: Resources, owed: pl.DataFrame, t: Texts) -> dict[str, Any]:
    """Return what waits to be confirmed, and until when that is in time."""
    terms = terms_now(resources)
    waits = to_confirm(owed, terms, size=SHOWN)
    unit = scale([row["face_fen"] for row in waits.first], t.language)
    return {"waits": waits, "waits_unit": unit, "confirm_days": terms.confirm_days}


def _due(resources: Resources, core: str, owed: pl.DataFrame, t: Texts) -> dict[str, Any]:
    """Return what is due within a week, and what is past due."""
    day = business_day(resources)
    last = day + dt.timedelta(days=WEEK_DAYS)
    issued = of_issuer(resources.records, core, until=last, size=SHOWN)
    due = to_pay(owed, issued, until=last, size=SHOWN)
    count, fen = due.between(day, None)
    late_count, late_fen = due.between(None, day - dt.timedelta(days=1))
    return {
        "due": due.first,
        "due_count": count,
        "due_fen": fen,
        "late_count": late_count,
        "late_fen": late_fen,
        "due_unit": scale([row["amount_fen"] for row in due.first], t.language),
    }


def _approvals(resources: Resources, who: Principal) -> dict[str, Any]:
    """Return how many approvals wait for this person, and how many for somebody else."""
    waiting = [row for _, row in listed(resources, who, state="open", size=APPROVALS_MAX)]
    own = sum(row["maker"] == who.person for row in waiting)
    return {"approvals": len(waiting) - own, "approvals_own": own}


def _binding(resources: Resources, who: Principal, t: Texts) -> dict[str, Any]:
    """Return what holds the limit of a core where it is, in words; nothing before the first run."""
    try:
        results = results_of(resources, AskedVersion(), sight_of(who))
        granted = facility_of(results, who.firm or "")
    except (Absent, NotFound):
        return {"binding": "", "why": ""}
    if granted.absent is not None:
        return {"binding": "", "why": t("why_absent", reason=t.reason(granted.absent))}
    return {"binding": t.coded("binding", granted.binding), "why": t.coded("why", granted.binding)}
