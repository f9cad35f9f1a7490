"""Values and conditions over the rows of a set, a column at a time."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import polars as pl

from ingestion.descriptions import amounts, model, patterns
from ingestion.forms import plain_word

JOINED_BY = "；"
# A text that someone meant for an amount, whether it is one or not.
_AMOUNT_LIKE = r"^[-+() .,'0-9¥￥$€]*[0-9][-+() .,'0-9]*$"


@dataclass(slots=True)
class SetCells:
    """Some rows of a set, and what is known of where they stand."""

    frame: pl.DataFrame
    zone: dt.tzinfo
    above: tuple[str, ...] = ()
    epoch: dt.date | None = None  # Day zero of the workbook, for days kept as numbers.
    lacking: set[str] = field(default_factory=set)  # Columns asked for that these rows lack.

    def __len__(self) -> int:
        return self.frame.height

    def column(self, name: str) -> pl.Series:
        """Return the text of a column, the first of several in a cell; blank where it is not."""
        if name not in self.frame.columns:
            self.lacking.add(name)
            return self.same(None)
        cells = self.frame[name]
        return cells.list.first() if isinstance(cells.dtype, pl.List) else cells

    def same(self, text: str | None) -> pl.Series:
        """Return one text for every row."""
        return pl.repeat(text or None, len(self), dtype=pl.String, eager=True)

    def value(self, value: model.Reading | None) -> pl.Series:
        """Return the text of a value."""
        if value is None:
            return self.same(None)
        return _VALUES[type(value)](self, value)

    def holds(self, condition: model.Condition) -> pl.Series:
        """Return whether a condition holds; it never is unknown."""
        return _CONDITIONS[type(condition)](self, condition)

    def all_hold(self, conditions: tuple[model.Condition, ...]) -> pl.Series:
        """Return whether all of some conditions hold."""
        found = pl.repeat(value=True, n=len(self), dtype=pl.Boolean, eager=True)
        for condition in conditions:
            found = found & self.holds(condition)
        return found

    def any_holds(self, conditions: tuple[model.Condition, ...]) -> pl.Series:
        """Return whether one of some conditions holds."""
        found = pl.repeat(value=False, n=len(self), dtype=pl.Boolean, eager=True)
        for condition in conditions:
            found = found | self.holds(condition)
        return found

    def cased(
        self, when: model.When, read: Callable[[model.Reading], pl.DataFrame]
    ) -> pl.DataFrame:
        """Return for each row what the first case that holds reads, blank where none does."""
        last = model.Const(None) if when.otherwise is None else when.otherwise
        found = read(last)
        for case in reversed(when.cases):
            found = chosen(self.holds(case.condition), read(case.then), found)
        return found

    def first(
        self, first: model.First, read: Callable[[model.Reading], pl.DataFrame]
    ) -> pl.DataFrame:
        """Return for each row the first of several readings whose text is not blank."""
        lacking = set(self.lacking)
        asked: list[set[str]] = []
        found: pl.DataFrame | None = None
        for option in first.options:
            self.lacking = set()
            ahead = read(option)
            asked.append(self.lacking)
            found = ahead if found is None else chosen(found["text"].is_not_null(), found, ahead)
        # Of several that stand for one another a file need not have more than one.
        self.lacking = lacking | (set() if not all(asked) else set().union(*asked))
        return pl.DataFrame() if found is None else found


def chosen(where: pl.Series, ours: pl.DataFrame, others: pl.DataFrame) -> pl.DataFrame:
    """Return rows of one frame where something holds, of another one elsewhere."""
    return pl.DataFrame(
        {name: ours[name].zip_with(where, others[name]) for name in ours.columns},
        schema=ours.schema,
    )


def _as_text(cells: SetCells, value: model.Reading) -> pl.DataFrame:
    return pl.DataFrame({"text": cells.value(value)})


def _filled(cells: SetCells, value: model.Filled) -> pl.Series:
    parts = []
    for part in value.parts:
        if isinstance(part, str):
            parts.append(pl.lit(part))
        else:
            text = cells.column(part.name)
            parts.append(pl.lit(text.str.pad_start(part.width, "0") if part.width else text))
    if not any(isinstance(part, model.Slot) for part in value.parts):
        return cells.same("".join(str(part) for part in value.parts))
    return cells.frame.select(pl.concat_str(parts).alias("text"))["text"]


def _all(cells: SetCells, value: model.All) -> pl.Series:
    if value.name not in cells.frame.columns:
        return cells.column(value.name)
    column = cells.frame[value.name]
    if not isinstance(column.dtype, pl.List):
        return column
    joined = column.list.drop_nulls().list.unique(maintain_order=True).list.join(JOINED_BY)
    return patterns.blank_as_null(joined)


def _words(cells: SetCells, value: model.WordsFor) -> pl.Series:
    """Return the words of the table; a word without meaning stays, with a sign before it."""
    texts = cells.value(value.value)
    meant = {plain_word(word): target for word, target in value.words.items() if target}
    distinct = texts.drop_nulls().unique()
    found = [meant.get(plain_word(text), UNKNOWN + text) for text in distinct]
    mapped = pl.Series(found, dtype=pl.String)
    return texts.replace_strict(distinct, mapped, default=None, return_dtype=pl.String)


UNKNOWN = "\x1e"  # Before a word that has no meaning; no cell that was read holds it.


_VALUES: Mapping[type, Callable[[SetCells, Any], pl.Series]] = {
    model.ColumnText: lambda cells, value: cells.column(value.name),
    model.Const: lambda cells, value: cells.same(value.text),
    model.Filled: _filled,
    model.Above: lambda cells, value: cells.same(patterns.above(cells.above, value.pattern)),
    model.Matching: lambda cells, value: patterns.begun(cells.value(value.value), value.pattern),
    model.All: _all,
    model.WordsFor: _words,
    model.When: lambda cells, value: cells.cased(value, lambda v: _as_text(cells, v))["text"],
    model.First: lambda cells, value: cells.first(value, lambda v: _as_text(cells, v))["text"],
}


def _test(cells: SetCells, test: model.CellTest) -> pl.Series:
    text = cells.column(test.name)
    found = pl.repeat(value=True, n=len(cells), dtype=pl.Boolean, eager=True)
    if test.words is not None:
        found &= text.is_in(list(test.words)).fill_null(value=False)
    if test.blank is not None:
        found &= text.is_null() == test.blank
    if test.excluded is not None:
        found &= ~text.is_in(list(test.excluded)).fill_null(value=False)
    if test.matches is not None:
        found &= patterns.fullmatched(text, test.matches)
    if test.differs_from is not None:
        found &= text.ne_missing(cells.column(test.differs_from))
    if test.zero is not None:
        found &= text.str.contains("[1-9１-９]").fill_null(value=False) != test.zero
    return found


def _positive(cells: SetCells, condition: model.Positive) -> pl.Series:
    """Return whether an amount is above nought, or is meant for one that cannot be read."""
    found = amount(cells, condition.money)
    above = (found["value"] > 0).fill_null(value=False)
    odd = found["value"].is_null() & found["text"].str.contains(_AMOUNT_LIKE)
    return above | odd.fill_null(value=False)


_CONDITIONS: Mapping[type, Callable[[SetCells, Any], pl.Series]] = {
    model.CellTest: _test,
    model.Every: lambda cells, every: cells.all_hold(every.conditions),
    model.AnyOf: lambda cells, each: cells.any_holds(each.conditions),
    model.Positive: _positive,
}


def amount(cells: SetCells, money: model.Reading) -> pl.DataFrame:
    """Return amounts in fen (`value`) and their text; a text without a value is no amount."""
    if isinstance(money, model.When):
        return cells.cased(money, lambda inner: amount(cells, inner))
    if isinstance(money, model.First):
        return cells.first(money, lambda inner: amount(cells, inner))
    if not isinstance(money, model.MoneyReading):
        money = model.MoneyReading(cast("model.Value", money))
    text = _not_dashes(cells.value(money.value))
    value = amounts.fen(text, money.unit, money.decimal)
    if money.less is not None:
        off = amount(cells, money.less)
        wrong = (text.is_not_null() & value.is_null()) | (
            off["text"].is_not_null() & off["value"].is_null()
        )
        text = text.zip_with(text.is_not_null(), off["text"])
        left = value.fill_null(0) - off["value"].fill_null(0)
        value = left.zip_with(text.is_not_null() & ~wrong, pl.Series([None], dtype=pl.Int64))
    if money.minus_when is not None:
        value = (-value).zip_with(cells.holds(money.minus_when), value)
    if money.red_when is not None:
        value = (-value.abs()).zip_with(cells.holds(money.red_when), value)
    return pl.DataFrame({"value": value.alias("value"), "text": text.alias("text")})


def _not_dashes(text: pl.Series) -> pl.Series:
    """Return texts, null where nothing but a dash stands for nought."""
    dash = text.str.contains(amounts.DASHES).fill_null(value=False)
    return text.zip_with(~dash, pl.Series([None], dtype=pl.String))
