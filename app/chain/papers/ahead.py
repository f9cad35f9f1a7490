"""What lies ahead of a firm by its papers: what it has to confirm, to pay, and what it is paid."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from app.chain.receivables.service import ReceivableTerms
from app.chain.vouchers.nodes import OVER
from app.chain.vouchers.service import Row

OWED = ("open", "confirmed", "financing", "financed")  # By their debtor, to whom ever.
CLAIMED = ("open", "confirmed", "financing")  # By their creditor still.
ENDED = (*OVER, "paid")
PAYMENTS: Mapping[str, Any] = {
    "kind": pl.String,
    "number": pl.String,
    "party": pl.String,
    "amount_fen": pl.Int64,
    "due_on": pl.String,
    "state": pl.String,
}


@dataclass(frozen=True, slots=True)
class ToConfirm:
    """Receivables that wait for their debtor: how many, how much, how many late, the first."""

    count: int
    sum_fen: int
    late: int
    first: Sequence[Mapping[str, Any]]  # Each with `days_left`, below zero past its time.


def to_confirm(rows: pl.DataFrame, terms: ReceivableTerms, *, size: int) -> ToConfirm:
    """
    Return what a debtor has still to confirm, those whose time ends first before the others.

    Args:
        rows: What it owes, as `standing` returns it.
        terms: By which a receivable is confirmed in time.
        size: So many of them at most.
    """
    waits = rows.filter(pl.col("state") == "open").sort("issued_on", "receivable")
    since = (terms.day - dt.timedelta(days=terms.confirm_days)).isoformat()
    first = [
        row | {"confirm_by": by, "days_left": (by - terms.day).days}
        for row in waits.head(size).iter_rows(named=True)
        for by in [terms.confirm_by(row)]
    ]
    late = waits.filter(pl.col("issued_on") < since).height
    return ToConfirm(waits.height, int(waits["face_fen"].sum()), late, first)


def to_pay(receivables: pl.DataFrame, issued: Iterable[Row]) -> pl.DataFrame:
    """
    Return what a core has to pay, in order of days.

    Args:
        receivables: What it owes, as `standing` returns it.
        issued: The vouchers that it issued; parts of one are paid with it.
    """
    owed = [
        _voucher(row, row["holder"], row["amount_fen"])
        for row in issued
        if row["parent"] is None and row["accepted"] and row["state"] not in ENDED
    ]
    return _payments(receivables, OWED, "creditor", owed)


def to_come(receivables: pl.DataFrame, held: Iterable[Row]) -> pl.DataFrame:
    """
    Return what a firm is paid, in order of days: nothing that is financed, or passed on.

    Args:
        receivables: What it is owed, as `standing` returns it.
        held: Vouchers and parts of some of which it is the holder.
    """
    own = [
        _voucher(row, row["issuer"], row["held_fen"])
        for row in held
        if row["accepted"] and row["held_fen"] and row["state"] not in ENDED
    ]
    return _payments(receivables, CLAIMED, "debtor", own)


def _voucher(row: Row, party: str, fen: int) -> tuple[Any, ...]:
    return "voucher", row["voucher"], party, fen, row["due_on"], row["state"]


def _payments(
    receivables: pl.DataFrame, states: Sequence[str], party: str, vouchers: Sequence[Any]
) -> pl.DataFrame:
    rows = receivables.filter(pl.col("state").is_in(states) & (pl.col("face_fen") > 0)).select(
        kind=pl.lit("receivable"),
        number="receivable",
        party=party,
        amount_fen=pl.col("face_fen").cast(pl.Int64),
        due_on="due_on",
        state="state",
    )
    more = pl.DataFrame(vouchers, schema=dict(PAYMENTS), orient="row")
    return pl.concat([rows, more]).sort("due_on", "kind", "number")


def due_by(payments: pl.DataFrame, last: dt.date) -> pl.DataFrame:
    """Return the payments that are due on a day or before."""
    return payments.filter(pl.col("due_on") <= last.isoformat())


def sum_fen(payments: pl.DataFrame) -> int:
    """Return what payments come to together."""
    return int(payments["amount_fen"].sum())
