"""
The bank's day: which day it is where the bank works, whatever the clocks of machines say.

A moment is read as a day in one place, here. The hours before eight in the morning in China are
still the day before in UTC: a day made by another zone would call today's invoices future ones.
"""

import datetime as dt
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Shanghai")


def day_of(moment: dt.datetime, zone: dt.tzinfo = ZONE) -> dt.date:
    """
    Return the day of a moment in a time zone.

    Args:
        moment: A moment with its offset.
        zone: Where the day is lived: the bank's own time zone.

    Raises:
        ValueError: The moment has no offset, so that no one can say where it is which day.

    Example:
        >>> day_of(dt.datetime(2026, 11, 29, 22, 30, tzinfo=dt.UTC))
        datetime.date(2026, 11, 30)
    """
    if moment.utcoffset() is None:
        raise ValueError(f"{moment.isoformat()} has no offset from UTC")
    return moment.astimezone(zone).date()
