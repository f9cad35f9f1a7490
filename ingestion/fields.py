"""
Values out of text, a column at a time: money, dates, flags, words, ratios.

A parser takes an Arrow column of trimmed text (null where the cell is blank) and returns the
values with null wherever the text could not be read. Nothing is guessed: digits only, at most
two places of yuan, no thousands separators, no exponents.
"""

import datetime as dt
import re
from collections.abc import Callable, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.forms import Column, Unit

# The largest amount is 2^53 - 1 fen (90 trillion yuan): every JSON reader holds it exactly.
FEN_MAX = 2**53 - 1
TEXT_MAX = 4_000
_WHOLE = r"^[+-]?[0-9]{1,16}$"
_YUAN = r"^[+-]?[0-9]{1,14}(\.[0-9]{1,2})?$"
_RATIO = r"^[+-]?([0-9]{1,15}(\.[0-9]{1,18})?|\.[0-9]{1,18})([eE][+-]?[0-9]{1,2})?$"
_MIDNIGHT = r"(?:[ T]00:00(?::00(?:\.0+)?)?)?"
_DATE = re.compile(
    rf"([0-9]{{4}})([-/.])([0-9]{{1,2}})\2([0-9]{{1,2}}){_MIDNIGHT}"
    r"|([0-9]{4})年([0-9]{1,2})月([0-9]{1,2})日"
)
_YEARS = (1900, 2200)
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
}


def trim(column: pa.Array) -> pa.Array:
    """Return the text without blanks around it; null where nothing is left."""
    plain = pc.utf8_trim_whitespace(column)
    return pc.if_else(pc.equal(plain, ""), pa.scalar(None, pa.string()), plain)


def parse(column: Column, unit: Unit | None, values: pa.Array) -> pa.Array:
    """Return the column's values; null where a cell is blank or cannot be read."""
    if column.kind == "money":
        return money(values, unit=unit or "yuan", signed=column.signed)
    if column.kind == "date":
        return date(values)
    if column.kind == "ratio":
        return ratio(values, share=column.share)
    if column.kind == "flag":
        return _by_value(values, lambda text: _FLAGS.get(text.lower()), pa.bool_())
    if column.kind == "word":
        return word(values, column.words or {})
    kept = pc.if_else(
        pc.less_equal(pc.utf8_length(values), TEXT_MAX), values, pa.scalar(None, pa.string())
    )
    return kept.dictionary_encode() if column.kind == "party" else kept


def reason(column: Column) -> str:
    """Return the reason for setting a row aside whose cell in that column cannot be read."""
    return "unknown_status" if column.name == "status" else REASONS[column.kind]


def money(values: pa.Array, *, unit: Unit, signed: bool) -> pa.Array:
    """
    Return amounts in whole fen.

    Example:
        >>> money(pa.array(["12.5", "-3", "1,000", "1e400"]), unit="yuan", signed=True).to_pylist()
        [1250, -300, None, None]
    """
    readable = pc.match_substring_regex(values, _YUAN if unit == "yuan" else _WHOLE)
    plain = pc.if_else(readable, values, pa.scalar(None, pa.string()))
    places = 2 if unit == "yuan" else 0
    exact = pc.cast(pc.utf8_ltrim(plain, "+"), pa.decimal128(38, places))
    # A decimal is stored as its unscaled integer; with two places of yuan that is the fen.
    low = np.frombuffer(exact.buffers()[1], np.int64)[::2][exact.offset : exact.offset + len(exact)]
    valid = np.asarray(pc.is_valid(exact))
    fen = np.where(valid, low, 0)
    fits = valid & (fen <= FEN_MAX) & (fen >= (-FEN_MAX if signed else 0))
    return pa.array(fen, mask=~fits)


def date(values: pa.Array) -> pa.Array:
    """
    Return days: ISO, `2017/8/4`, `2017.8.4`, `2017年8月4日`, with or without midnight.

    Example:
        >>> date(pa.array(["2017/8/4", "2026-02-30"])).to_pylist()
        [datetime.date(2017, 8, 4), None]
    """
    return _by_value(values, _day, pa.date32())


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


def word(values: pa.Array, words: Mapping[str, str]) -> pa.Array:
    """Return the kept word for every accepted one."""
    return _by_value(values, lambda text: words.get(text.lower(), words.get(text)), pa.string())


def _by_value(values: pa.Array, read: Callable[[str], object], kind: pa.DataType) -> pa.Array:
    coded = values.dictionary_encode()
    found = pa.array(
        [None if text is None else read(text) for text in coded.dictionary.to_pylist()], kind
    )
    return found.take(coded.indices)


def _day(text: str) -> dt.date | None:
    matched = _DATE.fullmatch(text)
    if matched is None:
        return None
    parts = [part for part in matched.groups() if part is not None and part.isdigit()]
    year, month, day = (int(part) for part in parts)
    if not _YEARS[0] <= year <= _YEARS[1]:
        return None
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None
