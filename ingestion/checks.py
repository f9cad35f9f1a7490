"""What may be wrong with a row beside its cells, over a whole table."""

import datetime as dt

import polars as pl

from ingestion.forms import Form
from ingestion.records import COLUMN, REASON, VALUE

FILE = "_file"
FIRST = ("unreadable",)


def checked(rows: pl.DataFrame, form: Form, *, until: dt.date) -> pl.DataFrame:
    """
    Return the rows with their one reason: void, duplicate, then what their cells said, the rest.

    Args:
        rows: All rows of a table in the order of files and lines.
        form: The table's form.
        until: The last day that is seen.
    """
    rows = normalised(rows, form)
    if form.name == "invoices":
        rows = _first(rows, pl.col("status") == "void", "void", "status")
    rows = _first(rows, _repeated(rows, form), "duplicate", form.key[0])
    if form.name == "invoices":
        rows = _then(rows, pl.col("seller") == pl.col("buyer"), "self_trade", "buyer")
    if form.name == "receivables":
        rows = _then(rows, pl.col("seller") == pl.col("buyer"), "self_trade", "buyer")
    if form.day is not None:
        rows = _then(rows, pl.col(form.day) > until, "future", form.day)
    if form.unique:
        sound = pl.col(REASON).is_null()
        key = pl.struct(pl.col(name) for name in form.key)
        later = sound & (pl.int_range(pl.len()).over([sound, key]) > 0)
        rows = _then(rows, later, "conflict", form.key[0])
    return rows


def normalised(rows: pl.DataFrame, form: Form) -> pl.DataFrame:
    """Return invoices with their total, red letters below zero; other tables as they are."""
    if form.name != "invoices":
        return rows
    red = pl.col("kind") == "red"
    money = ("amount_fen", "tax_fen", "total_fen")
    signed = [pl.when(red).then(-pl.col(m).abs()).otherwise(pl.col(m)).alias(m) for m in money]
    total = pl.coalesce("total_fen", pl.col("amount_fen") + pl.col("tax_fen").fill_null(0))
    return rows.with_columns(signed).with_columns(total_fen=total)


def _repeated(rows: pl.DataFrame, form: Form) -> pl.Expr:
    """Return whether a row equals an earlier one that is not void, in all fields."""
    names = [column.stored for column in form.columns.values()]
    bad = pl.col(REASON).is_not_null()
    prints = rows.select(
        one=pl.struct(names).hash(seed=1),
        two=pl.struct(names).hash(seed=7),
        aside=bad,
        place=pl.int_range(pl.len()),
    )
    again = pl.int_range(pl.len()).over(["aside", "one", "two"]) > 0
    later = prints.select(again=again & ~pl.col("aside"))["again"]
    return pl.lit(later)


def _first(rows: pl.DataFrame, wrong: pl.Expr, reason: str, column: str) -> pl.DataFrame:
    """Note a reason that comes before what the cells said."""
    earlier = pl.col(REASON).is_in(["unreadable", "void"]).fill_null(value=False)
    return _noted(rows, wrong.fill_null(value=False) & ~earlier, reason, column)


def _then(rows: pl.DataFrame, wrong: pl.Expr, reason: str, column: str) -> pl.DataFrame:
    """Note a reason where there is none yet."""
    sound = pl.col(REASON).is_null()
    return _noted(rows, wrong.fill_null(value=False) & sound, reason, column)


def _noted(rows: pl.DataFrame, new: pl.Expr, reason: str, column: str) -> pl.DataFrame:
    when = pl.when(new)
    value = pl.col(column).cast(pl.String)
    return rows.with_columns(
        when.then(pl.lit(reason)).otherwise(REASON).alias(REASON),
        when.then(pl.lit(column)).otherwise(COLUMN).alias(COLUMN),
        when.then(value).otherwise(VALUE).alias(VALUE),
    )
