"""Firms that rows of other tables tell of: they fill what is blank, and lose nothing."""

from dataclasses import replace

import numpy as np
import polars as pl
import pyarrow as pa

from ingestion.forms import Form
from ingestion.staged import IncomingTable, Staged, schema

_PLACES = ("line", "file", "extra")


def filled(beside: IncomingTable, listed: Staged | None) -> Staged:
    """
    Return the firms that are listed, their blanks filled, and those told of besides.

    Args:
        beside: What rows of other tables tell of firms, once those tables are judged.
        listed: Rows of firms that stand by themselves.
    """
    told = _told(beside)
    if listed is None:
        rows = _table(beside.form, told)
        return Staged(beside.form, rows, quiet=np.ones(rows.num_rows, bool))
    own = _frame(listed.table)
    names = [column.stored for column in listed.form.columns.values() if column.name != "firm"]
    met = own.join(told, on="firm", how="left", suffix="_told", maintain_order="left")
    own = met.with_columns(pl.coalesce(name, f"{name}_told").alias(name) for name in names)
    more = told.join(own, on="firm", how="anti", maintain_order="left")
    parts = own.select(told.columns), more
    table = pa.concat_tables([_table(listed.form, part) for part in parts])
    quiet = np.arange(table.num_rows) >= len(own)
    ids = listed.ids
    if ids is not None:
        ids = np.concatenate([ids, np.full(len(more), -1, np.int64)])
    return replace(listed, table=table, quiet=quiet, ids=ids)


def _told(beside: IncomingTable) -> pl.DataFrame:
    """Return one row a firm, of those rows that are used in the tables beside them."""
    found = [_frame(schema(beside.form).empty_table())]
    for piece in beside.pieces():
        rows = _frame(piece.table)
        if piece.fates is not None and piece.ids is not None:
            rows = rows.filter(pl.Series(~piece.fates.gone[piece.ids]))
        found.append(_firsts(rows.filter(pl.col("firm").is_not_null())))
    return _firsts(pl.concat(found))


def _firsts(rows: pl.DataFrame) -> pl.DataFrame:
    """Return one row a firm: of each column what is told first."""
    firsts = [
        pl.col(name).first() if name in _PLACES else pl.col(name).drop_nulls().first()
        for name in rows.columns
        if name != "firm"
    ]
    return rows.group_by("firm", maintain_order=True).agg(firsts).select(rows.columns)


def _frame(table: pa.Table) -> pl.DataFrame:
    frame = pl.from_arrow(table)
    if not isinstance(frame, pl.DataFrame):  # polars types a table as frame or series.
        raise TypeError("a table of firms gave no frame")
    return frame


def _table(form: Form, rows: pl.DataFrame) -> pa.Table:
    return rows.to_arrow().cast(schema(form))
