"""What every page says of approvals: how many wait for its reader."""

from collections.abc import Mapping

from app.books.approvals import repository
from app.books.business_day import business_day
from app.books.organisation import OrganisationBook
from app.platform.auth.principals import Principal
from app.platform.auth.rules import CHECKERS
from app.platform.deps import Resources
from app.platform.errors import Absent, Unready
from app.platform.web.areas import WORK


def waiting_of(resources: Resources, who: Principal) -> Mapping[str, int]:
    """Return how many approvals somebody may decide: made by others, within their authority."""
    if not CHECKERS.permits(who, {}):
        return {}
    core = None if who.is_bank else who.firm
    found = repository.waiting(resources.records, core, others_than=who.person)
    if not who.is_bank:
        return {"/core/approvals": sum(found.values())}
    try:
        bank = OrganisationBook(resources.settings.policy).on(business_day(resources))
    except (Absent, Unready):  # Where nobody's authority is known nothing is anybody's turn.
        return {}
    counts = [count for level, count in found.items() if bank.may_decide(who.unit, level)]
    return {WORK + "/approvals": sum(counts)}
