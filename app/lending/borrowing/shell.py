"""What every page of a firm says of its loans: how much waits, and what a text finds."""

from collections.abc import Mapping, Sequence
from urllib.parse import quote, urlencode

from app.chain.accounts.service import names
from app.chain.papers.holding import HELD
from app.chain.vouchers.payments import offered
from app.lending.applications.steps import FIRM_STATES
from app.lending.borrowing import repository
from app.lending.borrowing.told import LOANS, PLACE
from app.platform.auth.principals import Principal
from app.platform.deps import Resources
from app.platform.web.areas import WORK
from app.platform.web.found import FOUND_MAX, FoundKind, FoundThing

FIRST = "/my"


def waiting_of(resources: Resources, who: Principal) -> Mapping[str, int]:
    """Return how much waits for a firm: applications, loans that are late, vouchers to accept."""
    firm = who.firm
    if firm is None:
        return {}
    found = {
        PLACE: repository.waiting(resources.records, firm, FIRM_STATES),
        LOANS: repository.late(resources.records, firm),
        HELD: offered(resources.records, firm, size=1)[1],
    }
    return found | ({FIRST: sum(found.values())} if who.role == "core" else {})


def found_by(resources: Resources, who: Principal, text: str) -> Sequence[FoundKind]:
    """Return applications and loans whose id begins with a text: of the firm that asks, or any."""
    firm = None if who.is_bank else who.firm or ""
    places = {
        "application": f"{WORK}/applications" if who.is_bank else PLACE,
        "loan": f"{WORK}/loans" if who.is_bank else LOANS,
    }
    records, named, found = resources.records, names(resources), []
    for kind, place in places.items():
        total, rows = repository.named(records, kind, text, firm, FOUND_MAX)
        first = [
            FoundThing(row["id"], named(row["firm"]), f"{place}/{quote(row['id'], safe='')}")
            for row in rows
        ]
        found.append(FoundKind(kind, total, first, f"{place}?{urlencode({'query': text})}"))
    return found
