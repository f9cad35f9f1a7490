"""What is told of an import besides its rows set aside: nothing wrong, but worth a look."""

from collections.abc import Sequence

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.collect import File
from ingestion.readers.chunk import IntArray
from ingestion.resolve import Resolution
from ingestion.resolve.codes import code
from ingestion.verdict import Verdict

# Days that may lie before the day on which a paper was entered, by table.
_EARLY = {
    "orders": [("delivered_on", "placed_on")],
    "receivables": [("confirmed_on", "issued_on"), ("paid_on", "issued_on")],
}
# A statement of another year is a little off; below this share of the trades it is told.
NOTED_MAX = 0.9


def codes(firms: Verdict, files: Sequence[File]) -> list[str]:
    """Return a note on the rows of firms whose credit code is none; it identifies nobody."""
    table = firms.staged.table.filter(pa.array(~firms.aside))
    wrong = [code(text) is None for text in table["uscc"].to_pylist()]
    told = table.filter(pc.and_(pa.array(wrong, pa.bool_()), pc.is_valid(table["uscc"])))
    if not told.num_rows:
        return []
    why = "what stands there identifies nobody"
    first = f"{files[told['file'][0].as_py()].origin} line {told['line'][0].as_py()}"
    return [f"firms: {told.num_rows} rows hold no credit code in uscc, the first in {first}: {why}"]


def codes_beside(judged: Verdict, resolution: Resolution, files: Sequence[File]) -> list[str]:
    """Return notes on codes beside names: those that are none, and those of another firm."""
    table, staged = judged.staged.table, judged.staged
    told = []
    for header in dict.fromkeys(doubt.column for doubt in staged.doubts):
        rows = np.concatenate([each.rows for each in staged.doubts if each.column == header])
        if len(used := rows[~judged.aside[rows]]):
            what = f"{len(used)} rows hold no credit code in {header}"
            why = "what stands there identifies nobody, the name counts"
            told.append(
                f"{staged.form.name}: {what}, the first in {_place(table, used, files)}: {why}"
            )
    other = {text for _, text in resolution.disputed}
    for column in staged.form.parties:
        texts = pc.is_in(table[column].cast(pa.string()), pa.array(sorted(other), pa.string()))
        used = np.flatnonzero(np.asarray(texts) & ~judged.aside)
        if len(used):
            what = f"{len(used)} rows name another firm in {column} than the code beside it"
            where = _place(table, used, files)
            told.append(f"{staged.form.name}: {what}, the first in {where}: the code counts")
    return told


def _place(table: pa.Table, rows: IntArray, files: Sequence[File]) -> str:
    """Return where the first of some rows stands."""
    first = int(rows.min())
    return f"{files[table['file'][first].as_py()].origin} line {table['line'][first].as_py()}"


def crowded(found: Sequence[str]) -> list[str]:
    """Return notes on codes under which more names are listed than one firm has."""
    return [f"firms: credit code {each} stands on many names: it joins nobody" for each in found]


def equal_invoices(invoices: Verdict, keys: pl.DataFrame) -> list[str]:
    """
    Return a note on invoices that are equal but for their number; none is left out.

    Where the goods are not told nobody can say whether two invoices are one.
    """
    table = invoices.staged.table
    what = ["issued_on", "seller", "buyer"]
    rows = keys.with_columns(
        pl.Series(name, table[name]) for name in ("amount_fen", "total_fen", "goods")
    ).filter(pl.Series(~invoices.aside) & pl.col("goods").is_not_null())
    what += ["amount_fen", "total_fen", "goods"]
    twins = rows.filter(rows.select(what).hash_rows(seed=7).is_duplicated())
    again = twins.group_by(what).agg(pl.col("number").n_unique().alias("numbers"))
    count = int(again.filter(pl.col("numbers") > 1)["numbers"].sum())
    if not count:
        return []
    same = "equal another in day, parties, amount and goods under another number"
    return [f"invoices: {count} {same}: all of them count"]


def understated(firms: pa.Table, trades: pa.Table) -> list[str]:
    """Return notes on firms whose statement is far below what they trade inside."""
    frame = pl.DataFrame(firms)
    sums = pl.DataFrame(trades).with_columns(pl.col("amount_fen").clip(lower_bound=0))
    told = []
    for column, end in (("revenue", "supplier"), ("cost", "buyer")):
        inside = sums.group_by(end).agg(pl.col("amount_fen").sum())
        both = frame.join(inside, left_on="firm", right_on=end)
        count = both.filter(pl.col(f"{column}_fen") < pl.col("amount_fen") * NOTED_MAX).height
        if count:
            told.append(
                f"firms: {count} state a {column} a tenth or more below what they trade inside: "
                "their trades count in the analyses"
            )
    return told


def early(judged: Verdict) -> list[str]:
    """Return notes on what happened before its paper was entered, as with late registration."""
    table = judged.staged.table.filter(pa.array(~judged.aside))
    told = []
    for done, entered in _EARLY.get(judged.staged.form.name, ()):
        before = pc.fill_null(pc.less(table[done], table[entered]), fill_value=False)
        if count := int(pc.sum(before).as_py() or 0):
            told.append(
                f"{judged.staged.form.name}: {count} have {done} before {entered}; they count"
            )
    return told
