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
from app.chain.papers.ahead import due_by, sum_fen, to_come
from app.chain.papers.holding import HELD
from app.chain.papers.receivables import CLAIMS, TONES
from app.chain.papers.vouchers import ISSUED_TONES
from app.chain.receivables.repository import WantedReceivables
from app.chain.receivables.standing import MONTH_DAYS, standing
from app.chain.vouchers import service
from app.chain.vouchers.repository import WantedVouchers
from app.chain.vouchers.service import Row
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
    held = service.page(resources, WantedVouchers(holder=firm))
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
        **_offered(held),
        **_limits(resources, who, t),
        **_payments(to_come(claims, held), day, t),
    )


def _offered(held: Sequence[Row]) -> dict[str, Any]:
    """Return the vouchers that wait to be accepted, those whose time ends first before others."""
    offered = [row for row in held if row["state"] == "issued"]
    offered.sort(key=lambda row: (row["accept_by"], row["voucher"]))
    return {"offered": offered[:SHOWN], "offered_count": len(offered)}


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


def _payments(coming: pl.DataFrame, day: dt.date, t: Texts) -> dict[str, Any]:
    """Return what is held, what is paid next, how much soon and by month, and what is late."""
    ahead = coming.filter(pl.col("due_on") >= day.isoformat())
    late = coming.filter(pl.col("due_on") < day.isoformat())
    months = (
        ahead.group_by(month=pl.col("due_on").str.slice(0, 7))
        .agg(count=pl.len(), amount_fen=pl.col("amount_fen").sum())
        .sort("month")
    )
    first = ahead.head(SHOWN).to_dicts()
    own = coming.filter(pl.col("kind") == "voucher")
    return {
        "held_count": own.height,
        "held_fen": sum_fen(own),
        "coming": first,
        "coming_count": ahead.height,
        "coming_fen": sum_fen(ahead),
        "soon_fen": sum_fen(due_by(ahead, day + dt.timedelta(days=MONTH_DAYS))),
        "late_count": late.height,
        "late_fen": sum_fen(late),
        "months": months.head(MONTHS_SHOWN).to_dicts(),
        "coming_unit": scale([row["amount_fen"] for row in first], t.language),
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
