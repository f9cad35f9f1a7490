"""The one place where the service reads the time; everything else is handed this function."""

import datetime as dt
from collections.abc import Callable

Clock = Callable[[], dt.datetime]


def utc_now() -> dt.datetime:
    """Return the present moment in UTC."""
    return dt.datetime.now(dt.UTC)


def local(moment: dt.datetime, zone: dt.tzinfo) -> str:
    """
    Return a moment to the second as a clock on the bank's wall shows it.

    Example:
        >>> from zoneinfo import ZoneInfo
        >>> local(dt.datetime(2026, 11, 29, 22, 30, tzinfo=dt.UTC), ZoneInfo("Asia/Shanghai"))
        '2026-11-30 06:30:00'
    """
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M:%S}"
