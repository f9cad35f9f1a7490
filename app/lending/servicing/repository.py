"""Rows of the tables of loans: one, pages, sums, what was done to one, and what a day touches."""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app.books.ledger import Key
from app.books.ledger.tables import keys
from app.lending.applications.tables import applications
from app.lending.servicing.tables import loan_acts, loans
from app.platform.events.tables import events
from app.platform.records import Records

LATE = ("overdue", "defaulted")
ENDED = ("repaid", "written_off")
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class WantedLoans:
    """Which loans a reader wants."""

    firm: str | None = None
    core: str | None = None
    state: str | None = None
    overdue: bool | None = None

    def of(self, firm: str) -> Self:
        """Return those of them that are a firm's own."""
        return replace(self, firm=firm)


def one(connection: Connection, loan: str) -> Row | None:
    """Return the row of a loan; None where there is none of this id."""
    query = sa.select(loans).where(loans.c.loan == loan)
    row = connection.execute(query).mappings().first()
    return None if row is None else dict(row)


def page(connection: Connection, wanted: WantedLoans, *, after: str, size: int) -> list[Row]:
    """Return loans in order of their ids, after one of them."""
    query = sa.select(loans).where(loans.c.loan > after, *_conditions(wanted))
    found = connection.execute(query.order_by(loans.c.loan).limit(size)).mappings()
    return [dict(row) for row in found]


def sums(
    connection: Connection, wanted: WantedLoans, shares: Mapping[str, Decimal]
) -> list[tuple[str, int, int, int]]:
    """
    Return by class: how many loans, what is outstanding, and what is provided, of each half up.

    Args:
        connection: To read by.
        wanted: Which loans.
        shares: The share that is provided, by class; of at most four places, so that a principal
            below 10^14 fen times a share is a whole number that a database knows.
    """
    grade, left = loans.c["class"], loans.c.outstanding_fen
    provided = [(grade == name, _half_up(left, share)) for name, share in shares.items()]
    query = sa.select(
        grade, sa.func.count(), sa.func.sum(left), sa.func.sum(sa.case(*provided, else_=left))
    ).where(*_conditions(wanted))
    found = connection.execute(query.group_by(grade)).all()
    return [(name, int(count), int(total), int(fen)) for name, count, total, fen in found]


def _half_up(left: sa.Column[int], share: Decimal) -> sa.ColumnElement[int]:
    numerator, denominator = share.as_integer_ratio()
    product = left * sa.literal(2 * numerator, sa.BigInteger)
    return (product + denominator) // (2 * denominator)


def acts_of(connection: Connection, loan: str) -> list[Row]:
    """Return what was done to a loan, the draw first."""
    query = sa.select(loan_acts).where(loan_acts.c.loan == loan).order_by(loan_acts.c.n)
    return [dict(row) for row in connection.execute(query).mappings()]


def by_reference(connection: Connection, loan: str, kind: str, reference: str) -> Row | None:
    """Return the act of a loan of this kind under a reference; None where there is none."""
    own = loan_acts.c
    query = sa.select(loan_acts).where(
        own.loan == loan, own.kind == kind, own.reference == reference
    )
    row = connection.execute(query).mappings().first()
    return None if row is None else dict(row)


def touched(connection: Connection, day: dt.date, *, size: int) -> Sequence[str]:
    """Return loans that a day, or one before it, touches, the longest waiting first."""
    own = loans.c
    query = sa.select(own.loan).where(own.touch_on <= day.isoformat())
    return list(connection.scalars(query.order_by(own.touch_on, own.loan).limit(size)))


def is_answered(records: Records, key: Key) -> bool:
    """Return whether an answer is kept under a key."""
    own = keys.c
    query = sa.select(own.status).where(own.key == key.key, own.person == key.person)
    with records.reading() as connection:
        return connection.scalar(query) is not None


def told_of_draw(records: Records, event: int) -> Row:
    """Return how much of an application is drawn to which account, as the event that began it."""
    with records.reading() as connection:
        detail = connection.scalar(sa.select(events.c.detail).where(events.c.number == event))
    if detail is None:
        raise RuntimeError(f"event {event} is gone from the book")
    told: Row = json.loads(detail)
    checks = [each for each in told.get("checks", ()) if isinstance(each, dict)]
    return {"proceeds_fen": told["amount_fen"], **told, "checks": checks}


def drawing(records: Records) -> Sequence[str]:
    """Return the applications whose port has not answered yet."""
    own = applications.c
    query = sa.select(own.application).where(own.state == "drawing").order_by(own.application)
    with records.reading() as connection:
        return list(connection.scalars(query))


def repaid(records: Records, *, size: int) -> Sequence[str]:
    """Return applications of which nothing is owed, and that are not closed."""
    own = applications.c
    query = sa.select(own.application).where(own.state == "repaid").order_by(own.application)
    with records.reading() as connection:
        return list(connection.scalars(query.limit(size)))


def _conditions(wanted: WantedLoans) -> list[sa.ColumnElement[bool]]:
    own = loans.c
    named = {name: getattr(wanted, name) for name in ("firm", "core", "state")}
    found = [own[name] == value for name, value in named.items() if value is not None]
    if wanted.overdue is not None:
        found.append(own.state.in_(LATE) if wanted.overdue else own.state.not_in(LATE))
    return found
