"""A book of loans lives for months of closed days, and no law of it is broken on the way."""

import datetime as dt
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.books.ledger import Moving, Plain, Reads, Reply, ledger_of
from app.books.ledger.proof import verify
from app.lending.servicing.tables import loan_acts, loans
from app.platform.config import Settings
from app.platform.deps import Resources, open_resources
from tests.app.lending.servicing.lived import DAY, LivedBook
from tests.app.lending.servicing.lived_days import DailyLaws
from tests.app.lending.servicing.lived_laws import broken

LOANS, PARTS, PART_DAYS = 24, 2, 80
DONE = {"Payment", "Recovery", "Restructuring", "WriteOff", "draw", "reverse"}


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def lived_in(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Resources]:
    """Yield a service without a version, on either kind of database."""
    home, url = tmp_path / "home", ""
    home.mkdir()
    if request.param == "postgres":
        url = str(request.getfixturevalue("empty_postgres_url"))
    else:
        shutil.copy(request.getfixturevalue("kept_records") / "records.db", home)
    with open_resources(Settings(home=home, records_url=url)) as resources:
        yield resources


def test_no_law_is_broken_over_months_of_closed_days(lived_in: Resources) -> None:
    book = LivedBook(lived_in, 2)
    book.begin()
    daily = DailyLaws(book)
    for part in range(PARTS):
        book.draw(f"L{part}-{each}" for each in range(LOANS // PARTS))
        until = DAY + dt.timedelta(days=PART_DAYS * (part + 1))
        book.live(until, daily.look)
        assert broken(book) == []

    assert daily.wrong == []
    assert daily.days == PARTS * PART_DAYS
    assert daily.computed > daily.looked_at / 2
    assert set(book.done) >= DONE
    assert verify(lived_in.records).ok


def test_a_fen_that_is_not_told_is_found(lived_in: Resources) -> None:
    book = LivedBook(lived_in, 2)
    book.begin()
    book.draw(["L1", "L2"])
    book.came["L1"] += 1
    assert broken(book) == ["paid = allocated of L1"]

    book.came["L1"] -= 1
    with lived_in.records.writing() as connection:
        connection.execute(loan_acts.update().values(n=loan_acts.c.n + 1))
    assert broken(book) == ["acts of L1", "acts of L2"]


def test_a_loan_that_stands_otherwise_is_found_on_the_day(lived_in: Resources) -> None:
    book = LivedBook(lived_in, 2)
    book.begin()
    book.draw(["L1"])
    daily = DailyLaws(book)
    daily.look()
    assert daily.wrong == []

    def touched(moving: Moving) -> Reply:
        """Record that the loan has borne the smallest of units, for which no time has passed."""
        row = moving.row(loans, "L1") or {}
        exact = row["standing"].replace('"interest_exact":"0"', '"interest_exact":"1"')
        return Reply.of(
            200, moving.record("test", "loan:L1", rows=[(loans, {**row, "standing": exact})])
        )

    ledger_of(lived_in).ask(Plain(Reads(), touched))
    daily.look()
    with lived_in.records.writing() as connection:
        connection.execute(loans.update().values(outstanding_fen=loans.c.outstanding_fen + 1))
    daily.look()

    assert daily.wrong == [f"interest borne of L1 on {DAY}", f"loans in all on {DAY}"]
