"""Rows of the table of vouchers: one, a tree, pages, and what a closed day concerns."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app.chain.vouchers.tables import vouchers

UNPAID = ("dishonoured", "recourse")
RUNNING = ("held", "split", "passed", "financing", "financed")
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class WantedVouchers:
    """
    Which vouchers a reader wants, and what may be read at all.

    `party` reads what it issued and what it holds; of what it issued it learns the holders of the
    first `named_tiers` tiers, and who holds now.
    """

    issuer: str | None = None
    holder: str | None = None
    state: str | None = None
    party: str | None = None
    named_tiers: int = 0


def has_dishonoured(connection: Connection, issuer: str, day: dt.date) -> bool:
    """Return whether a voucher of an issuer is past due on a day and not paid."""
    own = vouchers.c
    overdue = own.state.in_(("matured", *RUNNING)) & (own.due_on < day.isoformat())
    query = sa.select(own.voucher).where(
        own.issuer == issuer, own.state.in_(UNPAID) | overdue, own.parent.is_(None)
    )
    return connection.execute(query.limit(1)).first() is not None


def one(connection: Connection, voucher: str) -> Row | None:
    """Return a node; None where there is none of this id."""
    query = sa.select(vouchers).where(vouchers.c.voucher == voucher)
    row = connection.execute(query).mappings().first()
    return None if row is None else dict(row)


def above(connection: Connection, row: Row) -> list[Row]:
    """Return the nodes that a node is a part of, the nearest first."""
    found: list[Row] = []
    parent = row["parent"]
    for _ in range(row["depth"]):
        if parent is None or (node := one(connection, parent)) is None:
            break
        found.append(node)
        parent = node["parent"]
    return found


def below(connection: Connection, voucher: str, *, size: int | None) -> tuple[list[Row], int]:
    """Return the nodes below one, those nearer to it first, at most so many; and how many are."""
    own, child = vouchers.c, vouchers.alias()
    part = sa.select(own.voucher).where(own.parent == voucher).cte(recursive=True)
    part = part.union_all(sa.select(child.c.voucher).where(child.c.parent == part.c.voucher))
    query = sa.select(vouchers).where(own.voucher.in_(sa.select(part.c.voucher)))
    rows = connection.execute(query.order_by(own.depth, own.voucher).limit(size)).mappings()
    found = [dict(row) for row in rows]
    if size is None or len(found) < size:
        return found, len(found)
    return found, int(connection.scalar(sa.select(sa.func.count()).select_from(part)) or 0)


def size_of_tree(connection: Connection, root: str) -> int:
    """Return how many nodes a tree has."""
    query = sa.select(sa.func.count()).select_from(vouchers).where(vouchers.c.root == root)
    return int(connection.execute(query).scalar_one())


def is_named(named_tiers: int) -> sa.ColumnElement[bool]:
    """Return whether the issuer reads who the holder of a node is: see `service.names`."""
    own = vouchers.c
    holds = (own.accepted == 1) & (own.held_fen + own.financed_fen > 0)
    return (own.tier <= named_tiers) | (holds & own.state.not_in(("rejected", "cancelled")))


def page(
    connection: Connection, wanted: WantedVouchers, *, after: str | None, size: int | None
) -> list[Row]:
    """Return nodes in order of ids, after one of them; all of them without a size."""
    own = vouchers.c
    query = sa.select(vouchers).order_by(own.voucher)
    if wanted.issuer is not None:
        query = query.where(own.issuer == wanted.issuer)
    if wanted.holder is not None:
        query = query.where(own.holder == wanted.holder)
    if wanted.state is not None:
        query = query.where(own.state == wanted.state)
    if (party := wanted.party) is not None:
        seen = own.issuer == party
        if wanted.holder is not None:
            seen &= is_named(wanted.named_tiers)
        query = query.where(seen | (own.holder == party))
    if after is not None:
        query = query.where(own.voucher > after)
    if size is not None:
        query = query.limit(size)
    return [dict(row) for row in connection.execute(query).mappings()]


def to_lapse(connection: Connection, day: dt.date) -> list[str]:
    """Return nodes whose last day to accept is this one or before."""
    own = vouchers.c
    query = sa.select(own.voucher).where(
        own.state.in_(("issued", "disputed")),
        own.accepted == 0,
        own.accept_by <= day.isoformat(),
    )
    return [row[0] for row in connection.execute(query.order_by(own.depth.desc(), own.voucher))]


def waiting_past(connection: Connection, root: str, day: dt.date) -> list[str]:
    """Return nodes of a tree that wait for their holder past their last day, the lowest first."""
    own = vouchers.c
    query = sa.select(own.voucher).where(
        own.root == root,
        own.state.in_(("issued", "disputed")),
        own.accepted == 0,
        own.accept_by < day.isoformat(),
    )
    return [row[0] for row in connection.execute(query.order_by(own.depth.desc(), own.voucher))]


def to_mature(connection: Connection, day: dt.date) -> list[str]:
    """Return roots that are due on this day or before, and have not matured."""
    own = vouchers.c
    query = sa.select(own.voucher).where(
        own.parent.is_(None),
        own.state.in_((*RUNNING, "issued", "disputed")),
        own.due_on <= day.isoformat(),
    )
    return [row[0] for row in connection.execute(query.order_by(own.voucher))]


def to_dishonour(connection: Connection, day: dt.date) -> list[str]:
    """Return roots that matured on this day or before, and are not paid."""
    own = vouchers.c
    query = sa.select(own.voucher).where(
        own.parent.is_(None), own.state == "matured", own.due_on <= day.isoformat()
    )
    return [row[0] for row in connection.execute(query.order_by(own.voucher))]
