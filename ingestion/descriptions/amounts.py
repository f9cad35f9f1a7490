"""
Amounts of a described source in whole fen, as accounting packages and banks write them.

Thousands are set apart by the sign that is not the decimal one, by blanks or by apostrophes; a
minus stands before, behind, or as brackets around the amount. What is left after the fen is
compared as digits, never as a binary fraction: an amount is whole fen within a millionth of one.
"""

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

import polars as pl

from ingestion.fields import FEN_MAX

# How many decimal places of a unit are fen.
PLACES: Mapping[str, int] = {"fen": 0, "yuan": 2, "1k_yuan": 5, "10k_yuan": 6, "100m_yuan": 10}
DASHES = r"^[-\x{2010}-\x{2015}\x{2212}\x{FF0D}_/\\]+$"
_PLAIN = r"^-?[0-9]{1,15}(?:\.[0-9]+)?$"
_WIDE = {chr(0xFF10 + digit): str(digit) for digit in range(10)}
_WIDE |= {"（": "(", "）": ")", "，": ",", "．": ".", "＋": "+", "－": "-", "−": "-", "–": "-"}
_SIGNS = r"[¥￥$€£]|(?i:CNY|RMB|人民币)|元$"
_THOUSANDS = r"[\x{A0}\x{202F}\x{3000} '’]"
_SCIENCE = re.compile(r"([+-]?[0-9]{1,20}(?:\.[0-9]{1,30})?)[eE]([+-]?[0-9]{1,2})")
_NEAR, _DIGITS_MAX = 6, 17


def fen(texts: pl.Series, unit: str, decimal: str) -> pl.Series:
    """
    Return amounts in fen; null where a text is blank or none.

    Args:
        texts: What stands in the cells.
        unit: What the amounts are in, a key of `PLACES`.
        decimal: The sign between whole units and their parts.

    Example:
        >>> cells = pl.Series(["1,000.00", "(1.00)", "1.00-", "¥5", "0.005", "22600.000000000004"])
        >>> fen(cells, "yuan", ".").to_list()
        [100000, -100, -100, 500, None, 2260000]
        >>> fen(pl.Series(["1.234,56-", "1.234"]), "yuan", ",").to_list()
        [-123456, 123400]
    """
    plain = texts.str.contains(_PLAIN).fill_null(value=False)
    if decimal == "," or not plain.all():
        odd = ~plain if decimal == "." else texts.is_not_null()
        found = written_plainly(texts.filter(odd), decimal)
        places = pl.Series(range(len(texts)), dtype=pl.UInt32).filter(odd)
        # A copy: scattering changes the series that it is given.
        texts = texts.clone().scatter(places, found) if len(places) else texts
    return _whole(texts, PLACES[unit])


def written_plainly(texts: pl.Series, decimal: str) -> pl.Series:
    """Return amounts with a minus before them and a point for decimals; null where none is one."""
    stripped = (
        texts.str.replace_many(list(_WIDE), list(_WIDE.values()))
        .str.replace_all(_SIGNS, "")
        .str.strip_chars()
    )
    sign, apart = (r"\.", r",") if decimal == "." else (",", r"\.")
    grouped = rf"[0-9]{{1,3}}(?:{apart}[0-9]{{3}})+|[0-9]{{1,3}}(?:{_THOUSANDS}[0-9]{{3}})+"
    amount = (
        rf"^(?P<open>\()? ?(?P<sign>[+-])? ?(?P<whole>{grouped}|[0-9]*)(?:{sign}(?P<part>[0-9]*))?"
        r" ?(?P<behind>-)?(?P<close>\))?$"
    )
    found = stripped.str.extract_groups(amount).struct.unnest()
    minus = [
        (found[name].is_not_null() & (found[name] != plus).fill_null(value=False)).cast(pl.Int8)
        for name, plus in (("sign", "+"), ("behind", ""), ("open", ""))
    ]
    several = minus[0] + minus[1] + minus[2]
    whole = found["whole"].str.replace_all(r"[^0-9]", "")
    part = found["part"].fill_null("")
    fits = (whole + part).str.len_chars() > 0
    fits &= (found["open"].is_null() == found["close"].is_null()) & (several <= 1)
    before = pl.select(pl.when(several > 0).then(pl.lit("-")).otherwise(pl.lit(""))).to_series()
    plain = before + whole.str.replace("^$", "0") + "." + part.str.replace("^$", "0")
    read = pl.select(pl.when(fits).then(plain)).to_series()
    science = stripped.str.contains("[0-9][eE][+-]?[0-9]").fill_null(value=False)
    if decimal == "." and science.any():
        places = pl.Series(range(len(texts)), dtype=pl.UInt32).filter(science)
        told = [_out_of_science(text) for text in stripped.filter(science)]
        read = read.scatter(places, pl.Series(told, dtype=pl.String))
    return read


def _out_of_science(text: str) -> str | None:
    found = _SCIENCE.fullmatch(text)
    if found is None:
        return None
    try:
        return f"{Decimal(found[1]).scaleb(int(found[2])):f}"
    except InvalidOperation:
        return None


def _whole(plain: pl.Series, places: int) -> pl.Series:
    """Return plain amounts in fen, null where there is no whole fen within a millionth."""
    parts = plain.str.extract_groups(r"^(?P<sign>-)?0*(?P<whole>[0-9]*)(?:\.(?P<part>[0-9]*))?$")
    frame = parts.struct.unnest()
    part = pl.col("part").fill_null("")
    rest = part.str.slice(places)
    down = (
        rest.str.contains("^0*$")
        | rest.str.starts_with("0" * _NEAR)
        | rest.str.contains(rf"^0{{{_NEAR - 1}}}10*$")
    )
    up = rest.str.starts_with("9" * _NEAR)
    digits = pl.col("whole") + part.str.slice(0, places).str.pad_end(places, "0")
    count = pl.when(digits.str.len_chars() <= _DIGITS_MAX).then(
        digits.str.replace("^$", "0").cast(pl.Int64, strict=False)
    )
    found = count + up.cast(pl.Int64)
    signed = pl.when(pl.col("sign") == "-").then(-found).otherwise(found)
    amount = pl.when((down | up) & (found <= FEN_MAX)).then(signed)
    return frame.select(amount.alias(plain.name)).to_series()
