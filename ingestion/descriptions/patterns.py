"""Patterns over columns of text; RE2 reads them, here as in every other place of a description."""

from typing import cast

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.sets.regexes import compiled

_WIDE_BLANK = "\u3000"


def fullmatched(texts: pl.Series, pattern: str) -> pl.Series:
    """Return which texts match a pattern as a whole; none where a text is null."""
    found = pc.match_substring_regex(_arrow(texts), rf"\A(?:{pattern})\z")
    return pl.Series(texts.name, found, dtype=pl.Boolean).fill_null(value=False)


def begun(texts: pl.Series, pattern: str) -> pl.Series:
    """
    Return what the group of a pattern holds at the beginning of each text; null where none is.

    Example:
        >>> begun(pl.Series(["客户：甲公司 (7月)", "小计"]), "客户：([^ ]+)").to_list()
        ['甲公司', None]
    """
    written = _arrow(texts)
    whole = rf"\A(?:{pattern})(?s:.*)\z"
    held = pc.if_else(
        pc.fill_null(pc.match_substring_regex(written, whole), fill_value=False),
        pc.replace_substring_regex(written, whole, r"\1"),
        pa.scalar(None, written.type),
    )
    return blank_as_null(pl.Series(texts.name, held, dtype=pl.String))


def above(lines: tuple[str, ...], pattern: str) -> str | None:
    r"""
    Return what the group of a pattern holds in the first of some lines that it matches.

    A wide blank parts words as a plain one does, whichever of both the pattern has.

    Example:
        >>> above(("应收款明细表", "核算组织：东湖公司　　单位：元"), r"核算组织：(\S+)")
        '东湖公司'
    """
    search = compiled(pattern).search
    for line in lines:
        spelled = dict.fromkeys((line, line.replace(_WIDE_BLANK, " ")))
        matches = [match for text in spelled if (match := search(text)) is not None]
        held = [group for match in matches if (group := (match[1] or "").strip())]
        if held:
            return min(held, key=len)
    return None


def blank_as_null(texts: pl.Series) -> pl.Series:
    """Return trimmed texts, null where nothing is left."""
    plain = texts.str.strip_chars()
    return pl.select(pl.when(plain != "").then(plain)).to_series().alias(texts.name)


def _arrow(texts: pl.Series) -> pa.Array:
    return cast("pa.Array", texts.cast(pl.String).to_arrow().cast(pa.string()))
