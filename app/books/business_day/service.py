"""Which day it is in the books, and what opens them."""

import datetime as dt

import sqlalchemy as sa

from app.books.ledger import Moving, Plain, Reads, Reply, ledger_of
from app.platform.deps import Resources
from app.platform.errors import Absent
from app.platform.events.tables import head


def business_day(resources: Resources) -> dt.date:
    """
    Return the business day; the books open with the as-of date of the first version.

    Raises:
        Absent: No version is published yet.
    """
    found = _kept(resources)
    if not found:
        open_books(resources)
        found = _kept(resources)
    if not found:
        raise Absent("the books are not open: no version is published yet")
    return dt.date.fromisoformat(found)


def open_books(resources: Resources) -> None:
    """Open the books where a version is published and they are not open yet."""
    versions = resources.store.versions()
    if not versions or _kept(resources):
        return
    first = min(versions, key=lambda each: each.number).as_of.isoformat()

    def opened(moving: Moving) -> Reply:
        """Return the business day, which is set where there was none."""
        if not moving.day_text:
            moving.day_text = first
            moving.record("day.open", f"day:{first}", detail={"day": first})
        return Reply.of(200, {"date": moving.day_text})

    ledger_of(resources).ask(Plain(Reads(), opened))


def _kept(resources: Resources) -> str:
    with resources.records.reading() as connection:
        return str(connection.scalar(sa.select(head.c.day)) or "")
