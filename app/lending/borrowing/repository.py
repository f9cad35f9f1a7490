"""Rows that pages of a borrower need beside what services show: its account, loans, what waits."""

import json
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from app.books.approvals.tables import approvals
from app.lending.applications.tables import applications
from app.lending.servicing.repository import LATE
from app.lending.servicing.tables import firm_accounts, loans
from app.platform.events.tables import head
from app.platform.records import Records

Row = dict[str, Any]


def account_on_file(records: Records, firm: str) -> str:
    """Return the account to which alone a firm is paid out; empty where none is on file."""
    query = sa.select(firm_accounts.c.account).where(firm_accounts.c.firm == firm)
    with records.reading() as connection:
        return str(connection.scalar(query) or "")


def account_asked_for(records: Records, firm: str, action: str) -> str:
    """
    Return the account that waits for an officer to put it on file; empty where none does.

    Args:
        records: The records database.
        firm: The firm.
        action: What putting an account on file is called among approvals.
    """
    own = approvals.c
    query = sa.select(own.asked).where(own.state == "open", own.action == action)
    with records.reading() as connection:
        for asked in connection.scalars(query.order_by(own.made)):
            told = json.loads(asked)
            if told["firm"] == firm:
                return str(told["account"])
    return ""


def loans_of(records: Records, application: str, firm: str) -> Sequence[Row]:
    """Return the loans that came of an application of a firm, the first first."""
    own = loans.c
    query = sa.select(own.loan, own.amount_fen, own.state, own.drawn_on).where(
        own.firm == firm, own.application == application
    )
    with records.reading() as connection:
        found = connection.execute(query.order_by(own.drawn_on, own.loan)).mappings()
        return [dict(row) for row in found]


def waiting(records: Records, firm: str, states: Sequence[str]) -> int:
    """Return how many applications of a firm are in one of these states and not over by the day."""
    own = applications.c
    day = sa.select(head.c.day).scalar_subquery()
    runs = sa.or_(own.offer_until == "", own.offer_until >= day)
    query = sa.select(sa.func.count()).where(own.firm == firm, own.state.in_(states), runs)
    with records.reading() as connection:
        return int(connection.scalar(query) or 0)


def late(records: Records, firm: str) -> int:
    """Return how many loans of a firm are late since they were last touched."""
    own = loans.c
    query = sa.select(sa.func.count()).where(own.firm == firm, own.state.in_(LATE))
    with records.reading() as connection:
        return int(connection.scalar(query) or 0)


def named(
    records: Records, what: str, text: str, firm: str | None, size: int
) -> tuple[int, Sequence[Row]]:
    """
    Return how many applications or loans have ids that begin with a text, and the first of them.

    Args:
        records: The records database.
        what: `application` or `loan`.
        text: The beginning of the id.
        firm: Of this firm alone; None: of any.
        size: At most so many.
    """
    table = applications if what == "application" else loans
    name = table.c[what]
    query = sa.select(name.label("id"), table.c.firm).where(name.startswith(text, autoescape=True))
    if firm is not None:
        query = query.where(table.c.firm == firm)
    total = sa.select(sa.func.count()).select_from(query.subquery())
    with records.reading() as connection:
        rows = connection.execute(query.order_by(name).limit(size)).mappings()
        found = [dict(row) for row in rows]
        return int(connection.scalar(total) or 0), found
