"""When a source is imported by itself: the five fields of a crontab, in the bank's time zone."""

import datetime as dt
from collections.abc import Mapping

from apscheduler.triggers.cron import CronTrigger

from ingestion.sets import Wrong

BY_HAND = "by hand"
_FIELDS = ("minute", "hour", "day", "month", "day_of_week")
_LENGTH_MAX = 100
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_BEGIN = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)  # Of a leap year: 29 February comes soon.


def fields(text: str) -> Mapping[str, str]:
    """
    Return the fields of a crontab, days of the week by name: people count them from Sunday.

    Raises:
        Wrong: It is none, or names a day that never comes.

    Example:
        >>> fields("30 2 * * 1-5")["day_of_week"], fields("0 6 1 * *")["day"]
        ('mon,tue,wed,thu,fri', '1')
    """
    parts = text.split()
    if len(parts) != len(_FIELDS) or len(text) > _LENGTH_MAX:
        raise Wrong(
            f"a schedule is {BY_HAND!r}, or minute, hour, day, month and day of the week as in a "
            "crontab: '30 2 * * 1-5'"
        )
    found = dict(zip(_FIELDS, parts, strict=True))
    if "*" not in (found["day"], found["day_of_week"]):
        raise Wrong("give a day of the month or days of the week, not both")
    found["day_of_week"] = _week(found["day_of_week"])
    try:
        trigger = CronTrigger(timezone="UTC", **found)
    except ValueError as error:
        raise Wrong(f"{text!r} is no schedule: {error}") from None
    if trigger.get_next_fire_time(None, _BEGIN) is None:
        raise Wrong(f"{text!r}: that day never comes")
    return found


def _week(text: str) -> str:
    """Return days of the week by name, each by itself; a star where all are meant."""
    if text == "*":
        return text
    asked: set[int] = set()
    for part in text.lower().split(","):
        days, _, step = part.partition("/")
        first, dash, last = days.partition("-")
        begin, end = (0, 6) if days == "*" else (_day(first), _day(last) if dash else _day(first))
        if begin > end and end == 0:
            end = 7  # Sunday at the end of the week.
        if begin > end or (step and not ("1" <= step <= "7" and len(step) == 1)):
            raise Wrong(f"{text!r} names no days of the week: 1-5, sat,sun or */2")
        asked.update(day % 7 for day in range(begin, end + 1, int(step or "1")))
    return ",".join(_DAYS[day] for day in sorted(asked))


def _day(text: str) -> int:
    if text in _DAYS:
        return _DAYS.index(text)
    if len(text) == 1 and "0" <= text <= "7":
        return int(text) % 7
    raise Wrong(f"{text!r} is no day of the week: 0 to 7 (0 and 7 are Sunday), or sun to sat")
