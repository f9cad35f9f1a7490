"""Vouchers as a list that is filtered, counted and sorted where they lie: there may be many."""

import datetime as dt
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app.chain.receivables.standing import DUE, MONTH_DAYS, WEEK_DAYS
from app.chain.vouchers.nodes import OVER
from app.chain.vouchers.repository import is_named
from app.chain.vouchers.tables import STATES, vouchers
from app.platform.records import Records

ENDED = (*OVER, "paid")
UNHELD = (*ENDED, "issued", "disputed", "draft")
WHOLE, PART = "whole", "part"
PARTIES = ("issuer", "holder")
FACETS = ("state", "due", "share")
AT_ONCE = 500
Row = dict[str, Any]
_own = vouchers.c
_STANDING = sa.case((_own.state.in_(UNHELD), None), else_=_own.held_fen + _own.financed_fen)
_SHARE = sa.case((_own.parent.is_(None), WHOLE), else_=PART)
ORDERS: Mapping[str, sa.ColumnElement[Any]] = {
    "number": _own.voucher,
    "amount": _own.amount_fen,
    "held": _STANDING,
    "tier": _own.tier,
    "issued": _own.issued_on,
    "accept": sa.func.nullif(_own.accept_by, ""),
    "due": _own.due_on,
}


@dataclass(frozen=True, slots=True)
class VouchersListed:
    """
    Which vouchers a list shows; an empty value means any.

    Args:
        day: The business day, against which due days are held.
        issuer: Whole vouchers of this issuer.
        holder: Those that this firm holds or held.
        text: Those whose id holds this text, or that are of one of `firms`.
        firms: The firms that the text means.
        named_tiers: Tiers to which the reader learns every holder; None where it learns them all.
        state: Those in this state.
        due: Those that are due so soon, a word of `DUE`.
        share: `whole` or `part`.
    """

    day: dt.date
    issuer: str = ""
    holder: str = ""
    text: str = ""
    firms: Collection[str] = ()
    named_tiers: int | None = None
    state: str = ""
    due: str = ""
    share: str = ""


@dataclass(frozen=True, slots=True)
class VoucherOrder:
    """By what a list is sorted, whether the largest come first, and the words for what is coded."""

    key: str
    descending: bool
    words: Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class VoucherSums:
    """How many vouchers a list has, their faces, and what their holders have of them."""

    count: int
    amount_fen: int
    standing_fen: int


def _due(day: dt.date) -> sa.ColumnElement[str]:
    late, week, month, later = DUE
    ends = [(day + dt.timedelta(days=days)).isoformat() for days in (WEEK_DAYS, MONTH_DAYS)]
    return sa.case(
        (_own.state.in_(ENDED), ""),
        (_own.due_on < day.isoformat(), late),
        (_own.due_on <= ends[0], week),
        (_own.due_on <= ends[1], month),
        else_=later,
    )


def _facets(wanted: VouchersListed) -> dict[str, sa.ColumnElement[Any]]:
    return {"state": _own.state, "due": _due(wanted.day), "share": _SHARE}


def _conditions(wanted: VouchersListed, but: str = "") -> list[sa.ColumnElement[bool]]:
    made: list[sa.ColumnElement[bool]] = [
        column == value
        for name, column in _facets(wanted).items()
        if name != but and (value := getattr(wanted, name))
    ]
    if wanted.issuer:
        made += [_own.issuer == wanted.issuer, _own.parent.is_(None)]
    if wanted.holder:
        made.append(_own.holder == wanted.holder)
    if wanted.text:
        firms: sa.BindParameter[list[str]] = sa.bindparam(
            None, list(wanted.firms), expanding=True, literal_execute=True
        )
        held = sa.and_(_own.holder.in_(firms), _is_told(wanted))
        named = _own.voucher.icontains(wanted.text, autoescape=True)
        made.append(sa.or_(named, held, *([] if wanted.issuer else [_own.issuer.in_(firms)])))
    return made


def _is_told(wanted: VouchersListed) -> sa.ColumnElement[bool]:
    """Return whether the reader learns who holds a node."""
    return sa.true() if wanted.named_tiers is None else is_named(wanted.named_tiers)


def parties(records: Records, wanted: VouchersListed) -> list[str]:
    """Return every firm that issued or holds something of a list, whatever its text."""
    others = _conditions(replace(wanted, text=""))
    found: set[str] = set()
    with records.reading() as connection:
        for name in PARTIES:
            found |= set(connection.scalars(sa.select(_own[name]).where(*others).distinct()))
    return sorted(found)


