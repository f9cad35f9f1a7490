"""What every page of a firm says of its loans: how much waits, and what a text finds."""

from collections.abc import Mapping, Sequence
from urllib.parse import quote

from app.chain.papers.holding import HELD
from app.chain.vouchers.payments import offered
from app.lending.applications.steps import FIRM_STATES
from app.lending.borrowing import repository
from app.lending.borrowing.told import LOANS, PLACE
from app.platform.auth.principals import Principal
from app.platform.deps import Resources
from app.platform.web.areas import WORK
from app.platform.web.found import FoundThing

FIRST = "/my"
FOUND_MAX = 10
TEXT_LENGTH_MIN = 3


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


def found_by(resources: Resources, who: Principal, text: str) -> Sequence[FoundThing]:
    """Return applications and loans whose id begins with a text: of the firm that asks, or any."""
    if len(text) < TEXT_LENGTH_MIN:
        return ()
    firm = None if who.is_bank else who.firm or ""
    records = resources.records
    place = f"{WORK}/applications" if who.is_bank else PLACE
    found = [
        FoundThing("application", row["id"], row["firm"], f"{place}/{quote(row['id'], safe='')}")
        for row in repository.named(records, "application", text, firm, FOUND_MAX)
    ]
    if not who.is_bank:
        found += [
            FoundThing("loan", row["id"], row["firm"], f"{LOANS}/{quote(row['id'], safe='')}")
            for row in repository.named(records, "loan", text, firm, FOUND_MAX)
        ]
    return found
