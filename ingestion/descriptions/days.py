"""Days of a described source: in the order that its description says, or counted since 1970."""

import datetime as dt
from typing import cast

import polars as pl
import pyarrow as pa

from ingestion.fields import date

# What stands for no day: marks, and noughts in the places of a day.
BLANK = r"^[-\x{2010}-\x{2015}_/. :0年月日]+$"
BLANK_MARKS = r"^[-\x{2010}-\x{2015}_/]+$"
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_APART, _END = r"[-/., ]+", r"(?:[T ]+(?P<clock>[0-9].*))?$"
_DAY, _MONTH, _YEAR = "(?P<day>[0-9]{1,2})", "(?P<month>[0-9]{1,2})", "(?P<year>[0-9]{4})"
_ORDERS = {
    "dmy": f"^{_DAY}{_APART}{_MONTH}{_APART}{_YEAR}{_END}",
    "mdy": f"^{_MONTH}{_APART}{_DAY}{_APART}{_YEAR}{_END}",
}
_TOGETHER = {
    "dmy": r"^(?P<day>[0-9]{2})(?P<month>[0-9]{2})(?P<year>[0-9]{4})(?P<clock>)$",
    "mdy": r"^(?P<month>[0-9]{2})(?P<day>[0-9]{2})(?P<year>[0-9]{4})(?P<clock>)$",
}
# A month that is named is one, wherever it stands.
_NAME = f"(?P<month>{'|'.join(_MONTHS)})"
_NAMED = (
    f"^{_DAY}{_APART}{_NAME}{_APART}{_YEAR}{_END}",
    f"^{_NAME}{_APART}{_DAY}{_APART}{_YEAR}{_END}",
)
_COUNT = r"^(-?[0-9]{1,16})(?:\.0*)?$"
_YEARS = (1900, 2200)


def ordered(
    texts: pl.Series, order: str, *, zone: dt.tzinfo, epoch: dt.date | None = None
) -> pl.Series:
    """
    Return days out of texts in some order of day, month and year; null where a text names none.

    A text that begins with its year is a day whatever the order: workbooks keep days so, or as
    numbers.

    Args:
        texts: What stands in the cells.
        order: `ymd`, `dmy` or `mdy`.
        zone: Where a moment is a day.
        epoch: Day zero of the workbook that the texts are from.

    Example:
        >>> ordered(pl.Series(["15.07.2026", "1/2/2026 10:00"]), "dmy", zone=dt.UTC).to_list()
        [datetime.date(2026, 7, 15), datetime.date(2026, 2, 1)]
    """
    if order in _ORDERS:
        texts = _year_first(texts, order)
    written = cast("pa.Array", texts.cast(pl.String).to_arrow().cast(pa.string()))
    return pl.Series(texts.name, date(written, zone=zone, epoch=epoch), dtype=pl.Date)


def _year_first(texts: pl.Series, order: str) -> pl.Series:
    named = texts.str.to_uppercase().str.contains("[A-Z]{3}").fill_null(value=False)
    patterns = [_ORDERS[order], _TOGETHER[order]]
    plain = texts
    if named.any():
        numbers = [f"{at + 1:02}" for at in range(len(_MONTHS))]
        plain = texts.str.to_uppercase().str.replace_all("([A-Z]{3})[A-Z]+", "$1")
        patterns = [*_NAMED, *patterns]
    for pattern in patterns:
        parts = plain.str.extract_groups(pattern).struct.unnest()
        if pattern in _NAMED:
            parts = parts.with_columns(pl.col("month").replace_strict(_MONTHS, numbers))
        month, day = (parts[name].str.pad_start(2, "0") for name in ("month", "day"))
        clock = parts["clock"].fill_null("")
        behind = pl.select(pl.when(clock != "").then(pl.lit(" ") + clock).otherwise(pl.lit("")))
        found = parts["year"] + "-" + month + "-" + day + behind.to_series()
        plain = pl.select(pl.coalesce(found, plain)).to_series()
    return plain.alias(texts.name)


def counted(texts: pl.Series, unit: str, zone: str) -> pl.Series:
    """
    Return the days in a time zone of moments counted since 1970 in UTC.

    Args:
        texts: Whole numbers.
        unit: `s` or `ms`.
        zone: Where a moment is a day.

    Example:
        >>> counted(pl.Series(["1788190200000"]), "ms", "Asia/Shanghai").to_list()
        [datetime.date(2026, 8, 31)]
    """
    count = texts.str.extract(_COUNT).cast(pl.Int64, strict=False)
    most = 7_258_118_400 * (1000 if unit == "ms" else 1)  # Up to the year 2200.
    inside = pl.select(pl.when(count.abs() < most).then(count)).to_series()
    moments = pl.select(pl.from_epoch(inside, time_unit="s" if unit == "s" else "ms")).to_series()
    days = moments.dt.replace_time_zone("UTC").dt.convert_time_zone(zone).dt.date()
    fits = days.dt.year().is_between(*_YEARS)
    return pl.select(pl.when(fits).then(days)).to_series().alias(texts.name)
