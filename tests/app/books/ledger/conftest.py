"""A ledger over an empty records database, on both kinds of database."""

import datetime as dt
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.books.ledger import AccountLedger, AccountTotal, Element, Identity, UseOrder
from app.platform.events.tables import head
from app.platform.records import Records, open_records

NOW = dt.datetime(2026, 7, 1, 8, tzinfo=dt.UTC)
DAY = "2026-06-30"
PATH = (Element("bank"), Element("firm:F"), Element("core:C", 1, 2))


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.moment = NOW

    def __call__(self) -> dt.datetime:
        return self.moment


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgres":
        return str(request.getfixturevalue("empty_postgres_url"))
    kept: Path = request.getfixturevalue("kept_records")
    return f"sqlite:///{shutil.copy(kept / 'records.db', tmp_path)}"


@pytest.fixture
def records(url: str) -> Iterator[Records]:
    with open_records(url) as records:
        with records.writing() as connection:
            connection.execute(sa.update(head).values(day=DAY))
        yield records


@pytest.fixture
def ledger(records: Records, clock: Clock) -> Iterator[AccountLedger]:
    ledger = AccountLedger(records, clock)
    yield ledger
    ledger.close()


SetUp = Callable[..., None]


@pytest.fixture
def totals(ledger: AccountLedger) -> SetUp:
    """Return a function that sets totals of accounts by name."""

    def set_totals(**given: int) -> None:
        named = {name.replace("_", ":"): total for name, total in given.items()}
        ledger.set_totals(
            [
                AccountTotal(name, Identity(name.partition(":")[0]), total)
                for name, total in named.items()
            ],
            {"run": "r"},
        )

    return set_totals


def asked(use: str, amount: int, **more: object) -> UseOrder:
    """Return a use of an amount over the bank, a firm and half of it on a core."""
    return UseOrder(use, "F", "P", PATH, amount, core="C", **more)  # type: ignore[arg-type]
