"""The business day: opened by the first version, moved by closing days alone, never half."""

import datetime as dt
import json
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient

from app.books.business_day import business_day
from app.books.business_day.closing import ClosingStep, close_days
from app.books.business_day.heads import kept_head, place_of
from app.books.ledger import (
    AccountLedger,
    AccountTotal,
    Element,
    Identity,
    Moving,
    Plain,
    Reads,
    Reply,
    UseOrder,
)
from app.books.ledger import operations as ledger_operations
from app.books.ledger.housekeeping import count_passed
from app.books.ledger.tables import accounts
from app.platform.config import Settings
from app.platform.console.progress import quietly
from app.platform.deps import Resources, open_resources
from app.platform.errors import Absent, Malformed, Unready
from app.platform.events.tables import events, head
from tests.app.conftest import Bearer

FIRST = dt.date(2026, 6, 30)  # The as-of date of the first version.
MIDNIGHT = dt.datetime(2026, 7, 2, 0, 30, tzinfo=dt.UTC)  # The clock is days ahead.


def day(number: int) -> dt.date:
    return dt.date(2026, 7, number)


@pytest.fixture
def resources(settings: Settings) -> Iterator[Resources]:
    with open_resources(settings, now=lambda: MIDNIGHT) as resources:
        yield resources


class Notes:
    """A step that notes the days it is taken over, and fails where it is told to."""

    def __init__(self) -> None:
        self.days: list[dt.date] = []
        self.fails_on: dt.date | None = None

    def close(self, resources: Resources, closed: dt.date) -> int:
        """Note a day, by which the business day has moved on."""
        assert business_day(resources) == closed + dt.timedelta(days=1)
        if closed == self.fails_on:
            raise Unready("a loan cannot be closed")
        self.days.append(closed)
        return 2


def operations(resources: Resources) -> list[tuple[str, str]]:
    query = sa.select(events.c.operation, events.c.day).order_by(events.c.number)
    query = query.where(events.c.operation.like("day.%"))
    with resources.records.reading() as connection:
        return [tuple(row) for row in connection.execute(query)]  # type: ignore[misc]


def test_days_are_closed_in_order_once_whatever_the_clock_says(resources: Resources) -> None:
    notes = Notes()
    steps = [ClosingStep("notes", notes.close)]
    assert business_day(resources) == FIRST

    closed = close_days(resources, day(2), steps, quietly)
    again = close_days(resources, day(2), steps, quietly)

    assert closed.days == notes.days == [FIRST, day(1), day(2)]
    assert (closed.date, closed.done) == (day(3), {"notes": 6})
    assert (again.days, again.date) == ([], day(3))
    assert operations(resources) == [
        ("day.open", "2026-06-30"),
        *(
            (operation, on)
            for on, after in (
                ("2026-06-30", "2026-07-01"),
                ("2026-07-01", "2026-07-02"),
                ("2026-07-02", "2026-07-03"),
            )
            for operation, on in (("day.close", on), ("day.closed", after))
        ),
    ]
    assert close_days(resources, None, steps, quietly).days == [day(3)]


def test_a_day_that_cannot_be_closed_is_not_said_to_be_and_goes_on_where_it_was(
    resources: Resources,
) -> None:
    first, second = Notes(), Notes()
    steps = [ClosingStep("first", first.close), ClosingStep("second", second.close)]
    second.fails_on = day(1)
    with pytest.raises(Unready):
        close_days(resources, day(2), steps, quietly)
    assert business_day(resources) == day(2)
    assert operations(resources)[-1] == ("day.close", "2026-07-01")

    second.fails_on = None
    closed = close_days(resources, day(2), steps, quietly)

    assert closed.days == [day(1), day(2)]
    assert first.days == [FIRST, day(1), day(1), day(2)]  # A step does nothing a second time.
    assert second.days == [FIRST, day(1), day(2)]


def test_days_too_far_ahead_are_refused_and_none_is_closed(resources: Resources) -> None:
    with pytest.raises(Malformed, match="too far ahead"):
        close_days(resources, dt.date(2126, 1, 1), [], quietly)

    assert business_day(resources) == FIRST


def test_closing_a_day_gives_back_all_reservations_past_their_time(resources: Resources) -> None:
    ends = MIDNIGHT - dt.timedelta(hours=1)
    early = AccountLedger(resources.records, lambda: ends - dt.timedelta(hours=1))
    early.set_totals([AccountTotal("bank", Identity("bank"), 300)], {"run": "r"})

    def reserve(moving: Moving) -> Reply:
        for number in range(257):
            asked = UseOrder(f"U{number}", "F", "P", [Element("bank")], 1, expires_at=ends)
            ledger_operations.reserve(moving, asked)
        return Reply.of(201, None)

    early.ask(Plain(Reads(["bank"]), reserve))
    early.close()
    assert count_passed(resources.records, MIDNIGHT) == 257

    close_days(resources, None, [], quietly)

    assert count_passed(resources.records, MIDNIGHT) == 0
    with resources.records.reading() as connection:
        assert connection.scalar(sa.select(accounts.c.pending)) == 0


def test_the_head_is_kept_outside_the_database_at_each_close(resources: Resources) -> None:
    assert kept_head(resources) is None
    close_days(resources, None, [], quietly)

    with resources.records.reading() as connection:
        number, digest, on = connection.execute(
            sa.select(head.c.number, head.c.hash, head.c.day)
        ).one()
    kept = kept_head(resources)
    assert kept is not None
    assert (kept.number, kept.hash, kept.day) == (number, digest, on)
    place_of(resources).write_text(json.dumps({"number": "x"}), encoding="utf-8")
    with pytest.raises(Unready, match="not as it was written"):
        kept_head(resources)


def test_everybody_signed_in_reads_the_business_day(client: TestClient, bearer: Bearer) -> None:
    supplier = client.get("/api/v1/business-day", headers=bearer("supplier", "MILL"))

    assert (supplier.status_code, supplier.json()) == (200, {"date": "2026-06-30"})
    assert client.get("/api/v1/business-day").status_code == 401


def test_there_is_no_business_day_before_the_first_version(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    settings = Settings(home=tmp_path_factory.mktemp("empty"))
    with open_resources(settings, now=lambda: MIDNIGHT) as resources, pytest.raises(Absent):
        business_day(resources)
