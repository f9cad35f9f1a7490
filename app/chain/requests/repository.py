"""Rows of requests, and how many vouchers have been passed between two firms."""

from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app.chain.requests.tables import requests
from app.chain.vouchers.tables import vouchers

Row = dict[str, Any]


class WantedRequests(NamedTuple):
    """Which requests: of or to a firm, or of all; of a kind; made by it, or to it, alone."""

    party: str | None = None
    kind: str | None = None
    firm: str | None = None
    asked: str | None = None
    state: str | None = None


def listed(
    connection: Connection, wanted: WantedRequests, *, before: int | None, size: int
) -> list[Row]:
    """Return requests, those that were touched last first, each with what was passed by `now`."""
    own = requests.c
    query = _counted().order_by(own.event.desc()).limit(size)
    if wanted.party is not None:
        query = query.where((own.firm == wanted.party) | (own.asked == wanted.party))
    for name in ("kind", "firm", "asked", "state"):
        if (value := getattr(wanted, name)) is not None:
            query = query.where(own[name] == value)
    if before is not None:
        query = query.where(own.event < before)
    return [dict(row) for row in connection.execute(query).mappings()]


def one(connection: Connection, name: str) -> Row | None:
    """Return a request with what was passed by `now`; None where there is none of this id."""
    row = connection.execute(_counted().where(requests.c.request == name)).mappings().first()
    return None if row is None else dict(row)


def every_open(connection: Connection) -> list[Row]:
    """Return all requests that were not ended, each with what was passed by `now`."""
    query = _counted().where(requests.c.state == "open").order_by(requests.c.request)
    return [dict(row) for row in connection.execute(query).mappings()]


def _counted() -> sa.Select[Any]:
    own, its = requests.c, vouchers.c
    between = (its.issuer == own.core) & (its.giver == own.asked) & (its.holder == own.firm)
    passed = sa.select(sa.func.count()).select_from(vouchers).where(between)
    counted = sa.case((own.kind == "pass", passed.scalar_subquery()), else_=0)
    return sa.select(requests, counted.label("now"))


def received(connection: Connection, *, core: str, giver: str, holder: str) -> int:
    """Return how many vouchers of a core one firm has passed to another."""
    own = vouchers.c
    between = (own.issuer == core) & (own.giver == giver) & (own.holder == holder)
    query = sa.select(sa.func.count()).select_from(vouchers).where(between)
    return int(connection.execute(query).scalar_one())
