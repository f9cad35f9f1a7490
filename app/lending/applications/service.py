"""Applications as readers see them, and what a firm does with its offer."""

import datetime as dt
from collections.abc import Callable

from app.books.errors import WrongState
from app.books.ledger import Moving, Plain, Reads, Reply, ask_prepared, ledger_of
from app.books.ledger.answering import Asker
from app.chain.receivables.acts import Debt
from app.chain.receivables.files import of_version
from app.lending.applications import repository
from app.lending.applications.drawn import DrawnLoans, drawn_of
from app.lending.applications.moves import Row, absent, check_version, found, move
from app.lending.applications.offers import given_back, has_ended
from app.lending.applications.repository import WantedApplications
from app.lending.applications.shown import (
    document,
    event_document,
    reaches,
    tag_on,
)
from app.lending.applications.states import OFFERED, into
from app.lending.applications.tables import applications
from app.platform.auth.sight import Sight, sight_of
from app.platform.deps import Resources
from app.platform.documents import Document

DONE = 200
AT_ONCE_MAX = 500
Tags = frozenset[str] | None


def listed(
    resources: Resources,
    sight: Sight,
    wanted: WantedApplications,
    *,
    before: int | None = None,
    size: int,
) -> list[tuple[int, Document]]:
    """Return applications that a reader may see, each after the event that made it."""
    day, rows = repository.listed(resources.records, wanted, before=before, size=size)
    return [(row["made"], document(row, day, sight)) for row in rows]


def shown(resources: Resources, sight: Sight, application: str) -> tuple[Document, str]:
    """
    Return an application, and its tag.

    Raises:
        Absent: There is none of this id, or it is somebody else's.
    """
    day, row = repository.one(resources.records, application)
    if row is None or not reaches(row, sight):
        raise absent(application)
    return document(row, day, sight), tag_on(row, day)


def events_shown(
    resources: Resources, sight: Sight, application: str, *, after: int, size: int
) -> list[Document]:
    """
    Return what happened to an application after an event, the first event first.

    Raises:
        Absent: There is none of this id, or it is somebody else's.
    """
    _, row = repository.one(resources.records, application)
    if row is None or not reaches(row, sight):
        raise absent(application)
    found = repository.events_of(resources.records, row)
    return [event_document(each, sight) for each in found if each["number"] > after][:size]


def accept(
    resources: Resources, asker: Asker, application: str, expected: Tags, reason: str
) -> Reply:
    """
    Return an application whose offer the firm accepts.

    Raises:
        Absent: There is none of this id, or it is somebody else's.
        Stale: It is no longer as the firm has read it.
        WrongState: Nothing is offered, or the offer is over.
    """

    def work(debt: Debt, row: Row) -> Row:
        """Return its row, accepted."""
        if row["state"] == "approved" and has_ended(debt, row):
            raise WrongState(f"application {application}", "expired", into("offer_accepted"))
        return move(debt.moving, row, "offer_accepted", reason=reason)

    return _own(resources, asker, application, expected, work)


def withdraw(
    resources: Resources, asker: Asker, application: str, expected: Tags, reason: str
) -> Reply:
    """
    Return an application that the firm withdraws: what it held is free again.

    Raises:
        Absent: There is none of this id, or it is somebody else's.
        Stale: It is no longer as the firm has read it.
        WrongState: It is drawn, or over.
    """

    def work(debt: Debt, row: Row) -> Row:
        """Return its row, withdrawn; what was drawn of it stays."""
        if not row["drawn_fen"]:
            return given_back(debt, row, "withdrawn", reason=reason)
        return loans.follow(debt.moving, given_back(debt, row, "active", reason=reason))

    loans = drawn_of(resources)
    return _own(resources, asker, application, expected, work)


def close(resources: Resources, day: dt.date) -> int:
    """
    Return how many offers ended because a day was closed that was their last undrawn.

    An offer ends too where one of its documents falls due, or has left.

    Args:
        resources: What the process has open.
        day: The day that is closed; the business day is the next.
    """
    files, loans = of_version(resources, resources.version()), drawn_of(resources)
    ended = 0
    while names := repository.ending(resources.records, day, AT_ONCE_MAX):
        needs = Reads(rows={applications: names})

        def work(moving: Moving, names: tuple[str, ...] = tuple(names)) -> Reply:
            """Return how many of these ended."""
            debt = Debt(moving, files, None)
            return Reply.of(DONE, sum(_end(debt, name, loans) for name in names))

        count: int = ledger_of(resources).ask(Plain(needs, work)).document
        if not count:
            break
        ended += count
    return ended


def _end(debt: Debt, application: str, loans: DrawnLoans) -> bool:
    """Return whether an offer was undrawn and is over; what was drawn of it stays."""
    row = found(debt.moving, application)
    if row["state"] not in OFFERED or row["use"] is None or not has_ended(debt, row):
        return False
    if row["drawn_fen"]:
        loans.follow(debt.moving, given_back(debt, row, "active"))
    else:
        given_back(debt, row, "expired")
    return True


def _own(
    resources: Resources,
    asker: Asker,
    application: str,
    expected: Tags,
    work: Callable[[Debt, Row], Row],
) -> Reply:
    """Return an application of the asker's own firm after what is done to it."""
    sight = sight_of(asker.who)
    needs = Reads(rows={applications: [application]})

    def prepare() -> Plain:
        """Return the order, with the receivables of the files of the current version."""
        files = of_version(resources, resources.version())

        def moved(moving: Moving) -> Reply:
            """Return the application as its firm reads it."""
            row = found(moving, application)
            if not sight.is_own(row["firm"]):
                raise absent(application)
            check_version(row, expected)
            after = work(Debt(moving, files, None), row)
            return Reply.of(DONE, document(after, moving.day_text, sight))

        return Plain(needs, moved, asker.key, asker.actor)

    return ask_prepared(ledger_of(resources).ask, prepare)
