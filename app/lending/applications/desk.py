"""The desk of an officer: the applications that this person may act upon, the most urgent first."""

from collections.abc import Sequence

from app.books.business_day import business_day
from app.books.organisation import OrganisationBook
from app.lending.applications import listing
from app.lending.applications.listing import ListedApplications, QueueTerms, Row
from app.lending.applications.service_hours import service_hours_on
from app.lending.applications.turns import turn_of
from app.platform.auth.principals import Principal
from app.platform.deps import Resources

ROWS_MAX = 10_000  # That wait at once; more than people can look at.


def queue_terms(resources: Resources, who: Principal) -> QueueTerms:
    """
    Return by what the queue is told to somebody.

    Raises:
        Absent: The books are not open.
        Unready: No service hours can be used.
    """
    hours = service_hours_on(resources.settings.policy, business_day(resources))
    return QueueTerms(who.person, hours, resources.now())


def queue_of(resources: Resources, who: Principal) -> Sequence[Row]:
    """
    Return what an officer may act upon, the most urgent first.

    They neither applied for it, recommended it nor voted on it, their unit decides so far, and
    nobody else works on it, or has for longer than a claim holds.

    Raises:
        Absent: The books are not open.
        Unready: No organisation or no service hours can be used.
    """
    day, terms = business_day(resources), queue_terms(resources, who)
    organisation = OrganisationBook(resources.settings.policy).on(day)
    wanted = ListedApplications(day, waiting=True, queue=terms)
    rows = listing.waiting_for(resources.records, wanted, size=ROWS_MAX)
    found = []
    for row in rows:
        turn = turn_of(organisation, row, row["shown"], who)
        if (turn.may_recommend or turn.may_decide) and not is_taken(row, terms):
            found.append((terms.hours.deadline(row, day, terms.now).left_hours, row["made"], row))
    return [row for _, _, row in sorted(found, key=lambda each: each[:2])]


def is_taken(row: Row, terms: QueueTerms) -> bool:
    """Return whether somebody else works on an application, and may not be taken over yet."""
    if not row["claimed_by"] or row["claimed_by"] == terms.person:
        return False
    return terms.now < terms.hours.claimed_until(row["claimed_at"])


def next_of(resources: Resources, who: Principal, *, after: int = 0) -> str | None:
    """
    Return the most urgent application that an officer may act upon, or the one behind another.

    Args:
        resources: What the process has open.
        who: The officer.
        after: The event that made the other one; 0: the first of all.
    """
    rows = queue_of(resources, who)
    place = next((at + 1 for at, row in enumerate(rows) if row["made"] == after), 0)
    ahead = (row["application"] for row in (*rows[place:], *rows) if row["made"] != after)
    return next(ahead, None)
