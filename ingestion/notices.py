"""What is told of an import besides its rows set aside: nothing wrong, but worth a look."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.collect import File
from ingestion.counts import NoteCounts
from ingestion.notes import Note, line_of, note, table_name
from ingestion.readers.chunk import IntArray
from ingestion.resolve import Resolution
from ingestion.resolve.codes import code
from ingestion.resolve.names import alike
from ingestion.spool import Divisions, division_of
from ingestion.verdict import TableVerdict, Verdict

# Days that may lie before the day on which a paper was entered, by table.
_EARLY = {
    "orders": [("delivered_on", "placed_on")],
    "receivables": [("confirmed_on", "issued_on"), ("paid_on", "issued_on")],
}
# A statement of another year is a little off; below this share of the trades it is told.
NOTED_MAX = 0.9
# In which two invoices are equal that differ in their number alone.
_EQUAL = ("issued_on", "seller", "buyer", "amount_fen", "total_fen", "goods")


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


def codes_beside(judged: TableVerdict, resolution: Resolution, files: Sequence[File]) -> list[Note]:
    """Return notes on codes beside names that are wrong, and on names that several firms bear."""
    counts = NoteCounts()
    for each in judged.in_turn():
        _codes_beside(each, resolution, files, counts)
    return counts.notes()


def _codes_beside(
    judged: Verdict, resolution: Resolution, files: Sequence[File], counts: NoteCounts
) -> None:
    table, staged = judged.staged.table, judged.staged
    name = table_name(staged.form.name)

    def tell(code: str, column: str, rows: IntArray) -> None:
        """Keep a note on rows that are used in spite of it."""
        used, first = rows[~judged.aside[rows]], None
        if len(used):
            at = int(used.min())
            place = at if staged.at is None else int(staged.at[at])
            first = place, "place", _place(table, used, files)
        counts.add(code, len(used), first=first, table=name, column=column)

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


class EqualInvoices:
    """
    Finds invoices that are equal but for their number; none is left out.

    Where the goods are not told nobody can say whether two invoices are one.

    Args:
        count: Into how many divisions the invoices are divided.
        folder: Where they are put down.
    """

    def __init__(self, count: int, folder: Path) -> None:
        self._divisions = Divisions(count, folder) if count > 1 else None
        self._found = 0

    def add(self, invoices: Verdict, known: pl.DataFrame) -> None:
        """Add the used rows of a division; `known` has their firms as numbers."""
        table = invoices.staged.table
        told = np.flatnonzero(~invoices.aside & np.asarray(table["goods"].is_valid()))
        rows = known.with_columns(
            pl.Series(name, table[name]) for name in ("amount_fen", "total_fen", "goods")
        )
        rows = rows.select("number", *_EQUAL)[told]
        if self._divisions is None:
            self._found += _again(rows)
        else:
            put = rows.to_arrow()
            self._divisions.add(put, division_of(put, _EQUAL, self._divisions.count))

    def notes(self) -> list[Note]:
        """Return a note on them."""
        if self._divisions is not None:
            self._found = sum(_again(pl.DataFrame(rows)) for rows in self._divisions.each())
        return [note("equal_invoices", count=self._found)] if self._found else []


def _again(rows: pl.DataFrame) -> int:
    """Return how many numbers invoices have that are equal to others but for theirs."""
    hashed = rows.select(_EQUAL).hash_rows(seed=7)
    twins = rows.filter(hashed.is_duplicated())
    again = twins.group_by(_EQUAL).agg(pl.col("number").n_unique().alias("numbers"))
    return int(again.filter(pl.col("numbers") > 1)["numbers"].sum())


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


def early(judged: Verdict, counts: NoteCounts) -> None:
    """Count what happened before its paper was entered, as with late registration."""
    table, used = judged.staged.table, pa.array(~judged.aside)
    name = table_name(judged.staged.form.name)
    for done, entered in _EARLY.get(judged.staged.form.name, ()):
        before = pc.and_(pc.fill_null(pc.less(table[done], table[entered]), fill_value=False), used)
        count = int(pc.sum(before).as_py() or 0)
        counts.add("early", count, table=name, done=done, entered=entered)
