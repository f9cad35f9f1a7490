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
from app.lending.servicing import service as loans
from app.lending.servicing.repository import WantedLoans
from app.platform.auth.sight import EVERYTHING
from app.platform.deps import Resources

LOOKED_AT = 100
SOON_DAYS = 7
TIER = 3
OFFER = "待接受的报价 · an offer that waits to be accepted"
DUE = "本周到期的贷款 · a loan that is due this week"
DECLINED = "未获批，附可行办法 · declined, with a path to yes"
BARE = "三级供应商，没有自己的单证 · third tier, without a document of its own"


def suppliers_shown(resources: Resources, core: str) -> dict[str, str]:
    """
    Return firms with what each has to see, where there is one of each kind.

    Args:
        resources: What the process has open.
        core: In whose chain the firm of the third tier stands.
    """
    kinds = {
        OFFER: _offered(resources),
        DUE: _due(resources),
        DECLINED: _declined(resources),
        BARE: _bare(resources, core),
    }
    shown: dict[str, str] = {}
    for words, firms in kinds.items():
        firm = next((each for each in firms if each not in shown), None)
        if firm is not None:
            shown[firm] = words
    return shown


def _offered(resources: Resources) -> Iterator[str]:
    """Yield who has an offer that is not over by the day, first those who may draw it today."""
    found = [each for _, each in _applications(resources, "approved")]
    firms = [each["firm"] for each in found if each["state"] == "approved"]
    able = [firm for firm in firms if _may_draw(resources, firm)]
    yield from dict.fromkeys([*able, *firms])


def _may_draw(resources: Resources, firm: str) -> bool:
    """Return whether no account of a firm is over since its limits were set last, nothing late."""
    over = any(each.excess for each in accounts_about(resources, core="", firm=firm))
    late = [WantedLoans(firm=firm, state=state) for state in ("overdue", "defaulted")]
    found = (loans.listed(resources, each, EVERYTHING, after="", size=1) for each in late)
    return not over and not any(found)


def _declined(resources: Resources) -> Iterator[str]:
    for _, each in _applications(resources, "declined"):
        if each["decision"]["path_to_yes"]:
            yield each["firm"]


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


def _holds_nothing(results: Shown, core: str, firm: str) -> bool:
    basis = results.basis(core, firm)
    return basis is not None and int(str(basis.leaves.position.held.amounts_fen)) == 0
