"""From what sources gave to the tables of a version: firms, trades, receivables and the rest."""

import datetime as dt
from collections.abc import Mapping

import polars as pl
import pyarrow as pa

from graph.model import TABLES, table
from ingestion.lake import empty, named, totals
from ingestion.resolve import Resolution

WINDOW_DAYS = 365
Given = Mapping[str, pl.DataFrame]


def derive(given: Given, resolution: Resolution, as_of: dt.date) -> dict[str, pa.Table]:
    """
    Return the six tables of a version, each sorted by its key.

    Args:
        given: What all sources gave, by table, parties as texts.
        resolution: Which firm every text names.
        as_of: The version's date.
    """
    parties = party_frame(resolution)
    rows = {
        name: named(given[name], name, parties) if name in given else empty(name)
        for name in ("invoices", "orders", "receivables", "vouchers", "holdings", "guarantees")
    }
    frames = {
        "trades": trades(rows["invoices"], rows["orders"], as_of),
        "receivables": receivables(rows["receivables"]),
        "vouchers": vouchers(rows["vouchers"]),
        "holdings": _with_id(rows["holdings"], "owner", "owned", "kind", "from"),
        "guarantees": _with_id(rows["guarantees"], "guarantor", "debtor", "from"),
    }
    seen: set[str] = set()
    for name, frame in frames.items():
        for end in table(name).ends:
            seen |= set(frame[end].unique())
    frames["firms"] = firms(given.get("firms", empty("firms")), resolution, seen)
    return {name: arrow(name, frames[name]) for name in TABLES}


def party_frame(resolution: Resolution) -> pl.DataFrame:
    """Return texts and the firms they name, in order."""
    pairs = sorted(resolution.firm_of.items())
    return pl.DataFrame(pairs, schema={"text": pl.String, "firm": pl.String}, orient="row")


def trades(invoices: pl.DataFrame, orders: pl.DataFrame, as_of: dt.date) -> pl.DataFrame:
    """Return what each pair traded in the window; every pair with an invoice stands there."""
    first = as_of - dt.timedelta(days=WINDOW_DAYS)
    invoices = invoices.filter(pl.col("seller") != pl.col("buyer"))
    pairs = invoices.group_by("seller", "buyer").agg(
        first_on=pl.col("issued_on").min(), last_on=pl.col("issued_on").max()
    )
    year = totals(invoices.filter(pl.col("issued_on") > first)).drop("total_fen")
    delivered = (
        orders.filter((pl.col("delivered_on") > first) & (pl.col("delivered_on") <= as_of))
        .group_by("seller", "buyer")
        .agg(delivered_fen=pl.col("amount_fen").sum())
    )
    counted = ["amount_fen", "blue_fen", "red_fen", "count", "delivered_fen"]
    return (
        pairs.join(year, on=["seller", "buyer"], how="left")
        .join(delivered, on=["seller", "buyer"], how="left")
        .with_columns(pl.col(counted).fill_null(0))
        .rename({"seller": "supplier"})
    )


def receivables(rows: pl.DataFrame) -> pl.DataFrame:
    """Return receivables with their identity: number, creditor and debtor."""
    rows = rows.filter(pl.col("seller") != pl.col("buyer"))
    return _with_id(rows, "number", "seller", "buyer")


def vouchers(rows: pl.DataFrame) -> pl.DataFrame:
    """Return vouchers; the registry's number is their identity."""
    return _with_id(rows, "number")


def _with_id(rows: pl.DataFrame, *parts: str) -> pl.DataFrame:
    text = [pl.col(part).cast(pl.String).fill_null("") for part in parts]
    identity = pl.concat_str(text, separator="|")
    kept = rows.with_columns(id=identity).unique("id", keep="first", maintain_order=True)
    return kept.rename({"from": "from_on", "to": "to_on"}, strict=False)


def firms(listed: pl.DataFrame, resolution: Resolution, seen: set[str]) -> pl.DataFrame:
    """Return listed firms, those that are one joined, and the counterparties of used rows."""
    root = pl.col("firm").replace(dict(resolution.joined))
    values = [name for name in listed.columns if name not in ("firm", "core")]
    known = (
        listed.with_columns(root=root, own=(root == pl.col("firm")))
        .sort("root", "own", "firm", descending=[False, True, False], maintain_order=True)
        .group_by("root", maintain_order=True)
        .agg(
            *[pl.col(name).drop_nulls().first() for name in values],
            core=pl.col("core").fill_null(value=False).any(),
        )
        .rename({"root": "firm"})
        .with_columns(listed=pl.lit(value=True))
    )
    there = set(known["firm"])
    others = sorted(seen - there)
    unknown = pl.DataFrame({"firm": others}, schema={"firm": pl.String}).with_columns(
        name=pl.col("firm"), core=pl.lit(value=False), listed=pl.lit(value=False)
    )
    return pl.concat([known, unknown], how="diagonal")


def arrow(name: str, frame: pl.DataFrame) -> pa.Table:
    """Return a frame as the model's table, sorted by its key."""
    model = table(name)
    ordered = frame.select(model.columns).sort(model.key)
    fields = [model.arrow.field(column) for column in model.columns]
    columns = [ordered[field.name].to_arrow().cast(field.type) for field in fields]
    return pa.table(columns, schema=model.arrow)
