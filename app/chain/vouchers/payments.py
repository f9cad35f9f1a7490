"""What vouchers pay, by day and the first of them, summed and cut where they lie."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import sqlalchemy as sa

from app.chain.vouchers.nodes import OVER
from app.chain.vouchers.tables import vouchers
from app.platform.records import Records

ENDED = (*OVER, "paid")
_own = vouchers.c
_RUNS = (_own.accepted == 1) & _own.state.not_in(ENDED)


class PaidOn(NamedTuple):
    """What is paid on a day: how many vouchers, and how much."""

    due_on: str
    papers: int
    amount_fen: int


class PaidVoucher(NamedTuple):
    """A voucher that is paid."""

    number: str
    party: str  # The other one.
    amount_fen: int
    due_on: str
    state: str


@dataclass(frozen=True, slots=True)
class VoucherPayments:
    """What vouchers pay by day, and the first of them from a day on."""

    days: Sequence[PaidOn] = ()
    first: Sequence[PaidVoucher] = ()


def to_holder(records: Records, holder: str, *, since: dt.date, size: int) -> VoucherPayments:
    """
    Return what a holder is paid: what it has accepted and holds still, late or not.

    Args:
        records: The records database.
        holder: The firm.
        since: The first day of which vouchers are told one by one.
        size: So many of them.
    """
    mine = (_own.holder == holder) & (_own.held_fen > 0) & _RUNS
    first = mine & (_own.due_on >= since.isoformat())
    return _read(records, (_own.issuer, _own.held_fen), (mine, first), size)


def of_issuer(records: Records, issuer: str, *, until: dt.date, size: int) -> VoucherPayments:
    """
    Return what an issuer pays up to a day, late or not; parts of a voucher are paid with it.

    Args:
        records: The records database.
        issuer: The core.
        until: The last day.
        size: So many vouchers are told one by one.
    """
    whole = (_own.issuer == issuer) & _own.parent.is_(None) & _RUNS
    due = whole & (_own.due_on <= until.isoformat())
    return _read(records, (_own.holder, _own.amount_fen), (due, due), size)


def offered(records: Records, holder: str, *, size: int) -> tuple[list[dict[str, Any]], int]:
    """Return vouchers that wait for a holder, whose time ends first first, and how many do."""
    waits = (_own.holder == holder) & (_own.state == "issued")
    query = sa.select(vouchers).where(waits).order_by(_own.accept_by, _own.voucher).limit(size)
    with records.reading() as connection:
        found = [dict(row) for row in connection.execute(query).mappings()]
        if len(found) < size:
            return found, len(found)
        count = sa.select(sa.func.count()).select_from(vouchers).where(waits)
        return found, int(connection.execute(count).scalar_one())


def _read(
    records: Records,
    told: tuple[sa.ColumnElement[Any], sa.ColumnElement[Any]],
    wanted: tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]],
    size: int,
) -> VoucherPayments:
    (party, fen), (every, first) = told, wanted
    days = sa.select(_own.due_on, sa.func.count(), sa.func.sum(fen)).where(every)
    rows = sa.select(_own.voucher, party, fen, _own.due_on, _own.state).where(first)
    with records.reading() as connection:
        by_day = connection.execute(days.group_by(_own.due_on).order_by(_own.due_on)).all()
        by_one = connection.execute(rows.order_by(_own.due_on, _own.voucher).limit(size)).all()
    return VoucherPayments(
        [PaidOn(day, int(count), int(total)) for day, count, total in by_day],
        [PaidVoucher(*row) for row in by_one],
    )
