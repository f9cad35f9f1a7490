"""Parties of a described source: a code by its check character, a name, or one text for both."""

import unicodedata
from collections.abc import Callable

import polars as pl

from ingestion.resolve.beside import SIGN
from ingestion.resolve.codes import checked
from ingestion.resolve.names import key

_COUNTRY, _LENGTH = "CN", 18  # Before a code as it stands in a number of value-added tax.


def code_in(text: str | None) -> str | None:
    """
    Return the credit code that a text is by its check character; None when it is none.

    Example:
        >>> code_in("CN91350100m000100y43"), code_in("000000000000000000")
        ('91350100M000100Y43', None)
    """
    if text is None or len(text) < _LENGTH:
        return None
    plain = "".join(unicodedata.normalize("NFKC", text).split()).upper()
    if len(plain) == len(_COUNTRY) + _LENGTH:
        plain = plain.removeprefix(_COUNTRY)
    return checked(plain)


def codes(texts: pl.Series) -> pl.Series:
    """Return the codes that texts are, null where one is none."""
    return _by_text(texts, code_in)


def either(texts: pl.Series) -> pl.Series:
    """Return texts that may be id, code or name: a code in its plain form, others as they are."""
    return _by_text(texts, lambda text: code_in(text) or text)


def told(texts: pl.Series) -> pl.DataFrame:
    """Return code and comparable name of party texts, null where one of both is not told."""
    name = _by_text(texts, lambda text: None if code_in(text) else key(text.rpartition(SIGN)[2]))
    code = _by_text(texts, lambda text: text.partition(SIGN)[0] if SIGN in text else code_in(text))
    return pl.DataFrame({"code": code.alias("code"), "name": name.alias("name")})


def same(ours: pl.DataFrame, others: pl.DataFrame) -> pl.Series:
    """Return which parties are one: by their codes where both have one, else by their names."""
    coded = ours["code"].is_not_null() & others["code"].is_not_null()
    by_code = (ours["code"] == others["code"]).fill_null(value=False)
    by_name = (ours["name"] == others["name"]).fill_null(value=False)
    return by_code.zip_with(coded, by_name)


def _by_text(texts: pl.Series, read: Callable[[str], str | None]) -> pl.Series:
    """Return what each text is read as; it is asked once for each."""
    distinct = texts.drop_nulls().unique()
    found = [read(text) for text in distinct]
    mapped = pl.Series(found, dtype=pl.String)
    return texts.replace_strict(distinct, mapped, default=None, return_dtype=pl.String)
