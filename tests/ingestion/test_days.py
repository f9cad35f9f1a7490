"""Today is the bank's day, whatever the machine's clock is set to."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from ingestion.days import day_of
from tests.ingestion.conftest import FIRMS, House

EARLY = dt.datetime(2026, 11, 29, 22, 30, tzinfo=dt.UTC)  # Half past six of the next day in China.
ROWS = (
    "number,issued_on,seller,buyer,amount_yuan\n"
    "1,2026-11-29,S1,C1,10\n2,2026-11-30,S1,C1,20\n3,2026-12-01,S1,C1,40\n"
)


@pytest.mark.parametrize(
    ("zone", "last", "future"),
    [
        ("Asia/Shanghai", dt.date(2026, 11, 30), 1),
        ("UTC", dt.date(2026, 11, 29), 2),
        ("Pacific/Kiritimati", dt.date(2026, 11, 30), 1),
        ("America/New_York", dt.date(2026, 11, 29), 2),
    ],
)
def test_invoices_of_the_banks_own_day_are_not_in_the_future(
    house: House, zone: str, last: dt.date, future: int
) -> None:
    house.write("firms.csv", FIRMS)
    house.write("invoices.csv", ROWS)

    outcome = house.take(now=EARLY, zone=ZoneInfo(zone))

    assert outcome.version.as_of == last
    assert outcome.set_aside == {"future": future}
    assert house.trades() == {("S1", "C1"): {1: 3000, 2: 1000}[future]}


def test_the_day_changes_at_midnight_of_the_zone() -> None:
    midnight = dt.datetime(2026, 11, 29, 16, 0, tzinfo=dt.UTC)

    assert day_of(midnight) == dt.date(2026, 11, 30)
    assert day_of(midnight - dt.timedelta(microseconds=1)) == dt.date(2026, 11, 29)


def test_a_moment_without_an_offset_is_no_day() -> None:
    with pytest.raises(ValueError, match="no offset"):
        day_of(dt.datetime(2026, 11, 29, 16, 0))  # noqa: DTZ001  # that is the point
