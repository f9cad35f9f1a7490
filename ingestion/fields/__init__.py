"""
Values out of text, a column at a time: money, dates, flags, words, ratios.

A parser takes an Arrow column of trimmed text (null where the cell is blank) and returns the
values with null wherever the text could not be read. Nothing is guessed, and nothing is rounded.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from ingestion.days import ZONE
from ingestion.fields.amounts import FEN_MAX, money
from ingestion.fields.currencies import currency
from ingestion.fields.dates import date
from ingestion.fields.texts import destroyed, errors, lost_digits, trim, trim_coded, turned
from ingestion.forms import Column, Unit, plain_word

TEXT_MAX = 4_000
_RATIO = r"^[+-]?([0-9]{1,15}(\.[0-9]{1,18})?|\.[0-9]{1,18})([eE][+-]?[0-9]{1,2})?$"
_FLAGS = {"true": True, "1": True, "yes": True, "是": True, "y": True}
_FLAGS |= {"false": False, "0": False, "no": False, "否": False, "n": False}
REASONS: Mapping[str, str] = {
    "text": "too_long",
    "party": "too_long",
    "money": "bad_amount",
    "date": "bad_date",
    "ratio": "bad_number",
    "flag": "bad_flag",
    "word": "unknown_word",
    "currency": "unknown_word",
}


@dataclass(frozen=True, slots=True)
class DayRules:
    """How days are read: where the bank works, and day zero of the workbook that they are from."""

    zone: dt.tzinfo = ZONE
    epoch: dt.date | None = None


AS_WRITTEN = DayRules()


def parse(
    column: Column, unit: Unit | None, values: pa.Array, days: DayRules = AS_WRITTEN
) -> pa.Array:
    """Return the column's values; null where a cell is blank or cannot be read."""
    if column.kind == "money":
        return money(values, unit=unit or "yuan", signed=column.signed)
    if column.kind == "date":
        return date(values, zone=days.zone, epoch=days.epoch)
    if column.kind == "ratio":
        return ratio(values, share=column.share)
    if column.kind == "word":
        return word(values, column.words or {})
    if column.kind in _WAYS:
        return _WAYS[column.kind](values)
    kept = _short(values)
    if column.words is not None:  # Some texts mean a word; the others stay as they are.
        kept = pc.coalesce(word(kept, column.words), kept)
    return kept


def reason(column: Column) -> str:
    """Return the reason for setting a row aside whose cell in that column cannot be read."""
    return "unknown_status" if column.name == "status" else REASONS[column.kind]


def ratio(values: pa.Array, *, share: bool) -> pa.Array:
    """Return numbers; with `share` only those between 0 and 1."""
    readable = pc.match_substring_regex(values, _RATIO)
    numbers = pc.cast(
        pc.utf8_ltrim(pc.if_else(readable, values, pa.scalar(None, pa.string())), "+"),
        pa.float64(),
    )
    fits = pc.is_finite(numbers)
    if share:
        fits = pc.and_(fits, pc.and_(pc.greater_equal(numbers, 0), pc.less_equal(numbers, 1)))
    unsigned_zero = pc.add(numbers, 0.0)
    return pc.if_else(fits, unsigned_zero, pa.scalar(None, pa.float64()))


def flag(values: pa.Array) -> pa.Array:
    """Return true and false by the words for them."""
    return _by_value(values, lambda text: _FLAGS.get(text.lower()), pa.bool_())


def word(values: pa.Array, words: Mapping[str, str]) -> pa.Array:
    """
    Return the kept word for every accepted one, whatever its case, width, blanks and hyphens.

    Example:
        >>> word(pa.array(["Void", "已作废 "]), {"void": "void", "已作废": "void"}).to_pylist()
        ['void', 'void']
    """
    return _by_value(values, lambda text: words.get(plain_word(text)), pa.string())


def _short(values: pa.Array) -> pa.Array:
    fits = pc.less_equal(pc.utf8_length(values), TEXT_MAX)
    return pc.if_else(fits, values, pa.scalar(None, pa.string()))


def _party(values: pa.Array) -> pa.DictionaryArray:
    coded = values.dictionary_encode()
    texts = _short(coded.dictionary)
    if texts.null_count:
        return texts.take(coded.indices).dictionary_encode()
    return coded


_WAYS: Mapping[str, Callable[[pa.Array], pa.Array]] = {
    "flag": flag,
    "party": _party,
    "currency": lambda values: _by_value(values, currency, pa.string()),
}


def _by_value(values: pa.Array, read: Callable[[str], object], kind: pa.DataType) -> pa.Array:
    coded = values.dictionary_encode()
    found = pa.array(
        [None if text is None else read(text) for text in coded.dictionary.to_pylist()], kind
    )
    return found.take(coded.indices)


__all__ = [
    "FEN_MAX", "REASONS", "TEXT_MAX", "DayRules", "date", "destroyed", "errors", "lost_digits",
    "money", "parse", "ratio", "reason", "trim", "trim_coded", "turned", "word",
]  # fmt: skip
