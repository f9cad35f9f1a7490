"""Orders that are made of what stands outside the book, and made anew where it moved on."""

import datetime as dt
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from app.books.ledger import (
    AccountLedger,
    BookMovedOn,
    Moving,
    Plain,
    Reads,
    Reply,
    ask_prepared,
    check_day,
)
from app.books.ledger.preparing import TRIES_MAX
from app.platform.events.tables import head
from app.platform.records import Records
from tests.app.under_lock import ReachedOutside


def day_of(records: Records) -> dt.date:
    with records.reading() as connection:
        return dt.date.fromisoformat(str(connection.scalar(sa.select(head.c.day))))


def made(
    records: Records, told: list[dt.date], *, moved: Callable[[], None]
) -> Callable[[], Plain]:
    """Return what makes an order by the business day, after which the day may move."""

    def prepare() -> Plain:
        """Return the order."""
        day = day_of(records)
        moved()

        def work(moving: Moving) -> Reply:
            """Return the day, where it is that of the order."""
            check_day(moving, day)
            told.append(day)
            return Reply.of(200, day.isoformat())

        return Plain(Reads(), work)

    return prepare


def test_an_order_is_made_anew_where_the_day_moved_on(
    ledger: AccountLedger, records: Records
) -> None:
    days, told = iter(["2026-07-01", "2026-07-02"]), list[dt.date]()

    def moved() -> None:
        """Move the day, twice."""
        if day := next(days, None):
            with records.writing() as connection:
                connection.execute(sa.update(head).values(day=day))

    reply = ask_prepared(ledger.ask, made(records, told, moved=moved))

    assert (reply.document, told) == ("2026-07-02", [dt.date(2026, 7, 2)])


def test_where_the_book_moves_on_each_time_it_is_busy(
    ledger: AccountLedger, records: Records
) -> None:
    told = list[dt.date]()
    tries = 0

    def moved() -> None:
        """Move the day, each time."""
        nonlocal tries
        tries += 1
        with records.writing() as connection:
            connection.execute(sa.update(head).values(day=f"2026-07-{tries:02}"))

    with pytest.raises(BookMovedOn) as refused:
        ask_prepared(ledger.ask, made(records, told, moved=moved))

    assert (tries, told, refused.value.status) == (TRIES_MAX, [], 503)


@pytest.mark.parametrize("what", ["connection", "file"])
def test_an_order_that_reaches_past_the_book_fails_every_test(
    ledger: AccountLedger, records: Records, what: str
) -> None:
    """The guard of `tests.app.conftest`, under which all routes are tried, sees what it is for."""

    def work(_: Moving) -> Reply:
        """Reach for what is not the book's."""
        if what == "file":
            with open(__file__, encoding="utf-8") as own:  # noqa: PTH123  # as any call does
                return Reply.of(200, own.read(1))
        return Reply.of(200, day_of(records).isoformat())

    with pytest.raises(ReachedOutside, match="touches the book alone"):
        ledger.ask(Plain(Reads(), work))

    assert ledger.ask(Plain(Reads(), lambda _: Reply.of(200, 1))).document == 1
