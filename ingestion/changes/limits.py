"""
What limits read of a version, debtor by debtor, before and after.

These are the sums that come in; which of them are eligible the policy decides when limits are
computed: a dry run knows no policy.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import polars as pl

from graph import model
from ingestion.changes.rows import RowChanges

_DEBTORS = 20  # Those of whom most changes, cores first; the count tells of all.
_UNPAID = ("open", "confirmed", "disputed")
SUMS = ("receivables_fen", "confirmed_fen", "vouchers_fen", "purchases_fen")
Tables = Mapping[str, pl.DataFrame]


def told(
    found: Mapping[str, RowChanges],
    before: tuple[Tables, dt.date],
    after: tuple[Tables, dt.date],
) -> dict[str, Any]:
    """
    Return how many firms have other inputs, and the debtors of whom most changes.

    Args:
        found: What becomes of the rows of each table.
        before: The tables that are served, and their day.
        after: The tables to be, and their day.
    """
    sums = _sums(*before).join(
        _sums(*after), on="firm", how="full", coalesce=True, suffix="_after"
    ).fill_null(0)  # fmt: skip
    changes = pl.sum_horizontal((pl.col(f"{name}_after") - pl.col(name)).abs() for name in SUMS)
    changed = sums.with_columns(change=changes).filter(pl.col("change") > 0)
    named = changed.join(_names(before[0], after[0]), on="firm", how="left")
    first = named.sort("core", "change", "firm", descending=[True, True, False]).head(_DEBTORS)
    return {
        "firms": len(_touched(found)),
        "debtors": {"count": len(changed), "first": [_entry(row) for row in first.to_dicts()]},
    }


def _entry(row: Mapping[str, Any]) -> dict[str, Any]:
    sums = {name: {"before": row[name], "after": row[f"{name}_after"]} for name in SUMS}
    return {"id": row["firm"], "name": row["name"], "core": bool(row["core"]), **sums}


def _sums(tables: Tables, day: dt.date) -> pl.DataFrame:
    """Return by debtor what is owed, confirmed and promised by voucher, and what it buys a year."""
    unpaid = tables["receivables"].filter(
        (pl.col("issued_on") <= day)
        & pl.col("status").is_in(_UNPAID)
        & ~(pl.col("paid_on") <= day).fill_null(value=False)
    )
    left = pl.col("amount_fen") - pl.col("paid_fen").fill_null(0)
    confirmed = pl.col("confirmed_on").fill_null(day) <= day
    of_word = (pl.col("status") == "confirmed") | pl.col("confirmed_on").is_not_null()
    owed = unpaid.group_by(firm="buyer").agg(
        left.sum().alias("receivables_fen"),
        left.filter(confirmed & of_word).sum().alias("confirmed_fen"),
    )
    held = tables["vouchers"].filter((pl.col("issued_on") <= day) & (pl.col("status") == "held"))
    vouchers = held.group_by(firm="issuer").agg(pl.col("amount_fen").sum().alias("vouchers_fen"))
    bought = tables["trades"].group_by(firm="buyer")
    purchases = bought.agg(pl.col("amount_fen").sum().alias("purchases_fen"))
    whole = owed.join(vouchers, on="firm", how="full", coalesce=True)
    whole = whole.join(purchases, on="firm", how="full", coalesce=True)
    return whole.select("firm", *(pl.col(name).fill_null(0) for name in SUMS))


def _names(before: Tables, after: Tables) -> pl.DataFrame:
    every = [tables["firms"].select("firm", "name", "core") for tables in (after, before)]
    return pl.concat(every).unique("firm", keep="first", maintain_order=True)


def _touched(found: Mapping[str, RowChanges]) -> set[str]:
    """Return the firms of which a row differs: their own, or one that has them at an end."""
    firms: set[str] = set()
    for name, each in found.items():
        for column in model.table(name).ends or model.table(name).key:
            for frame in (each.new, each.before, each.after, each.gone):
                firms.update(frame[column].to_list())
    return firms
