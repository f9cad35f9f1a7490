"""
A batch of rows whose every column must be taken or named as ignored.

What is left at the end was not understood and is reported; a cell that cannot be read is a
problem of its row, with column and value. Columns are worked on whole, never row by row.
"""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from ingestion import fields
from ingestion.days import ZONE
from ingestion.forms import Column, Unit
from ingestion.readers import Chunk
from ingestion.readers.chunk import IntArray
from ingestion.resolve.codes import is_placeholder

HashArray = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class RowProblem:
    """Rows that cannot be used, all for one reason in one column."""

    rows: IntArray
    column: str
    values: pa.Array
    reason: str

    def later(self, offset: int) -> "RowProblem":
        """Return the same problem with its rows counted from further up."""
        return RowProblem(self.rows + offset, self.column, self.values, self.reason)

    @property
    def none(self) -> "RowProblem":
        """Return the same problem of no row."""
        return RowProblem(self.rows[:0], self.column, self.values[:0], self.reason)


class SourceRecords:
    """
    Rows of one file whose columns are taken one by one.

    Args:
        rows: The batch as a reader gave it.
        zone: Where the bank works: there a moment is a day.
    """

    def __init__(self, rows: Chunk, zone: dt.tzinfo = ZONE) -> None:
        self.lines = rows.lines
        self._days = fields.DayRules(zone, rows.epoch)
        self.problems: list[RowProblem] = []
        self.doubts: list[RowProblem] = []  # Rows that are used although a cell says nothing.
        # What tells two rows apart beyond the values that were read.
        self.extra: HashArray = np.zeros(len(rows.lines), np.uint64)
        self._left = dict(rows.columns)

    def __len__(self) -> int:
        return len(self.lines)

    @property
    def left(self) -> tuple[str, ...]:
        """Return the headers that nothing has taken yet."""
        return tuple(self._left)

    def text(self, header: str) -> pa.Array:
        """Remove a column and return its trimmed text, null where a cell is blank."""
        return fields.trim(self._left.pop(header))

    def take(self, header: str, column: Column, *, unit: Unit | None = None) -> pa.Array:
        """Remove a column and return its values; null where blank, or bad and now a problem."""
        return self.read(self.checked(header, column), header, column, unit=unit)

    def checked(self, header: str, column: Column) -> pa.Array:
        """Remove a column and return its text; what is no value at all is now a problem."""
        party = column.kind == "party"
        text = fields.trim_coded(self._left.pop(header)) if party else self.text(header)
        if party and not column.required:
            text = _named(text)
        self.check(text, header, column)
        return text

    def check(self, text: pa.Array, header: str, column: Column) -> None:
        """Make what is no value at all a problem: errors of spreadsheets, digits that are lost."""
        self.report(fields.errors(text), header, text, "cell_error")
        if column.identity or column.kind == "party":
            self.report(fields.destroyed(text), header, text, "unreadable")
            self.report(fields.lost_digits(text), header, text, "lost_digits")
            typed = self._days.epoch is not None
            self.report(fields.turned(text, typed=typed), header, text, "turned_to_date")

    def beside(self, header: str) -> pa.Array:
        """Remove a column that is read for another one; its text still tells two rows apart."""
        text = self.text(header)
        self.extra += _hash(text, header)
        return text

    def read(
        self, text: pa.Array, header: str, column: Column, *, unit: Unit | None = None
    ) -> pa.Array:
        """Return the values of trimmed text; null where blank, or bad and now a problem."""
        return self.settled(fields.parse(column, unit, text, self._days), text, header, column)

    def settled(self, values: pa.Array, text: pa.Array, header: str, column: Column) -> pa.Array:
        """Return values that were read from text; a blank or bad one is now a problem."""
        blank = np.asarray(pc.is_null(text))
        bad = np.asarray(pc.is_null(values)) & ~blank
        if column.required:
            self.report(blank, header, text, "missing")
        if bad.any():
            self.report(bad, header, text, fields.reason(column))
            self.extra += np.where(bad, _hash(text, header), np.uint64(0))
        if column.default is not None:
            values = pc.if_else(pa.array(blank), pa.scalar(column.default, values.type), values)
        return values

    def word(self, text: pa.Array, column: Column) -> pa.Array:
        """Return the kept word of each text; null where it is none of the column's words."""
        return fields.word(text, column.words or {})

    def report(self, bad: npt.NDArray[np.bool_], header: str, text: pa.Array, reason: str) -> None:
        """Set rows aside: a problem in that column, where `bad` is true."""
        if bad.any():
            rows = np.flatnonzero(bad)
            self.problems.append(RowProblem(rows, header, text.take(pa.array(rows)), reason))

    def doubt(self, wrong: npt.NDArray[np.bool_], header: str, text: pa.Array) -> None:
        """Remember rows whose cell says nothing in that column, where `wrong` is true."""
        if wrong.any():
            rows = np.flatnonzero(wrong)
            self.doubts.append(RowProblem(rows, header, text.take(pa.array(rows)), "no_code"))

    def close(self) -> tuple[str, ...]:
        """Return the headers that nothing took; they still tell two rows apart."""
        unknown = tuple(self._left)
        for name, values in self._left.items():
            self.extra += _hash(fields.trim(values), name)
        self._left.clear()
        return unknown


def _named(texts: pa.DictionaryArray) -> pa.DictionaryArray:
    """Return the texts of parties that may be left blank: what names nobody says nothing."""
    named = [None if is_placeholder(text) else text for text in texts.dictionary.to_pylist()]
    if None not in named:
        return texts
    return pa.array(named, pa.string()).take(texts.indices).dictionary_encode()


def _hash(text: pa.Array, header: str) -> HashArray:
    """Return a number for each cell; 0 for a blank one, so that absent columns change nothing."""
    plain = pc.cast(text, pa.string())
    named = pc.binary_join_element_wise(header, plain, "\0")
    hashed: HashArray = pl.Series(named).hash(seed=1).to_numpy()
    return np.where(np.asarray(pc.is_null(text)), np.uint64(0), hashed)
