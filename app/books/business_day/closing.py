"""
Closing days, in order: first the day moves, in one event, then each step is taken over it.

A step does what a domain has to do at the close of a day (what lapses, matures, falls due), in
orders of its own, and does nothing where that is done: a closing that was killed goes on where it
was. Whoever touches a thing between the event and its step must see by the day that it is over.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from app.books.business_day.heads import keep_head
from app.books.business_day.service import business_day
from app.books.business_day.tables import CLOSED, CLOSING, closings
from app.books.ledger import Moving, Plain, Reads, Reply, ledger_of
from app.books.ledger.housekeeping import give_back
from app.platform.console.progress import Step
from app.platform.deps import Resources
from app.platform.errors import Malformed
from app.platform.events.tables import DAY_CLOSED
from app.platform.process.locks import LOCKS, locked

DAYS_MAX = 3660  # Closed by one command.


@dataclass(frozen=True, slots=True)
class ClosingStep:
    """What a domain does at the close of a day: its name, and the work, which says how much."""

    name: str
    close: Callable[[Resources, dt.date], int]


@dataclass(frozen=True, slots=True)
class ClosedDays:
    """Which days were closed, what the steps did, and the business day since."""

    days: list[dt.date]
    date: dt.date
    done: dict[str, int] = field(default_factory=dict)


def close_days(
    resources: Resources, until: dt.date | None, steps: Sequence[ClosingStep], progress: Step
) -> ClosedDays:
    """
    Close every day up to one (the present business day by default), in order.

    Args:
        resources: What this process has open.
        until: The last day to be closed; nothing happens where it is closed already.
        steps: What is done at the close of a day, in this order.
        progress: Told how far it is.

    Raises:
        Absent: No version is published yet.
        Malformed: The day is too far ahead.
    """
    day = business_day(resources)
    last = day if until is None else until
    if (last - day).days >= DAYS_MAX:
        raise Malformed(f"{last} is too far ahead of {day}: close at most {DAYS_MAX} days at once")
    done = dict.fromkeys((step.name for step in steps), 0)
    days: list[dt.date] = []
    with locked(resources.home / LOCKS / "close-day"):
        give_back(ledger_of(resources), resources.now)  # More than one order of a step might.
        for left in _unfinished(resources):  # A closing that was killed.
            _take(resources, left, steps, done)
            days.append(left)
        day = business_day(resources)
        count = max(1, (last - day).days + 1)
        while day <= last:
            progress(f"closing {day}", 1 - ((last - day).days + 1) / count)
            _move_on(resources, day)
            _take(resources, day, steps, done)
            days.append(day)
            day += dt.timedelta(days=1)
    return ClosedDays(days, business_day(resources), done)


def _unfinished(resources: Resources) -> list[dt.date]:
    query = sa.select(closings.c.day).where(closings.c.state == CLOSING).order_by(closings.c.day)
    with resources.records.reading() as connection:
        return [dt.date.fromisoformat(each) for each in connection.execute(query).scalars()]


def _move_on(resources: Resources, day: dt.date) -> None:
    """Move the business day past a day, in one event."""
    text, following = day.isoformat(), (day + dt.timedelta(days=1)).isoformat()

    def moved(moving: Moving) -> Reply:
        """Return the new business day."""
        if moving.day_text == text:
            moving.record(
                DAY_CLOSED,
                f"day:{text}",
                rows=[(closings, {"day": text, "state": CLOSING})],
                detail={"before": text, "after": following},
            )
            moving.day_text = following
        return Reply.of(200, {"date": moving.day_text})

    ledger_of(resources).ask(Plain(Reads(rows={closings: [text]}), moved))


def _take(
    resources: Resources, day: dt.date, steps: Sequence[ClosingStep], done: dict[str, int]
) -> None:
    """Take everything over a day; it is said to be closed when all of it is done."""
    for step in steps:
        done[step.name] += step.close(resources, day)
    text = day.isoformat()

    def closed(moving: Moving) -> Reply:
        """Return the day, closed."""
        row = moving.row(closings, text)
        if row is None or row["state"] != CLOSED:
            moving.record(
                "day.closed",
                f"day:{text}",
                rows=[(closings, {"day": text, "state": CLOSED})],
                detail={"day": text},
            )
        return Reply.of(200, {"date": text})

    ledger_of(resources).ask(Plain(Reads(rows={closings: [text]}), closed))
    keep_head(resources)
