"""Rows of applications, read beside the lock: one with its events, pages, those that end."""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app.lending.applications.states import OFFERED
from app.lending.applications.tables import applications
from app.platform.events.tables import events, head
from app.platform.records import Records

EVENTS_MAX = 10_000  # Of one application; its loans have their own.
_TOLD = ("number", "at", "day", "actor", "operation", "detail", "reason")
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class WantedApplications:
    """Which applications a reader wants; None means any."""

    firm: str | None = None
    core: str | None = None
    product: str | None = None
    state: str | None = None


def listed(
    records: Records, wanted: WantedApplications, *, before: int | None, size: int
) -> tuple[str, list[Row]]:
    """Return the business day, and up to `size` applications, the latest first."""
    own = applications.c
    query = sa.select(applications)
    for name in ("firm", "core", "product", "state"):
        if (value := getattr(wanted, name)) is not None:
            query = query.where(own[name] == value)
    if before is not None:
        query = query.where(own.made < before)
    with records.reading() as connection:
        rows = connection.execute(query.order_by(own.made.desc()).limit(size)).mappings()
        return _day(connection), [dict(row) for row in rows]


def one(records: Records, application: str) -> tuple[str, Row | None]:
    """Return the business day, and an application; None where there is none."""
    query = sa.select(applications).where(applications.c.application == application)
    with records.reading() as connection:
        row = connection.execute(query).mappings().first()
        return _day(connection), None if row is None else dict(row)


def events_of(records: Records, row: Row) -> list[Row]:
    """
    Return what happened to an application, the first event first.

    Each event tells of every row that it changed which event changed it before, so they are read
    step by step from the row's own, however long the book is.
    """
    told = sa.select(*(events.c[name] for name in _TOLD), events.c.things)
    found: list[Row] = []
    number = row["event"]
    with records.reading() as connection:
        while number and len(found) < EVENTS_MAX:
            event = connection.execute(told.where(events.c.number == number)).mappings().one()
            found.append({name: event[name] for name in _TOLD})
            number = _since(event["things"], row["application"])
    return found[::-1]


def ending(records: Records, day: dt.date, size: int) -> Sequence[str]:
    """Return undrawn offers that a closed day ends: their last one, or a document fell due."""
    own, following = applications.c, (day + dt.timedelta(days=1)).isoformat()
    over = sa.or_(
        own.offer_until <= day.isoformat(),
        sa.and_(own.documents_due > "", own.documents_due <= following),
    )
    query = sa.select(own.application).where(own.state.in_(OFFERED), own.use.is_not(None), over)
    with records.reading() as connection:
        return connection.scalars(query.order_by(own.made).limit(size)).all()


def _since(things: str, application: str) -> int:
    """Return the event that changed an application before, by what an event tells; 0: none."""
    for thing in json.loads(things):
        if thing[0] == applications.name and thing[1] == application:
            return int(thing[2])
    return 0


def _day(connection: Connection) -> str:
    return str(connection.scalar(sa.select(head.c.day)) or "")
