"""Which firms of the demo have something to see, and what."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from app.books.business_day import business_day
from app.chain.accounts.service import accounts_about
from app.chain.limits.documents import results_of
from app.chain.limits.shown import Shown
from app.data.versions.service import AskedVersion
from app.lending.applications import service as applications
from app.lending.applications.repository import WantedApplications
from app.lending.decisions.forms import act_of
from app.lending.servicing import service as loans
from app.lending.servicing.repository import WantedLoans
from app.platform.auth.sight import EVERYTHING
from app.platform.deps import Resources
from graph.model import FirmId

LOOKED_AT = 100
PARTNERS_READ = 100
SOON_DAYS = 7
TIER = 3
OFFER = "待接受的报价 · an offer that waits to be accepted"
DUE = "本周到期的贷款 · a loan that is due this week"
DECLINED = "未获批，附可行办法 · declined, with a path to yes"
BARE = "三级供应商，没有自己的单证 · third tier, without a document of its own"
PASSES = "二级供应商，可向其拆分转让凭证 · second tier, who can pass a voucher on to it"
ISSUED = "一级供应商，收核心企业的凭证 · first tier, to whom the core issues vouchers"


def suppliers_shown(resources: Resources, core: str) -> dict[str, str]:
    """
    Return firms with what each has to see, where there is one of each kind.

    Args:
        resources: What the process has open.
        core: In whose chain the firm of the third tier stands, and those above it.
    """
    down = next(_down(resources, core), ())
    kinds = {
        OFFER: _offered(resources),
        DUE: _due(resources),
        DECLINED: _declined(resources, core),
        BARE: iter(down[-1:] or tuple(_bare(resources, core))),
        PASSES: iter(down[1:2]),
        ISSUED: iter(down[:1]),
    }
    shown: dict[str, str] = {}
    for words, firms in kinds.items():
        firm = next(
            (each for each in firms if each not in shown or words in (PASSES, ISSUED)), None
        )
        if firm is not None:
            shown[firm] = " / ".join([shown[firm], words]) if firm in shown else words
    return shown


def _offered(resources: Resources) -> Iterator[str]:
    """Yield who has an offer that is not over by the day, first those who may draw it today."""
    found = [each for _, each in _applications(resources, "approved")]
    firms = [each["firm"] for each in found if each["state"] == "approved"]
    able = [firm for firm in firms if _may_draw(resources, firm)]
    yield from dict.fromkeys([*able, *firms])


def _may_draw(resources: Resources, firm: str) -> bool:
    """Return whether no account of a firm is over or frozen, and nothing of it is late."""
    seen = accounts_about(resources, core="", firm=firm)
    over = any(each.excess or each.state == "frozen" for each in seen)
    late = [WantedLoans(firm=firm, state=state) for state in ("overdue", "defaulted")]
    found = (loans.listed(resources, each, EVERYTHING, after="", size=1) for each in late)
    return not over and not any(found)


def _declined(resources: Resources, core: str) -> Iterator[str]:
    """Yield who was told what leads to yes, first those whom the core can help to it."""
    found = [each for _, each in _applications(resources, "declined")]
    ways = [each for each in found if each["decision"]["path_to_yes"]]
    yield from (each["firm"] for each in ways if each["core"] == core and _is_confirmed(each))
    yield from (each["firm"] for each in ways)


def _is_confirmed(declined: dict[str, Any]) -> bool:
    """Return whether a way to yes is that receivables are confirmed."""
    steps = declined["decision"]["path_to_yes"]
    return any(act_of(each["leaf"])[0] == "confirm" for each in steps)


def _applications(resources: Resources, state: str) -> list[tuple[int, dict[str, Any]]]:
    wanted = WantedApplications(state=state)
    return applications.listed(resources, EVERYTHING, wanted, size=LOOKED_AT)


def _due(resources: Resources) -> Iterator[str]:
    """Yield who has a loan of which something falls due soon."""
    today = business_day(resources)
    soon = today + dt.timedelta(days=SOON_DAYS)
    found = loans.listed(
        resources, WantedLoans(state="active"), EVERYTHING, after="", size=LOOKED_AT
    )
    for each in found:
        if today <= dt.date.fromisoformat(str(each["due_on"])) <= soon:
            yield each["firm"]


def _bare(resources: Resources, core: str) -> Iterator[str]:
    """Yield firms of the third tier that hold no document of the core."""
    results = results_of(resources, AskedVersion(), EVERYTHING)
    members, _ = results.members(core, "limit_fen", descending=True)
    for each in members:
        if each.direction == "up" and each.tier == TIER and _holds_nothing(results, core, each.id):
            yield each.id


def _down(resources: Resources, core: str) -> Iterator[tuple[str, str, str]]:
    """Yield who passes a voucher down to whom: tier one, two, and a third that holds nothing."""
    results = results_of(resources, AskedVersion(), EVERYTHING)
    members, _ = results.members(core, "limit_fen", descending=True)
    tiers = {e.id: e.tier for e in members if e.direction == "up" and e.absent is None}
    reader = resources.store.reader(results.head.version)
    for third in _bare(resources, core):
        basis = results.basis(core, third)
        givers = () if basis is None or not _may_draw(resources, third) else basis.arriving
        for second in sorted(e for e in givers if tiers.get(e) == TIER - 1):
            trades = reader.trades_of(FirmId(second), size=PARTNERS_READ)
            buyers = sorted(str(each.buyer) for each in trades if each.supplier == second)
            yield from ((first, second, third) for first in buyers if tiers.get(first) == 1)


def _holds_nothing(results: Shown, core: str, firm: str) -> bool:
    basis = results.basis(core, firm)
    return basis is not None and int(str(basis.leaves.position.held.amounts_fen)) == 0
