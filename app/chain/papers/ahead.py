"""What lies ahead of a firm by its papers: what it has to confirm, to pay, and what it is paid."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from app.chain.receivables.service import ReceivableTerms
from app.chain.vouchers.payments import VoucherPayments

OWED = ("open", "confirmed", "financing", "financed")  # By their debtor, to whom ever.
CLAIMED = ("open", "confirmed", "financing")  # By their creditor still.
DAYS: Mapping[str, Any] = {"due_on": pl.String, "count": pl.Int64, "amount_fen": pl.Int64}
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


@dataclass(frozen=True, slots=True)
class PaymentsAhead:
    """
    Payments of a firm.

    Args:
        days: What is paid by day (`due_on`, `count`, `amount_fen`, `kind`), in any order.
        first: The first of them from a day on, in order of days.
    """

    days: pl.DataFrame
    first: Sequence[Mapping[str, Any]]

    def between(self, since: dt.date | None, until: dt.date | None) -> tuple[int, int]:
        """Return how many are due from one day to another, both included, and how much."""
        days = self.days
        if since is not None:
            days = days.filter(pl.col("due_on") >= since.isoformat())
        if until is not None:
            days = days.filter(pl.col("due_on") <= until.isoformat())
        return int(days["count"].sum()), int(days["amount_fen"].sum())

    def of_kind(self, kind: str) -> tuple[int, int]:
        """Return how many are of a kind, and how much."""
        days = self.days.filter(pl.col("kind") == kind)
        return int(days["count"].sum()), int(days["amount_fen"].sum())

    def months(self, since: dt.date) -> pl.DataFrame:
        """Return what is paid by month from a day on: `month`, `count`, `amount_fen`."""
        return (
            self.days.filter(pl.col("due_on") >= since.isoformat())
            .group_by(month=pl.col("due_on").str.slice(0, 7))
            .agg(pl.col("count").sum(), pl.col("amount_fen").sum())
            .sort("month")
        )


def to_pay(
    receivables: pl.DataFrame, issued: VoucherPayments, *, until: dt.date, size: int
) -> PaymentsAhead:
    """
    Return what a core has to pay up to a day, in order of days.

    Args:
        receivables: What it owes, as `standing` returns it.
        issued: What the vouchers pay that it issued, up to that day.
        until: The last day.
        size: So many payments one by one.
    """
    rows = _payments(receivables, OWED, "creditor").filter(pl.col("due_on") <= until.isoformat())
    return _ahead(rows, rows, issued, size)


def to_come(
    receivables: pl.DataFrame, held: VoucherPayments, *, since: dt.date, size: int
) -> PaymentsAhead:
    """
    Return what a firm is paid, in order of days: nothing that is financed, or passed on.

    Args:
        receivables: What it is owed, as `standing` returns it.
        held: What the vouchers pay that it holds.
        since: The first day of which payments are told one by one.
        size: So many of them.
    """
    rows = _payments(receivables, CLAIMED, "debtor")
    return _ahead(rows, rows.filter(pl.col("due_on") >= since.isoformat()), held, size)


def _payments(receivables: pl.DataFrame, states: Sequence[str], party: str) -> pl.DataFrame:
    return receivables.filter(pl.col("state").is_in(states) & (pl.col("face_fen") > 0)).select(
        kind=pl.lit("receivable"),
        number="receivable",
        party=party,
        amount_fen=pl.col("face_fen").cast(pl.Int64),
        due_on="due_on",
        state="state",
    )


def _ahead(
    every: pl.DataFrame, later: pl.DataFrame, vouchers: VoucherPayments, size: int
) -> PaymentsAhead:
    given = every.group_by("due_on").agg(
        count=pl.len().cast(pl.Int64), amount_fen=pl.col("amount_fen").sum()
    )
    more = pl.DataFrame(vouchers.days, schema=DAYS, orient="row")
    days = [
        given.with_columns(kind=pl.lit("receivable")),
        more.with_columns(kind=pl.lit("voucher")),
    ]
    own = [("voucher", *row) for row in vouchers.first]
    first = later.sort("due_on", "number").head(size)
    rows = pl.concat([first, pl.DataFrame(own, schema=dict(PAYMENTS), orient="row")])
    ordered = rows.sort("due_on", "kind", "number").head(size)
    return PaymentsAhead(pl.concat(days), ordered.to_dicts())
