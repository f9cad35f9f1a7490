"""Amounts out of text, in whole fen."""

import math
import re
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.fields import texts
from ingestion.forms import Unit

# The largest amount is 2^53 - 1 fen (90 trillion yuan): every JSON reader holds it exactly.
FEN_MAX = 2**53 - 1
_PLAIN = {
    "fen": r"^[+-]?[0-9]{1,16}$",
    "yuan": r"^[+-]?[0-9]{1,14}(\.[0-9]{1,2})?$",
    "wan": r"^[+-]?[0-9]{1,10}(\.[0-9]{1,6})?$",
}
_PLACES = {"fen": 0, "yuan": 2, "wan": 6}
_ZEROS = {
    "fen": r"^([+-]?[0-9]{1,16})\.0+$",
    "yuan": r"^([+-]?[0-9]{1,14}\.[0-9]{2})0+$",
    "wan": r"^([+-]?[0-9]{1,10}\.[0-9]{6})0+$",
}
# What needs a closer look: thousands set apart, or more places than there are fen.
_LONG = r"^[+-]?([0-9]{1,16}|[0-9]{1,3}(,[0-9]{3}){1,5})\.[0-9]{1,40}$"
# A double next to a whole fen is that fen: so many steps between doubles it may be away, or this
# part of a fen, whichever is more; never so much that it could be told as well.
_STEPS, _PART, _TOLD = 4, Decimal("1e-6"), Decimal("0.05")


def money(values: pa.Array, *, unit: Unit, signed: bool) -> pa.Array:
    """
    Return amounts in whole fen; null where a text is none.

    Zeros behind the second place say nothing; commas set thousands apart only where a point
    follows, since alone they may as well stand for one. What is no whole fen is never rounded.

    Example:
        >>> texts = pa.array(["12.5", "-3", "1,000", "1,000.50", "0.30000000000000004", "0.005"])
        >>> money(texts, unit="yuan", signed=True).to_pylist()
        [1250, -300, None, 100050, 30, None]
        >>> money(pa.array(["1.5", "0.000001"]), unit="wan", signed=False).to_pylist()
        [1500000, 1]
    """
    readable = pc.match_substring_regex(values, _PLAIN[unit])
    if not pc.all(readable, skip_nulls=True).as_py():
        values = _shortened(values, unit)
        readable = pc.match_substring_regex(values, _PLAIN[unit])
    plain = pc.if_else(readable, values, pa.scalar(None, pa.string()))
    exact = pc.cast(pc.utf8_ltrim(plain, "+"), pa.decimal128(38, _PLACES[unit]))
    # A decimal is stored as its unscaled integer; with two places of yuan that is the fen.
    low = np.frombuffer(exact.buffers()[1], np.int64)[::2][exact.offset : exact.offset + len(exact)]
    valid = np.asarray(pc.is_valid(exact))
    fen = np.where(valid, low, 0)
    fits = valid & (fen <= FEN_MAX) & (fen >= (-FEN_MAX if signed else 0))
    return pa.array(fen, mask=~fits)


def _shortened(values: pa.Array, unit: Unit) -> pa.Array:
    """Return the texts as plain amounts where they are whole fen written in more places."""
    values = pc.replace_substring_regex(values, _ZEROS[unit], r"\1")
    long = texts.matched(values, _LONG) & ~texts.matched(values, _PLAIN[unit])
    if not long.any():
        return values
    coded = values.filter(pa.array(long)).dictionary_encode()
    plain = [_exact(text, _PLACES[unit]) for text in coded.dictionary.to_pylist()]
    taken = pa.array(plain, pa.string()).take(coded.indices)
    return texts.changed(values, long, taken.to_pylist())


def _exact(text: str, places: int) -> str | None:
    amount = Decimal(re.sub(",", "", text))
    whole = amount.scaleb(places).to_integral_value()
    off = abs(amount.scaleb(places) - whole)
    near = Decimal(_STEPS * math.ulp(float(amount))).scaleb(places)
    return f"{whole.scaleb(-places):f}" if off <= min(max(near, _PART), _TOLD) else None
