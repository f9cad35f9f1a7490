"""Queries that go on where they ended: nothing lost, nothing twice, whatever happens between."""

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from ingestion import publish
from ingestion.errors import TooManyBadRows
from ingestion.lake.manifest import read
from ingestion.run import ImportOutcome, ingest

if TYPE_CHECKING:
    from tests.ingestion.conftest import House

SOURCE = """\
schema: 1
owner: risk@bank.example
checks: {set_aside_rows_free: 0}
sets:
  rows: {query: 'SELECT id, n, fen, at, d FROM t WHERE at >= :since',
    address_from: DEEPTIER_SOURCE_X, since: at, since_first: '0'}
tables:
- {table: orders, from: rows, columns: {number: id, seller: n, buyer: {const: 乙公司},
    amount: {from: fen, unit: fen}, placed_on: d}}
"""


class Erp:
    """A database that is read again and again."""

    def __init__(self, house: "House", database: sqlite3.Connection, place: str) -> None:
        self.house = house
        self.database = database
        self.environ = {"DEEPTIER_SOURCE_X": f"sqlite:///{place}"}

    def add(self, number: str, at: int, *, fen: object = 100, day: str = "2026-01-02") -> None:
        row = (number, "甲公司", fen, at, day)
        self.database.execute("INSERT INTO t VALUES (?, ?, ?, ?, ?)", row)
        self.database.commit()

    def take(self, **options: Any) -> ImportOutcome:
        return ingest("erp", [], job=replace(self.house.job, environ=self.environ, **options))

    @property
    def since(self) -> str | None:
        current = self.house.current
        if current is None:
            return None
        return read(self.house.job.lake, current.number).since.get("erp", {}).get("rows")

    @property
    def numbers(self) -> list[str]:
        assert self.house.current is not None
        orders = self.house.lake.orders(self.house.current.number)
        return sorted(orders["number"].to_pylist())


@pytest.fixture
def erp(house: "House") -> Iterator[Erp]:
    (house.home / "sources").mkdir()
    (house.home / "sources" / "erp.yml").write_text(SOURCE, encoding="utf-8")
    place = house.home / "erp.db"
    database = sqlite3.connect(place)
    database.execute("CREATE TABLE t (id, n, fen, at INTEGER, d)")
    yield Erp(house, database, str(place))
    database.close()


def test_rows_of_the_border_are_neither_lost_nor_twice(erp: Erp) -> None:
    erp.add("A", 9)
    erp.add("B", 10)
    assert (erp.take().rows, erp.since) == (2, "10")

    erp.add("C", 10)  # Committed later, under the value that was the largest.
    second = erp.take()
    assert (second.rows, second.used, second.published) == (2, 2, True)
    assert erp.numbers == ["A", "B", "C"]

    third = erp.take()
    assert (third.rows, third.published, erp.since) == (2, False, "10")
    assert erp.numbers == ["A", "B", "C"]


def test_a_refused_import_does_not_move_it(erp: Erp) -> None:
    erp.add("A", 1)
    erp.take()
    erp.add("B", 2)
    erp.add("C", 3, fen="a lot")

    with pytest.raises(TooManyBadRows):
        erp.take()
    assert (erp.since, erp.numbers) == ("1", ["A"])

    erp.database.execute("UPDATE t SET fen = 5 WHERE id = 'C'")
    erp.database.commit()
    erp.take()
    assert (erp.since, erp.numbers) == ("3", ["A", "B", "C"])


@pytest.mark.parametrize("moment", ["write", "differences"])
def test_an_import_that_dies_before_its_version_is_there_does_not_move_it(
    erp: Erp, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    erp.add("A", 1)
    erp.take()
    erp.add("B", 2)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(publish, moment, killed)
        with pytest.raises(KeyboardInterrupt):
            erp.take()
    assert (erp.since, erp.numbers) == ("1", ["A"])

    assert erp.take().rows == 2
    assert (erp.since, erp.numbers) == ("2", ["A", "B"])


def test_a_row_that_may_count_later_is_read_again(erp: Erp) -> None:
    erp.add("A", 1)
    erp.take()
    erp.add("B", 2, day="2026-07-02")  # Tomorrow.
    erp.add("C", 3)

    today = erp.take()
    assert today.set_aside == {"future": 1}
    assert [each.code for each in today.notes] == ["since_stays"]
    assert (erp.since, erp.numbers) == ("1", ["A", "C"])

    tomorrow = erp.house.job.now.replace(day=3)
    erp.take(now=tomorrow, as_of=tomorrow.date())
    assert (erp.since, erp.numbers) == ("3", ["A", "B", "C"])


def test_a_source_that_is_forgotten_begins_anew(erp: Erp) -> None:
    erp.add("A", 1)
    erp.add("B", 5)
    erp.take()

    again = erp.take(replace=True)

    assert (again.rows, erp.since, erp.numbers) == (2, "5", ["A", "B"])
