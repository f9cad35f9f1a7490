"""The first page of a firm: how much it can get, what waits, what it holds, what it is paid."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import polars as pl
from fastapi import Request
from starlette.responses import Response

from app.books.business_day import business_day
from app.books.ledger.reading import AccountsAsked, accounts_after, one_account
from app.chain.accounts.service import names
from app.chain.limits.documents import everywhere, results_of
from app.chain.papers.ahead import PaymentsAhead, to_come
from app.chain.papers.holding import HELD
from app.chain.papers.receivables import CLAIMS, TONES
from app.chain.papers.vouchers import ISSUED_TONES
from app.chain.receivables.repository import WantedReceivables
from app.chain.receivables.standing import MONTH_DAYS, standing
from app.chain.vouchers.payments import offered, to_holder
from app.data.versions.service import AskedVersion
from app.platform.auth.principals import Principal
from app.platform.auth.rules import HOLDERS, OWN_LIMIT, PrincipalDep, allow
from app.platform.auth.sight import sight_of
from app.platform.deps import Resources
from app.platform.deps.routes import ResourcesDep
from app.platform.documents import Document
from app.platform.errors import Absent
from app.platform.http.routing import Router
from app.platform.web.money import scale
from app.platform.web.preferences import preferences_of
from app.platform.web.render import page
from app.platform.web.texts import Texts
from graph.errors import NotFound

router = Router()
PLACE = "/my"
SHOWN, MONTHS_SHOWN = 12, 12


@router.get(PLACE, dependencies=[allow(HOLDERS)])
def show_own(request: Request, who: PrincipalDep, resources: ResourcesDep) -> Response:
    """Return what a firm can get, what waits for it, what it holds, and when it is paid."""
    t, firm = Texts(preferences_of(request).language), who.firm or ""
    day = business_day(resources)
    claims = standing(resources, resources.version(), WantedReceivables(creditor=firm), day)
    waiting, count = offered(resources.records, firm, size=SHOWN)
    held = to_holder(resources.records, firm, since=day, size=SHOWN)
    return page(
        request,
        "holder_first.html",
        firm=firm,
        named=names(resources),
        day_now=day.isoformat(),
        unconfirmed=claims.filter(pl.col("state") == "open").height,
        tones=TONES | ISSUED_TONES,
        claims=CLAIMS,
        vouchers=HELD,
        offered=waiting,
        offered_count=count,
        **_limits(resources, who, t),
        **_payments(to_come(claims, held, since=day, size=SHOWN), day, t),
    )


def _limits(resources: Resources, who: Principal, t: Texts) -> dict[str, Any]:
    """Return a firm's limits by chain and together, and whose derivation it may open."""
    firm, chains = who.firm or "", _chains(resources, who)
    return {
        "chains": chains,
        "limit_fen": sum(row["limit_fen"] or 0 for row in chains),
        "amount_fen": _amount_fen(resources, firm, chains),
        "opens": [row["id"] for row in chains if OWN_LIMIT.permits(who, _path(row["id"], firm))],
        "unit": scale([row["limit_fen"] for row in chains], t.language),
    }


def _payments(coming: PaymentsAhead, day: dt.date, t: Texts) -> dict[str, Any]:
    """Return what is held, what is paid next, how much soon and by month, and what is late."""
    held_count, held_fen = coming.of_kind("voucher")
    count, fen = coming.between(day, None)
    late_count, late_fen = coming.between(None, day - dt.timedelta(days=1))
    return {
        "held_count": held_count,
        "held_fen": held_fen,
        "coming": coming.first,
        "coming_count": count,
        "coming_fen": fen,
        "soon_fen": coming.between(day, day + dt.timedelta(days=MONTH_DAYS))[1],
        "late_count": late_count,
        "late_fen": late_fen,
        "months": coming.months(day).head(MONTHS_SHOWN).to_dicts(),
        "coming_unit": scale([row["amount_fen"] for row in coming.first], t.language),
    }


def _chains(resources: Resources, who: Principal) -> Sequence[Document]:
    """Return a firm's limits, the largest first, each with what is left of its account now."""
    firm = who.firm or ""
    try:
        found = everywhere(results_of(resources, AskedVersion(), sight_of(who)), firm)
    except (Absent, NotFound):
        return ()
    asked = AccountsAsked(layer="chain", firm=firm)
    accounts = accounts_after(resources.records, asked, resources.now())
    left = {each.identity.core: each.available for each in accounts}
    rows = [{**row, **row["core"], "left_fen": left.get(row["core"]["id"])} for row in found]
    return sorted(rows, key=lambda row: -(row["limit_fen"] or 0))


def _amount_fen(resources: Resources, firm: str, chains: Sequence[Document]) -> int:
    """Return what a firm can get now: what its chains leave, within what it may owe altogether."""
    left = sum(row["left_fen"] or 0 for row in chains)
    own = one_account(resources.records, f"firm:{firm}", resources.now())
    return left if own is None else min(left, own.available)


def _path(core: str, firm: str) -> dict[str, str]:
    return {"core": core, "firm": firm}