def counts(
    records: Records, wanted: VouchersListed, facets: Sequence[str] = FACETS
) -> dict[str, dict[str, int]]:
    """Return how many vouchers each value of these facets would show, by facet."""
    found = {}
    with records.reading() as connection:
        for name in facets:
            column = _facets(wanted)[name]
            others = _conditions(wanted, but=name)
            value = column.label("value")
            query = sa.select(value, sa.func.count()).select_from(vouchers).where(*others)
            rows = connection.execute(query.group_by(value))
            found[name] = {str(each): int(count) for each, count in rows}
    return found


def sums(records: Records, wanted: VouchersListed) -> VoucherSums:
    """Return how many vouchers a list has, and what they come to."""
    total = [sa.func.coalesce(sa.func.sum(each), 0) for each in (_own.amount_fen, _STANDING)]
    query = sa.select(sa.func.count(), *total).select_from(vouchers).where(*_conditions(wanted))
    with records.reading() as connection:
        count, amount, standing = connection.execute(query).one()
    return VoucherSums(int(count), int(amount), int(standing))


def listed(
    records: Records, wanted: VouchersListed, order: VoucherOrder, part: tuple[int, int | None]
) -> list[Row]:
    """
    Return vouchers in an order, those due first before others; without a value they come last.

    Args:
        records: The records database.
        wanted: Which vouchers.
        order: How they are sorted.
        part: How many are skipped, and how many come back at most (None: all).
    """
    start, size = part
    with records.reading() as connection:
        if order.key in PARTIES:
            ids = _by_words(connection, wanted, order)
            return _named(connection, ids[start : None if size is None else start + size])
        query = sa.select(vouchers).where(*_conditions(wanted)).order_by(*_turned(order))
        query = query.offset(start).limit(size)
        return [dict(row) for row in connection.execute(query).mappings()]


def every_listed(records: Records, wanted: VouchersListed, order: VoucherOrder) -> Iterator[Row]:
    """Yield all vouchers of a list in its order; but for their ids so many are held at a time."""
    with records.reading() as connection:
        ids = _ids(connection, wanted, order)
    for start in range(0, len(ids), AT_ONCE):
        with records.reading() as connection:
            part = _named(connection, ids[start : start + AT_ONCE])
        yield from part


def _ids(connection: Connection, wanted: VouchersListed, order: VoucherOrder) -> list[str]:
    if order.key in PARTIES:
        return _by_words(connection, wanted, order)
    query = sa.select(_own.voucher).where(*_conditions(wanted)).order_by(*_turned(order))
    return list(connection.scalars(query))


def _turned(order: VoucherOrder) -> tuple[sa.ColumnElement[Any], ...]:
    by = ORDERS.get(order.key)
    if by is None:
        words = sorted({order.words(each) or "" for each in STATES})
        ranks = {each: words.index(order.words(each) or "") for each in STATES}
        by = sa.case(ranks, value=_own.state)
    turned = (by.desc() if order.descending else by.asc()).nulls_last()
    return turned, _own.due_on, _own.voucher


def _by_words(connection: Connection, wanted: VouchersListed, order: VoucherOrder) -> list[str]:
    """Return the ids of a list by the names of a party: what these are the records do not know."""
    party: sa.ColumnElement[Any] = _own[order.key]
    if order.key == "holder":
        party = sa.case((_is_told(wanted), party), else_="")
    query = sa.select(_own.voucher, party).where(*_conditions(wanted))
    rows = connection.execute(query.order_by(_own.due_on, _own.voucher)).all()
    words = {party: (party and order.words(party)) or "" for party in {row[1] for row in rows}}
    return [row[0] for row in sorted(rows, key=lambda row: words[row[1]], reverse=order.descending)]


def _named(connection: Connection, ids: Sequence[str]) -> list[Row]:
    """Return nodes by their ids, in this order."""
    found: dict[str, Row] = {}
    for start in range(0, len(ids), AT_ONCE):
        query = sa.select(vouchers).where(_own.voucher.in_(ids[start : start + AT_ONCE]))
        found.update({row["voucher"]: dict(row) for row in connection.execute(query).mappings()})
    return [found[each] for each in ids]


def held_by_tier(records: Records, issuer: str) -> list[tuple[int, str, int]]:
    """Return what each firm holds of an issuer's paper by tier: what is accepted and not over."""
    fen = sa.func.sum(_own.held_fen + _own.financed_fen).label("fen")
    query = (
        sa.select(_own.tier, _own.holder, fen)
        .where(
            _own.issuer == issuer,
            _own.accepted == 1,
            _own.held_fen + _own.financed_fen > 0,
            _own.state.not_in(OVER),
        )
        .group_by(_own.tier, _own.holder)
    )
    with records.reading() as connection:
        return [(int(tier), holder, int(held)) for tier, holder, held in connection.execute(query)]
