"""Rows that pages of a borrower need beside what services show: its account, loans, what waits."""

import json
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from app.books.approvals.tables import approvals
from app.lending.applications.tables import applications
from app.lending.servicing.tables import firm_accounts, loans
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
    """Return how many applications of a firm are in one of these states."""
    own = applications.c
    query = sa.select(sa.func.count()).where(own.firm == firm, own.state.in_(states))
    with records.reading() as connection:
        return int(connection.scalar(query) or 0)
