"""Loans as their readers may see them."""

from collections.abc import Sequence

from app.books.ledger.things import events_of_thing
from app.lending.servicing import repository
from app.lending.servicing.acting import absent
from app.lending.servicing.plan import drawn_and_done, plan_of
from app.lending.servicing.repository import Row, WantedLoans
from app.lending.servicing.shown import document, event_document, sums
from app.lending.servicing.tables import loans
from app.lending.servicing.values import values_today
from app.platform.auth.sight import Sight
from app.platform.deps import Resources
from app.platform.documents import Document


def listed(
    resources: Resources, wanted: WantedLoans, sight: Sight, *, after: str, size: int
) -> list[Document]:
    """
    Return loans in order of their ids, as they stand on the business day.

    Args:
        resources: What the process has open.
        wanted: Which loans.
        sight: Who reads: others than the bank their own.
        after: The id after which they begin.
        size: At most so many.

    Raises:
        Absent: The books are not open.
        Unready: No policy, or no rule of classes, can be used.
    """
    values = values_today(resources)
    if not sight.is_whole and wanted.firm not in (None, sight.firm):
        return []
    own = wanted if sight.is_whole else wanted.of(sight.firm)
    with resources.records.reading() as connection:
        rows = repository.page(connection, own, after=after, size=size)
    return [document(row, values, whole=sight.is_whole) for row in rows]


def summed(resources: Resources, wanted: WantedLoans) -> Document:
    """
    Return what of loans is outstanding and provided, by class, since each was last touched.

    Raises:
        Absent: The books are not open.
        Unready: No policy, or no rule of classes, can be used.
    """
    values = values_today(resources)
    with resources.records.reading() as connection:
        told = repository.sums(connection, wanted, values.rules.provisions)
    return {"date": values.day, "policy": values.policy.version, **sums(told, values)}


def read(resources: Resources, loan: str, sight: Sight) -> Document:
    """
    Return a loan as it stands on the business day.

    Raises:
        Absent: There is none of this id, or it is somebody else's.
        Unready: No policy, or no rule of classes, can be used.
    """
    row, _ = found(resources, loan, sight)
    return document(row, values_today(resources), whole=sight.is_whole)


def schedule(resources: Resources, loan: str, sight: Sight) -> Document:
    """
    Return the rows of a loan: those that came, what of each is paid, and those to come.

    Raises:
        Absent: There is none of this id, or it is somebody else's.
        Unready: No policy, or no rule of classes, can be used.
    """
    _, acts = found(resources, loan, sight)
    values = values_today(resources)
    return plan_of(*drawn_and_done(acts), values.day, values.rules).document()


def events(
    resources: Resources, loan: str, sight: Sight, *, after: int, size: int
) -> list[Document]:
    """
    Return what happened to a loan after a place in the book, the first event first.

    Raises:
        Absent: There is none of this id, or it is somebody else's.
    """
    found(resources, loan, sight)
    told = events_of_thing(resources.records, loans, loan, after=after, size=size)
    return [event_document(each, whole=sight.is_whole) for each in told]


def found(resources: Resources, loan: str, sight: Sight) -> tuple[Row, Sequence[Row]]:
    """
    Return a loan's row, and those of what was done to it, where the reader may know of it.

    Raises:
        Absent: There is none of this id, or it is somebody else's.
    """
    with resources.records.reading() as connection:
        row = repository.one(connection, loan)
        acts = [] if row is None else repository.acts_of(connection, loan)
    if row is None or not (sight.is_whole or sight.is_own(row["firm"])):
        raise absent(loan)
    return row, acts
