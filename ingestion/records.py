"""
Rows whose every column must be taken or named as ignored; a whole column at a time.

What is wrong with a row is noted beside it, first come first kept; what nothing took is reported.
"""

import polars as pl

from graph.errors import InvalidInput
from ingestion import fields
from ingestion.forms import Column, Form
from ingestion.readers.chunk import LINE

REASON, COLUMN, VALUE = "_reason", "_column", "_value"
UNITS = {"(元)": "yuan", "（元）": "yuan", "(分)": "fen", "（分）": "fen"}
WRONG = {
    "money": "bad_amount",
    "date": "bad_date",
    "share": "bad_share",
    "flag": "bad_flag",
    "word": "unknown_word",
}


class Records:
    """Some rows of one file, taken column by column."""

    def __init__(self, file: str, rows: pl.DataFrame) -> None:
        self._file = file
        self._rows = rows
        self._left = [name for name in rows.columns if name != LINE]
        self._taken: dict[str, pl.Series] = {}
        size = len(rows)
        self._reason = pl.Series(REASON, [None] * size, pl.String)
        self._column = pl.Series(COLUMN, [None] * size, pl.String)
        self._value = pl.Series(VALUE, [None] * size, pl.String)

    def take(self, column: Column) -> None:
        """
        Take a column under its name in the form.

        Raises:
            InvalidInput: A required column is not in the file, or stands there twice.
        """
        name, unit = self._find(column)
        if name is None:
            if column.required:
                raise InvalidInput(f"{self._file}, line 1: column {column.name!r} is missing")
            nothing = pl.Series([None] * len(self._rows), dtype=pl.String)
            self._keep(column, nothing, nothing, unit)
            return
        self._left.remove(name)
        cells = self._rows[name]
        self._keep(column, cells, cells, unit)
        if column.required:
            self.mark(cells.is_null(), "missing", name, cells)

    def _keep(self, column: Column, cells: pl.Series, raw: pl.Series, unit: str) -> None:
        if column.default is not None:
            cells = cells.fill_null(column.default)
        values = _parsed(column, cells, unit)
        wrong = values.is_null() & raw.is_not_null()
        if column.type == "money" and not column.signed:
            wrong = wrong | (values < 0).fill_null(value=False)
        if column.type in WRONG:
            self.mark(wrong, WRONG[column.type], column.name, raw)
        self._taken[column.stored] = values

    def _find(self, column: Column) -> tuple[str | None, str]:
        """Return the file's name for a column and, for money, its unit."""
        there: list[tuple[str, str]] = []
        plain = [] if column.type == "money" else [column.name]
        for name in (*plain, *column.names):
            there += [(name, "yuan")] if name in self._left else []
        if column.type == "money":
            named = [(f"{column.name}_{unit}", unit) for unit in ("fen", "yuan")]
            named += [(name + end, unit) for name in column.names for end, unit in UNITS.items()]
            there += [(name, unit) for name, unit in named if name in self._left]
        if len(there) > 1:
            both = " and ".join(repr(name) for name, _ in there)
            raise InvalidInput(f"{self._file}, line 1: {both} say the same")
        return there[0] if there else (None, "yuan")

    def mark(self, wrong: pl.Series, reason: str, column: str, cells: pl.Series) -> None:
        """Note what is wrong with rows that nothing was wrong with so far."""
        new = wrong & self._reason.is_null()
        if not new.any():
            return
        frame = pl.DataFrame({"new": new, "reason": self._reason, "cells": cells.cast(pl.String)})
        frame = frame.with_columns(column=self._column, value=self._value)
        said = pl.when(pl.col("new"))
        frame = frame.select(
            said.then(pl.lit(reason)).otherwise("reason").alias(REASON),
            said.then(pl.lit(column)).otherwise("column").alias(COLUMN),
            said.then(pl.col("cells")).otherwise("value").alias(VALUE),
        )
        self._reason, self._column, self._value = frame[REASON], frame[COLUMN], frame[VALUE]

    def close(self) -> tuple[pl.DataFrame, list[str]]:
        """Return the values with line and first reason, and the columns that nothing took."""
        values = [series.alias(name) for name, series in self._taken.items()]
        notes = [self._reason, self._column, self._value]
        return pl.DataFrame([self._rows[LINE], *values, *notes]), list(self._left)


def taken(file: str, rows: pl.DataFrame, form: Form) -> tuple[pl.DataFrame, list[str]]:
    """Return rows in a form's columns, and the columns that are not in the form."""
    records = Records(file, rows)
    for column in form.columns.values():
        records.take(column)
    return records.close()


def _parsed(column: Column, cells: pl.Series, unit: str) -> pl.Series:
    if column.type == "money":
        return fields.fen(cells) if unit == "fen" else fields.yuan(cells)
    if column.type == "date":
        return fields.day(cells)
    if column.type == "share":
        return fields.share(cells)
    if column.type == "flag":
        return fields.flag(cells)
    if column.type == "word":
        return fields.word(cells, column.words)
    return cells
