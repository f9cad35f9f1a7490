"""What every page says of receivables, vouchers, requests: what waits, and what a text finds."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from urllib.parse import quote, urlencode

from app.books.business_day import business_day
from app.chain.accounts.service import Named, names
from app.chain.papers import holding, receivables, requests, vouchers
from app.chain.receivables.repository import WantedReceivables
from app.chain.receivables.standing import numbered, open_count
from app.chain.requests.repository import WantedRequests
from app.chain.requests.service import standing
from app.chain.vouchers.listing import VoucherOrder, VouchersListed, listed, sums
from app.platform.auth.principals import Principal
from app.platform.deps import Resources
from app.platform.errors import Absent
from app.platform.web.found import FOUND_MAX, FoundKind, FoundThing
from graph.errors import NotFound

BY_NUMBER = VoucherOrder("number", descending=False, words=str)


def waiting_of(resources: Resources, who: Principal) -> Mapping[str, int]:
    """Return how many requests wait for a firm, and payables for a core to be confirmed."""
    if who.firm is None:
        return {}
    try:
        version = resources.version()
    except (Absent, NotFound):  # Before the first version nobody owes anything.
        return {}
    asked = len(standing(resources, WantedRequests(asked=who.firm)))
    if who.role != "core":
        return {requests.PLACE: asked}
    return {
        requests.PLACE: asked,
        receivables.PAYABLES: open_count(resources, version, who.firm),
    }


def found_by(resources: Resources, who: Principal, text: str) -> Sequence[FoundKind]:
    """Return receivables and vouchers whose number holds a text: the reader's own, or any."""
    try:
        resources.version()
    except (Absent, NotFound):
        return ()
    named = names(resources)
    every = VouchersListed(business_day(resources), text=text)
    found = [
        _receivables(resources, text, place, wanted, named)
        for place, wanted in _receivables_of(who).items()
    ]
    found += [
        _vouchers(resources, place, wanted, named)
        for place, wanted in _vouchers_of(who, every).items()
    ]
    return found


def _receivables_of(who: Principal) -> Mapping[str, WantedReceivables]:
    """Return in which lists somebody has receivables, and which."""
    if who.is_bank:
        return {receivables.ALL: WantedReceivables()}
    own = {receivables.CLAIMS: WantedReceivables(creditor=who.firm or "")}
    if who.role != "core":
        return own
    return {receivables.PAYABLES: WantedReceivables(debtor=who.firm or ""), **own}


def _vouchers_of(who: Principal, every: VouchersListed) -> Mapping[str, VouchersListed]:
    """Return in which lists somebody has vouchers, and which."""
    if who.is_bank:
        return {holding.ALL: every}
    own = {holding.HELD: replace(every, holder=who.firm or "")}
    if who.role != "core":
        return own
    return {vouchers.VOUCHERS: replace(every, issuer=who.firm or ""), **own}


def _receivables(
    resources: Resources, text: str, place: str, wanted: WantedReceivables, named: Named
) -> FoundKind:
    total, rows = numbered(resources, resources.version(), wanted, text, size=FOUND_MAX)
    first = [
        FoundThing(
            row["receivable"],
            f"{named(row['creditor'])} ← {named(row['debtor'])}",
            f"{place}/{quote(row['receivable'], safe='')}",
        )
        for row in rows
    ]
    return FoundKind("receivable", total, first, f"{place}?{urlencode({'query': text})}")


def _vouchers(resources: Resources, place: str, wanted: VouchersListed, named: Named) -> FoundKind:
    rows = listed(resources.records, wanted, BY_NUMBER, (0, FOUND_MAX))
    first = [
        FoundThing(
            row["voucher"], named(row["issuer"]), f"{place}/{quote(row['voucher'], safe='')}"
        )
        for row in rows
    ]
    total = sums(resources.records, wanted).count
    return FoundKind("voucher", total, first, f"{place}?{urlencode({'query': wanted.text})}")
