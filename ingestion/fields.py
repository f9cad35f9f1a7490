"""
Cells into values, a column at a time: money to whole fen, days, shares, words.

Each function takes a column of stripped text (null where the cell is empty) and returns the
values; a value is null where the cell was empty or is not what it must be.
"""

import polars as pl

FEN_DIGITS_MAX = 17  # Amounts up to 10^17 fen fit 64 bits with room for sums of many.
YUAN_DIGITS_MAX = 15
FLAGS = {"true": True, "false": False, "1": True, "0": False, "yes": True, "no": False}
FLAGS |= {"是": True, "否": False}


def fen(cells: pl.Series) -> pl.Series:
    """
    Return whole fen.

    Example:
        >>> fen(pl.Series(["120", "-5", "1.5"])).to_list()
        [120, -5, None]
    """
    plain = cells.str.contains(rf"^[+-]?\d{{1,{FEN_DIGITS_MAX}}}(\.0*)?$")
    whole = cells.str.replace(r"\.0*$", "").str.strip_prefix("+")
    return _where(plain, whole).cast(pl.Int64)


def yuan(cells: pl.Series) -> pl.Series:
    """
    Return yuan with at most two places as whole fen.

    Example:
        >>> yuan(pl.Series(["1.5", "-0.07", "3", "1.005", "1e3"])).to_list()
        [150, -7, 300, None, None]
    """
    plain = cells.str.contains(rf"^[+-]?(\d{{1,{YUAN_DIGITS_MAX}}}(\.\d{{0,2}}0*)?|\.\d{{1,2}}0*)$")
    kept = _where(plain, cells)
    negative = kept.str.starts_with("-")
    parts = kept.str.strip_chars_start("+-").str.split_exact(".", 1).struct.unnest()
    whole = parts["field_0"].replace("", "0").cast(pl.Int64)
    places = (parts["field_1"].fill_null("") + "00").str.slice(0, 2).cast(pl.Int64)
    amount = whole * 100 + places
    return pl.select(pl.when(negative).then(-amount).otherwise(amount)).to_series()


def day(cells: pl.Series) -> pl.Series:
    """
    Return dates written as 2017-08-04, 2017/8/4 or with a time of midnight behind.

    Example:
        >>> day(pl.Series(["2017/8/4", "2017-08-04", "4.8.2017", "2017-02-30"])).to_list()[:2]
        [datetime.date(2017, 8, 4), datetime.date(2017, 8, 4)]
    """
    bare = cells.str.replace(r"[ T]00:00:00(\.0+)?$", "").str.replace_all("/", "-")
    shaped = bare.str.contains(r"^\d{4}-\d{1,2}-\d{1,2}$")
    parts = _where(shaped, bare).str.split_exact("-", 2).struct.unnest()
    padded = parts["field_0"] + "-" + parts["field_1"].str.zfill(2) + "-"
    padded = padded + parts["field_2"].str.zfill(2)
    return padded.str.to_date("%Y-%m-%d", strict=False)


def share(cells: pl.Series) -> pl.Series:
    """
    Return a number without an exponent.

    Example:
        >>> share(pl.Series(["0.25", "nan", "1e9"])).to_list()
        [0.25, None, None]
    """
    plain = cells.str.contains(r"^[+-]?(\d{1,12}(\.\d{0,15})?|\.\d{1,15})$")
    return _where(plain, cells).cast(pl.Float64)


def flag(cells: pl.Series) -> pl.Series:
    """
    Return yes and no.

    Example:
        >>> flag(pl.Series(["true", "否", "maybe"])).to_list()
        [True, False, None]
    """
    return cells.str.to_lowercase().replace_strict(FLAGS, default=None, return_dtype=pl.Boolean)


def word(cells: pl.Series, words: tuple[str, ...]) -> pl.Series:
    """
    Return the words that are among those allowed.

    Example:
        >>> word(pl.Series(["open", "ajar"]), ("open", "paid")).to_list()
        ['open', None]
    """
    return _where(cells.is_in(list(words)), cells)


def _where(true: pl.Series, values: pl.Series) -> pl.Series:
    return pl.select(pl.when(true).then(values)).to_series()
