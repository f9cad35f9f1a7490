"""A book of loans lives for months of closed days, and no law of it is broken on the way."""

import datetime as dt
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.books.ledger.proof import verify
from app.lending.servicing.tables import loan_acts
from app.platform.config import Settings
from app.platform.deps import Resources, open_resources
from tests.app.lending.servicing.lived import DAY, LivedBook
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
    for part in range(PARTS):
        book.draw(f"L{part}-{each}" for each in range(LOANS // PARTS))
        book.live(DAY + dt.timedelta(days=PART_DAYS * (part + 1)))
        assert broken(book) == []

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
