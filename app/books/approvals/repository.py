"""Rows of approvals, read beside the lock."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from app.books.approvals.states import State
from app.books.approvals.tables import approvals
from app.books.organisation import Level
from app.platform.events.tables import head
from app.platform.records import Records

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class WantedApprovals:
    """Which approvals a reader wants, and may see."""

    core: str | None = None  # Of this core alone; None: all.
    maker: str | None = None
    others_than: str | None = None
    state: State | None = None


def listed(
    records: Records, wanted: WantedApprovals, *, before: int | None = None, size: int
) -> tuple[dt.date, list[Row]]:
    """Return the business day, and up to `size` approvals, the latest first."""
    with records.reading() as connection:
        day = _day(connection)
        query = sa.select(approvals).where(*_conditions(wanted, day.isoformat()))
        if before is not None:
            query = query.where(approvals.c.made < before)
        found = query.order_by(approvals.c.made.desc()).limit(size)
        return day, [row._asdict() for row in connection.execute(found)]


def one(records: Records, name: str) -> tuple[dt.date, Row | None]:
    """Return the business day, and an approval; None where there is none."""
    with records.reading() as connection:
        query = sa.select(approvals).where(approvals.c.approval == name)
        row = connection.execute(query).first()
        return _day(connection), None if row is None else row._asdict()


def waiting(records: Records, core: str | None, *, others_than: str) -> Mapping[Level | None, int]:
    """
    Return how many approvals are open that others made, by the level that decides on them.

    Args:
        records: The records database.
        core: Those that the people of this core check; None: those of the bank.
        others_than: Who must not have made them.
    """
    own = approvals.c
    today = sa.select(head.c.day).scalar_subquery()
    open_now = (own.state == "open") & (own.expires_on >= today)
    query = sa.select(own.level, sa.func.count()).where(
        open_now, own.maker != others_than, own.core.is_(None) if core is None else own.core == core
    )
    with records.reading() as connection:
        return {level: int(count) for level, count in connection.execute(query.group_by(own.level))}


def due(records: Records, day: dt.date, size: int) -> Sequence[str]:
    """Return open approvals whose last day is this one, or was before."""
    query = sa.select(approvals.c.approval).where(
        approvals.c.state == "open", approvals.c.expires_on <= day.isoformat()
    )
    with records.reading() as connection:
        return connection.execute(query.order_by(approvals.c.made).limit(size)).scalars().all()


def _conditions(wanted: WantedApprovals, day: str) -> list[sa.ColumnElement[bool]]:
    given = [
        (wanted.core, approvals.c.core == wanted.core),
        (wanted.maker, approvals.c.maker == wanted.maker),
        (wanted.others_than, approvals.c.maker != wanted.others_than),
    ]
    found = [condition for value, condition in given if value is not None]
    is_open, over = approvals.c.state == "open", approvals.c.expires_on < day
    if wanted.state == "open":
        return [*found, is_open, ~over]
    if wanted.state == "expired":
        return [*found, sa.or_(approvals.c.state == "expired", is_open & over)]
    return found if wanted.state is None else [*found, approvals.c.state == wanted.state]


def _day(connection: sa.Connection) -> dt.date:
    """Return the business day; before the first version there are no approvals to hold it to."""
    told = connection.execute(sa.select(head.c.day)).scalar()
    return dt.date.fromisoformat(told) if told else dt.date.min
