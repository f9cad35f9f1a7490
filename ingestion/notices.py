"""What is told of an import besides its rows set aside: nothing wrong, but worth a look."""

from collections.abc import Sequence

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.collect import File
from ingestion.notes import Note, line_of, note, table_name
from ingestion.readers.chunk import IntArray
from ingestion.resolve import Resolution
from ingestion.resolve.codes import code
from ingestion.resolve.names import alike
from ingestion.verdict import Verdict

# Days that may lie before the day on which a paper was entered, by table.
_EARLY = {
    "orders": [("delivered_on", "placed_on")],
    "receivables": [("confirmed_on", "issued_on"), ("paid_on", "issued_on")],
}
# A statement of another year is a little off; below this share of the trades it is told.
NOTED_MAX = 0.9


def codes(firms: Verdict, files: Sequence[File]) -> list[Note]:
    """Return a note on the rows of firms whose credit code is none; it identifies nobody."""
    table = firms.staged.table.filter(pa.array(~firms.aside))
    wrong = [code(text) is None for text in table["uscc"].to_pylist()]
    told = table.filter(pc.and_(pa.array(wrong, pa.bool_()), pc.is_valid(table["uscc"])))
    if not told.num_rows:
        return []
    place = _place(told, np.zeros(1, np.int64), files)
    table_is = table_name("firms")
    return [note("no_code", table=table_is, count=told.num_rows, column="uscc", place=place)]


def codes_beside(judged: Verdict, resolution: Resolution, files: Sequence[File]) -> list[Note]:
    """Return notes on codes beside names that are wrong, and on names that several firms bear."""
    table, staged = judged.staged.table, judged.staged
    told = []
    name = table_name(staged.form.name)

    def tell(code: str, column: str, rows: IntArray) -> None:
        """Keep a note on rows that are used in spite of it."""
        used = rows[~judged.aside[rows]]
        if len(used):
            place = _place(table, used, files)
            told.append(note(code, table=name, count=len(used), column=column, place=place))

    for header in dict.fromkeys(doubt.column for doubt in staged.doubts):
        rows = np.concatenate([each.rows for each in staged.doubts if each.column == header])
        tell("no_code_beside", header, rows)
    other = {text for _, text in resolution.disputed}
    several = sorted({text for _, text in resolution.ambiguous})
    for column in staged.form.parties:
        texts = pc.is_in(table[column].cast(pa.string()), pa.array(sorted(other), pa.string()))
        tell("code_and_name", column, np.flatnonzero(np.asarray(texts)))
        unsure = pc.is_in(table[column].cast(pa.string()), pa.array(several, pa.string()))
        tell("name_of_several", column, np.flatnonzero(np.asarray(unsure)))
    return told


def _place(table: pa.Table, rows: IntArray, files: Sequence[File]) -> Note:
    """Return where the first of some rows stands."""
    first = int(rows.min())
    return line_of(files[table["file"][first].as_py()].origin, table["line"][first].as_py())


def one_code(rows: pl.DataFrame, ids: Sequence[str]) -> list[Note]:
    """Return a note on firms that are one by their credit code alone, under unlike names."""
    named: dict[str, list[tuple[str, str]]] = {}
    for own, name, firm in zip(rows["firm"], rows["name"], ids, strict=True):
        named.setdefault(firm, []).append((own, name))
    found = [
        (firm, own)
        for firm, each in named.items()
        for own, name in each
        if own != firm and not any(alike(name, other) for of, other in each if of == firm)
    ]
    if not found:
        return []
    first, other = found[0]
    return [note("one_code", count=len(found), first=first, other=other)]


def crowded(found: Sequence[str]) -> list[Note]:
    """Return notes on codes under which more names are listed than one firm has."""
    return [note("crowded_code", uscc=each) for each in found]


def equal_invoices(invoices: Verdict, known: pl.DataFrame) -> list[Note]:
    """
    Return a note on invoices that are equal but for their number; none is left out.

    Where the goods are not told nobody can say whether two invoices are one.
    """
    table = invoices.staged.table
    what = ["issued_on", "seller", "buyer"]
    told = np.flatnonzero(~invoices.aside & np.asarray(table["goods"].is_valid()))
    rows = known.with_columns(
        pl.Series(name, table[name]) for name in ("amount_fen", "total_fen", "goods")
    )
    what += ["amount_fen", "total_fen", "goods"]
    hashed = rows.select(what).hash_rows(seed=7).gather(told)
    twins = rows[told[hashed.is_duplicated().to_numpy()]]
    again = twins.group_by(what).agg(pl.col("number").n_unique().alias("numbers"))
    count = int(again.filter(pl.col("numbers") > 1)["numbers"].sum())
    if not count:
        return []
    return [note("equal_invoices", count=count)]


def understated(firms: pa.Table, trades: pa.Table) -> list[Note]:
    """Return notes on firms whose statement is far below what they trade inside."""
    frame = pl.DataFrame(firms)
    sums = pl.DataFrame(trades).with_columns(pl.col("amount_fen").clip(lower_bound=0))
    told = []
    for column, end in (("revenue", "supplier"), ("cost", "buyer")):
        inside = sums.group_by(end).agg(pl.col("amount_fen").sum())
        both = frame.join(inside, left_on="firm", right_on=end)
        count = both.filter(pl.col(f"{column}_fen") < pl.col("amount_fen") * NOTED_MAX).height
        if count:
            told.append(note(f"{column}_below_trades", count=count))
    return told


def early(judged: Verdict) -> list[Note]:
    """Return notes on what happened before its paper was entered, as with late registration."""
    table, used = judged.staged.table, pa.array(~judged.aside)
    told = []
    for done, entered in _EARLY.get(judged.staged.form.name, ()):
        before = pc.and_(pc.fill_null(pc.less(table[done], table[entered]), fill_value=False), used)
        if count := int(pc.sum(before).as_py() or 0):
            name = table_name(judged.staged.form.name)
            told.append(note("early", table=name, count=count, done=done, entered=entered))
    return told
