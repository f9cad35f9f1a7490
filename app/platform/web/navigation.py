"""What somebody's navigation leads to: for the bank in groups, by what people come for."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from urllib.parse import quote

from app.platform.auth.principals import Principal
from app.platform.web.areas import WORK


@dataclass(frozen=True, slots=True)
class NavigationEntry:
    """One entry of the navigation."""

    path: str
    key: str
    icon: str
    pinned: bool = False  # Whether it keeps the version that the address names.
    alone: bool = False  # Whether no page below its address is its own.
    group: str = ""  # The words of what it stands under; empty: under nothing.


@dataclass(frozen=True, slots=True)
class NavigationGroup:
    """Entries that stand together; without words where nothing is grouped."""

    words: str
    entries: Sequence[NavigationEntry]


RULES = NavigationEntry("/rules", "nav_rules", "rules")
REQUESTS = NavigationEntry("/my/requests", "nav_requests", "requests")
OF_BANK: dict[str, Sequence[NavigationEntry]] = {
    "nav_group_work": (
        NavigationEntry(WORK, "nav_work", "work", alone=True),
        NavigationEntry(WORK + "/approvals", "nav_approvals", "approvals"),
        NavigationEntry(WORK + "/papers", "nav_handed_in", "sources"),
    ),
    "nav_group_lending": (
        NavigationEntry(WORK + "/applications", "nav_all_applications", "held"),
        NavigationEntry(WORK + "/loans", "nav_bank_loans", "loans"),
        NavigationEntry(WORK + "/portfolio", "nav_portfolio", "portfolio"),
    ),
    "nav_group_documents": (
        NavigationEntry(WORK + "/accounts", "nav_accounts", "accounts"),
        NavigationEntry(WORK + "/receivables", "nav_receivables", "papers"),
        NavigationEntry(WORK + "/vouchers", "nav_vouchers", "vouchers"),
    ),
    "nav_group_clients": (
        NavigationEntry("/cores", "nav_cores", "cores", pinned=True),
        NavigationEntry("/firms", "nav_firms", "firm", pinned=True),
        NavigationEntry("/groups", "nav_groups", "groups", pinned=True),
    ),
    "nav_group_risk": (
        NavigationEntry("/exposures", "nav_exposures", "exposures"),
        NavigationEntry("/stress", "nav_stress", "stress"),
    ),
    "nav_group_bank": (
        NavigationEntry("/sources", "nav_sources", "sources"),
        NavigationEntry("/admin/people", "nav_people", "people"),
        RULES,
        NavigationEntry("/audit", "nav_audit", "audit", alone=True),
        NavigationEntry("/audit/events", "nav_events", "events"),
    ),
}
BELOW = {"/chains/": "/cores", "/imports/": "/sources"}  # Pages that stand elsewhere.
ONLY = {  # Of the bank's roles; every other entry is for all of them.
    "/stress": ("risk", "officer", "admin"),
    "/sources": ("risk", "admin"),
    "/admin/people": ("admin",),
    "/audit": ("auditor", "admin"),
    "/audit/events": ("auditor", "admin"),
}


def places(who: Principal | None) -> Sequence[NavigationEntry]:
    """Return what somebody's navigation leads to."""
    if who is None:
        return ()
    if who.is_bank:
        return [
            replace(each, group=words)
            for words, entries in OF_BANK.items()
            for each in entries
            if who.role in ONLY.get(each.path, (who.role,))
        ]
    return _of_core(who) if who.role == "core" else _of_firm(who)


def groups(entries: Sequence[NavigationEntry]) -> Sequence[NavigationGroup]:
    """
    Return entries by what they stand under, in their order.

    Example:
        >>> officer = Principal("o", "officer")
        >>> [len(each.entries) for each in groups(places(officer))]
        [3, 3, 3, 3, 2, 1]
    """
    return [
        NavigationGroup(words, list(together))
        for words, together in groupby(entries, key=lambda each: each.group)
    ]


def chosen(entries: Sequence[NavigationEntry], path: str) -> str:
    """
    Return the entry to which a page belongs, by its address: the nearest above it; empty: none.

    Example:
        >>> core = places(Principal("c", "core", "C1"))
        >>> chosen(core, "/my/requests"), chosen(core, "/my/vouchers"), chosen(core, "/mail")
        ('/my/requests', '/my', '')
    """
    moved = next((to for begins, to in BELOW.items() if path.startswith(begins)), path)
    above = [
        each.path
        for each in entries
        if moved == each.path or (path.startswith(f"{each.path}/") and not each.alone)
    ]
    own = [each.path for each in entries if path == each.path]
    return max(own or above, key=len, default="")


def _of_core(who: Principal) -> Sequence[NavigationEntry]:
    own = quote(who.firm or "", safe="")
    return [
        NavigationEntry("/core", "nav_first", "first", alone=True),
        NavigationEntry("/core/payables", "nav_payables", "papers"),
        NavigationEntry("/core/vouchers", "nav_vouchers", "vouchers"),
        REQUESTS,
        NavigationEntry("/core/approvals", "nav_approvals", "approvals"),
        NavigationEntry(f"/chains/{own}", "nav_own_chain", "cores", pinned=True),
        NavigationEntry("/my", "nav_own_paper", "held"),
        RULES,
    ]


def _of_firm(who: Principal) -> Sequence[NavigationEntry]:
    own = quote(who.firm or "", safe="")
    return [
        NavigationEntry("/my", "nav_first", "first", alone=True),
        NavigationEntry("/my/apply", "nav_apply", "apply"),
        NavigationEntry("/my/applications", "nav_applications", "applications"),
        NavigationEntry("/my/papers", "nav_own_papers", "sources"),
        NavigationEntry("/my/loans", "nav_loans", "loans"),
        NavigationEntry("/my/calendar", "nav_calendar", "calendar"),
        NavigationEntry("/my/receivables", "nav_claims", "papers"),
        NavigationEntry("/my/vouchers", "nav_held", "vouchers"),
        REQUESTS,
        NavigationEntry(f"/firms/{own}", "nav_own_firm", "firm", pinned=True),
        RULES,
    ]
