"""
Days out of text: what names a day for certain, with or without a time.

Years come first and have four digits, or the text is eight digits: no other order of day, month
and year gives a day between 1900 and 2200 from the same eight. A moment with its offset from UTC
is the day that it is where the bank works; without one it is the day that is written.
"""

import datetime as dt
import re

import pyarrow as pa
import pyarrow.compute as pc

from ingestion.days import ZONE, day_of

_APART = r"[0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}"
_SAID = r"[0-9]{4}年[0-9]{1,2}月[0-9]{1,2}[日号]"
_HOUR, _MINUTE, _SECOND = "(?:[01]?[0-9]|2[0-3])", "[0-5][0-9]", "(?:[0-5][0-9]|60)"
_CLOCK = (
    rf"(?:(?:上午|下午) ?)?{_HOUR}:{_MINUTE}(?::{_SECOND}(?:[.,][0-9]{{1,9}})?)?(?: ?[AaPp][Mm])?"
    rf"|{_HOUR}[时点]{_MINUTE}分(?:{_SECOND}秒)?"
    rf"|(?:[01][0-9]|2[0-3]){_MINUTE}(?:{_SECOND}(?:[.,][0-9]{{1,9}})?)?"
)
_TIMED = rf"^(?:({_APART})(?:[Tt]| +)|({_SAID}) *|([0-9]{{8}})(?:[Tt]| *))(?:{_CLOCK})$"
_MOMENT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{8})(?:[Tt]| +)([0-9:]+)(?:[.,][0-9]{1,9})?"
    r" ?(?:([Zz]|UTC|GMT)|([+-][0-9]{2}(?::?[0-9]{2})?))"
)
_DATE = re.compile(
    r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})|([0-9]{4})年([0-9]{1,2})月([0-9]{1,2})[日号]"
    r"|([0-9]{4})([0-9]{2})([0-9]{2})"
)
# Five digits in a workbook are days since its epoch; fewer may be a year, more are something else.
_SERIAL = re.compile(r"([1-9][0-9]{4})(?:\.[0-9]+)?")
_YEARS = (1900, 2200)


def date(values: pa.Array, *, zone: dt.tzinfo = ZONE, epoch: dt.date | None = None) -> pa.Array:
    """
    Return days; null where a text does not name one for certain.

    Args:
        values: Text, such as `2017-08-04`, `2017/8/4 0:00`, `2017.8.4`, `20170804`,
            `2017年8月4日 10:30`, `2017-08-04T10:30:00Z`.
        zone: Where the bank works: a moment with its offset is a day there.
        epoch: Day nought of the workbook that the texts are from, for days kept as numbers.

    Example:
        >>> date(pa.array(["2017/8/4 0:00", "2026-02-30", "2026-01-04T20:00:00Z"])).to_pylist()
        [datetime.date(2017, 8, 4), None, datetime.date(2026, 1, 5)]
    """
    written = values.dictionary_encode()
    coded = pc.replace_substring_regex(written.dictionary, _TIMED, r"\1\2\3").dictionary_encode()
    found = [
        None if text is None else _day(text, zone, epoch) for text in coded.dictionary.to_pylist()
    ]
    return pa.array(found, pa.date32()).take(coded.indices).take(written.indices)


def _day(text: str, zone: dt.tzinfo, epoch: dt.date | None) -> dt.date | None:
    day = _DATE.fullmatch(text)
    if day is not None:
        year, month, on = (int(part) for part in day.groups() if part and part.isdigit())
        return _of(year, month, on)
    serial = _SERIAL.fullmatch(text)
    if serial is not None and epoch is not None:
        return epoch + dt.timedelta(days=int(serial[1]))
    moment = _MOMENT.fullmatch(text)
    return None if moment is None else _lived(moment, zone)


def _lived(moment: re.Match[str], zone: dt.tzinfo) -> dt.date | None:
    """Return the day that a moment is in a time zone."""
    day, clock, _, offset = moment.groups()
    try:
        found = dt.datetime.fromisoformat(f"{day} {clock}{offset or '+00:00'}")
        local = day_of(found, zone)
    except (ValueError, OverflowError):
        return None
    return _of(local.year, local.month, local.day)


def _of(year: int, month: int, day: int) -> dt.date | None:
    if not _YEARS[0] <= year <= _YEARS[1]:
        return None
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None
