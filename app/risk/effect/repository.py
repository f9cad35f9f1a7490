"""Rows of the book that an effect is read from: live uses by firm, those of a chain, its own."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from app.books.ledger.tables import uses
from app.lending.servicing.tables import loans
from app.platform.events import moment_text
from app.platform.records import Records

Row = dict[str, Any]


def lent_by_firm(records: Records, now: dt.datetime) -> Mapping[str, int]:
    """Return what is lent and promised to each firm."""
    own = uses.c
    query = sa.select(own.firm, sa.func.sum(own.left_fen)).where(*_live(now)).group_by(own.firm)
    with records.reading() as connection:
        return {firm: int(fen) for firm, fen in connection.execute(query)}


def of_chain(records: Records, core: str | None, firm: str, now: dt.datetime) -> Sequence[Row]:
    """Return the live uses in the chain of a core; without a core those of the firm itself."""
    own = uses.c
    chain = sa.and_(own.core.is_(None), own.firm == firm) if core is None else own.core == core
    query = sa.select(uses).where(chain, *_live(now)).order_by(own.use)
    with records.reading() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]


def of_application(records: Records, application: str, firm: str) -> set[str]:
    """Return the uses of an application: of its offer, and of its loans."""
    lent = sa.select(loans.c.use).where(loans.c.firm == firm, loans.c.application == application)
    query = sa.select(uses.c.use).where(
        uses.c.firm == firm,
        sa.or_(uses.c.owner == f"application:{application}", uses.c.use.in_(lent)),
    )
    with records.reading() as connection:
        return set(connection.scalars(query))


def _live(now: dt.datetime) -> Sequence[sa.ColumnElement[bool]]:
    own = uses.c
    waits = sa.or_(own.expires_at == "", own.expires_at > moment_text(now))
    return own.state.in_(("reserved", "posted")), sa.or_(own.state == "posted", waits)
