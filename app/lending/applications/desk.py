"""The desk of an officer: the applications that this person may act upon, the most urgent first."""

from collections.abc import Sequence

from app.books.business_day import business_day
from app.books.organisation import OrganisationBook
from app.lending.applications import listing
from app.lending.applications.listing import Row
from app.lending.applications.turns import turn_of
from app.platform.auth.principals import Principal
from app.platform.deps import Resources

ROWS_MAX = 10_000  # That wait at once; more than people can look at.


def queue_of(resources: Resources, who: Principal) -> Sequence[Row]:
    """
    Return what an officer may act upon: neither applied for, recommended nor voted on by them.

    Raises:
        Absent: The books are not open.
        Unready: No organisation can be used.
    """
    day = business_day(resources)
    organisation = OrganisationBook(resources.settings.policy).on(day)
    rows = listing.waiting_for(resources.records, who.person, day, size=ROWS_MAX)
    turns = ((row, turn_of(organisation, row, row["shown"], who)) for row in rows)
    return [row for row, turn in turns if turn.may_recommend or turn.may_decide]


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
    return next(
        (row["application"] for row in (*rows[place:], *rows) if row["made"] != after), None
    )
