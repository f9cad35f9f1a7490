"""The columns of a table out of the cells of a set, as the readings of a description say."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import cast
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from ingestion import fields
from ingestion.descriptions import days, model, parties
from ingestion.descriptions.cells import UNKNOWN, SetCells, amount, chosen
from ingestion.descriptions.shares import exact_share
from ingestion.descriptions.steps import FATE, KEPT
from ingestion.fields.currencies import HOME
from ingestion.forms import CURRENCY, LINE, Column, Form
from ingestion.record import SourceRecords
from ingestion.resolve.beside import SIGN

WORDS_MAX = 1000  # Words without meaning that are told of one table.
_NO_TEXT = pl.Series([None], dtype=pl.String)
_NO_WORD = pa.scalar(None, pa.string())
_OWN = ("firm", "name")


@dataclass(slots=True)
class Filling:
    """Fills one table of a description; remembers the words that have no meaning."""

    table: model.DescribedTable
    form: Form
    words: dict[tuple[str, str], int] = field(default_factory=dict)
    has_more_words: bool = False  # Than are remembered.

    def columns(self, cells: SetCells, records: SourceRecords) -> dict[str, pa.Array]:
        """Return every column of the table; what is wrong with rows goes to the records."""
        taken = {
            column.stored: self._column(cells, records, column)
            for column in self.form.columns.values()
        }
        if LINE in self.table.columns:
            taken[LINE] = _arrow(cells.value(self.table.columns[LINE]))
        if CURRENCY in self.table.columns:
            read = _text(cells, self.table.columns[CURRENCY])
            given = self._words(cells, records, read, self.form.parts[CURRENCY])
            taken[CURRENCY] = pc.if_else(pc.equal(given, HOME), _NO_WORD, given)
        return taken

    def _column(self, cells: SetCells, records: SourceRecords, column: Column) -> pa.Array:
        reading = self.table.columns.get(column.name)
        if reading is None and self.form.name == "firms" and column.name in _OWN:
            return self._own(cells, records, column)
        if reading is None:
            if column.default is not None:
                return pa.repeat(pa.scalar(column.default, column.arrow), len(cells))
            return pa.nulls(len(cells), column.arrow)
        read = _KINDS.get(column.kind, _text)(cells, reading)
        if column.kind in ("text", "word", "flag"):
            return self._words(cells, records, read, column)
        header = self._header(column)
        text = _arrow(read["text"])
        records.check(text, header, column)
        if "doubt" in read.columns:
            doubts = _arrow(read["doubt"])
            records.doubt(np.asarray(doubts.is_valid()), header, doubts)
        values = _values(read["value"], column)
        return records.settled(values, text, header, column)

    def _own(self, cells: SetCells, records: SourceRecords, column: Column) -> pa.Array:
        """Return what stands for the id or name of a firm that gives none: its code, its name."""
        given = [self.table.columns.get(name) for name in ("uscc", "name")]
        code, name = (cells.value(reading) for reading in given)
        texts = [parties.codes(code), name] if column.name == "firm" else [name, code]
        found = texts[0].zip_with(texts[0].is_not_null(), texts[1])
        return records.settled(_arrow(found), _arrow(found), column.name, column)

    def _header(self, column: Column) -> str:
        """Return what a column of the table is called where it comes from, else in the table."""
        reading = self.table.columns[column.name]
        return reading.name if isinstance(reading, model.ColumnText) else column.name

    def _words(
        self, cells: SetCells, records: SourceRecords, read: pl.DataFrame, column: Column
    ) -> pa.Array:
        """Return texts and words; a word without meaning is a problem, and remembered."""
        header = self._header(column)
        unknown = read["text"].str.starts_with(UNKNOWN).fill_null(value=False)
        said = read["text"].str.strip_prefix(UNKNOWN)
        text = _arrow(said)
        if column.kind == "text":
            records.check(text, header, column)
        meant = said.zip_with(~unknown, _NO_TEXT)
        values = fields.parse(column, None, _arrow(meant))
        wordy = column.kind != "text"
        lost = np.asarray(text.is_valid()) & ~np.asarray(values.is_valid())
        lost &= np.asarray(unknown) | wordy
        if lost.any():
            asked = pl.Series(lost) & (cells.frame[FATE] == KEPT)
            for word, rows in sorted(said.filter(asked).value_counts().rows()):
                self._remember((column.name, word), rows)
            reason = "unknown_status" if column.name == "status" else "unknown_word"
            reason = "bad_flag" if column.kind == "flag" else reason
            records.report(lost, header, text, reason)
            text = _arrow(said.zip_with(pl.Series(~lost), _NO_TEXT))
            column = _unasked(column)  # Told once: the cell is not blank.
        return records.settled(values, text, header, column)

    def _remember(self, key: tuple[str, str], rows: int) -> None:
        """Count rows with a word; a column of other things has one in each row."""
        if key in self.words or len(self.words) < WORDS_MAX:
            self.words[key] = self.words.get(key, 0) + rows
        else:
            self.has_more_words = True


def _unasked(column: Column) -> Column:
    return Column(column.name, column.kind, column.zh, default=column.default, words=column.words)


def _text(cells: SetCells, reading: model.Reading) -> pl.DataFrame:
    text = cells.value(reading)
    return pl.DataFrame({"value": text, "text": text})


def _day(cells: SetCells, reading: model.Reading) -> pl.DataFrame:
    if isinstance(reading, model.When):
        return cells.cased(reading, lambda inner: _day(cells, inner))
    if isinstance(reading, model.First):
        return cells.first(reading, lambda inner: _day(cells, inner))
    if not isinstance(reading, model.DayReading):
        reading = model.DayReading(cast("model.Value", reading))
    text = _not_blank(cells.value(reading.value), days.BLANK)
    if reading.epoch is None:
        value = days.ordered(text, reading.order, zone=cells.zone, epoch=cells.epoch)
    else:
        here = cells.zone.key if isinstance(cells.zone, ZoneInfo) else "UTC"
        value = days.counted(text, reading.epoch, reading.zone or here)
    return pl.DataFrame({"value": value.alias("value"), "text": text.alias("text")})


def _share(cells: SetCells, reading: model.Reading) -> pl.DataFrame:
    if isinstance(reading, model.When):
        return cells.cased(reading, lambda inner: _share(cells, inner))
    if isinstance(reading, model.First):
        return cells.first(reading, lambda inner: _share(cells, inner))
    if not isinstance(reading, model.ShareReading):
        reading = model.ShareReading(cast("model.Value", reading))
    text = _not_blank(cells.value(reading.value), days.BLANK_MARKS)
    if reading.default is not None:
        text = text.fill_null(reading.default)
    distinct = text.drop_nulls().unique()
    found = [exact_share(each, per_cent=reading.per_cent) for each in distinct]
    exact = pl.Series(found, dtype=pl.String)
    value = text.replace_strict(distinct, exact, default=None, return_dtype=pl.String)
    return pl.DataFrame({"value": value.alias("value"), "text": text.alias("text")})


def _party(cells: SetCells, reading: model.Reading) -> pl.DataFrame:
    if isinstance(reading, model.When):
        return cells.cased(reading, lambda inner: _party(cells, inner))
    if isinstance(reading, model.First):
        return cells.first(reading, lambda inner: _party(cells, inner))
    if isinstance(reading, model.FirstOther):
        return _first_other(cells, reading)
    if not isinstance(reading, model.PartyReading):
        reading = model.PartyReading(reading)
    name = cells.value(reading.name)
    if reading.code is None:
        text = parties.either(name)
        return _party_frame(text, name, cells.same(None))
    said = cells.value(reading.code)
    code = parties.codes(said)
    both = code + SIGN + name
    text = both.zip_with(both.is_not_null(), code.zip_with(code.is_not_null(), name))
    doubt = said.zip_with(code.is_null(), _NO_TEXT)
    shown = name.zip_with(name.is_not_null(), said)
    return _party_frame(text, shown.zip_with(text.is_not_null(), _NO_TEXT), doubt)


def _party_frame(value: pl.Series, text: pl.Series, doubt: pl.Series) -> pl.DataFrame:
    named = {"value": value, "text": text, "doubt": doubt}
    return pl.DataFrame({name: series.alias(name) for name, series in named.items()})


def _first_other(cells: SetCells, reading: model.FirstOther) -> pl.DataFrame:
    than = parties.told(_party(cells, reading.than)["value"])
    found = _party_frame(cells.same(None), cells.same(None), cells.same(None))
    for option in reversed(reading.options):
        read = _party(cells, option)
        other = read["value"].is_not_null() & ~parties.same(parties.told(read["value"]), than)
        found = chosen(other, read, found)
    return found


def _not_blank(text: pl.Series, marks: str) -> pl.Series:
    blank = text.str.contains(marks).fill_null(value=False)
    return text.zip_with(~blank, _NO_TEXT)


def _values(series: pl.Series, column: Column) -> pa.Array:
    """Return values in the type in which the column is kept; null where one does not fit."""
    if column.kind == "ratio":
        return fields.ratio(_arrow(series), share=column.share)
    if column.kind == "party":
        return fields.parse(column, None, _arrow(series))
    if column.kind == "money" and not column.signed:
        series = series.zip_with(
            (series >= 0).fill_null(value=False), pl.Series([None], dtype=pl.Int64)
        )
    return cast("pa.Array", series.to_arrow()).cast(column.arrow)


def _arrow(texts: pl.Series) -> pa.Array:
    return cast("pa.Array", texts.cast(pl.String).to_arrow()).cast(pa.string())


_KINDS: Mapping[str, Callable[[SetCells, model.Reading], pl.DataFrame]] = {
    "money": amount,
    "date": _day,
    "ratio": _share,
    "party": _party,
}
