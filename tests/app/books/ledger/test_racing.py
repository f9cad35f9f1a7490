"""Nothing is lent twice by callers who race, or lost with a process that is killed."""

import sys
from pathlib import Path

import pytest

from app.platform.records import open_records
from tests.app.books.ledger import killing
from tests.app.books.ledger.killing import Draws, Turns, kill
from tests.app.books.ledger.racing import Callers, race
from tests.app.books.ledger.soak import Row, Sizes, Task, page_of, tried_apart
from tests.app.chain.vouchers.killing import Days, Trees, economy
from tests.app.lending.servicing.killing import LoanDays, LoanDraws, OnLoans, Repayments
from tests.app.lending.servicing.settling import Settlements

pytestmark = pytest.mark.slow  # Each begins a service of its own.


@pytest.fixture
def empty(url: str) -> str:
    """Return the address of a records database with its tables and nothing in them."""
    with open_records(url):
        return url


def test_callers_who_race_pass_no_cap_and_hear_which_account_lacks(empty: str) -> None:
    came = race(empty, Callers(2, 8, 40))

    assert came.over_fen == 0
    assert came.difference is None
    assert came.counts["accepted"] > 50
    assert came.counts["refused"] > 50
    assert set(came.counts) <= {"accepted", "refused", "void", "void later", "busy"}
    assert came.faults == 0


def test_the_naive_twin_passes_the_cap(empty: str) -> None:
    assert race(empty, Callers(2, 8, 20, is_naive=True)).over_fen > 0


def test_a_killed_process_takes_nothing_along_that_was_answered(empty: str, tmp_path: Path) -> None:
    came = kill(empty, tmp_path, Draws(), Turns(2, 2))

    assert came.counts["acknowledged"] + came.counts["in doubt"] > 0
    assert came.faults == 0, came


def test_steps_of_vouchers_are_done_once_or_not_by_killed_processes(
    empty: str, tmp_path: Path
) -> None:
    came = kill(empty, tmp_path, Trees(), Turns(2, 2))

    assert came.counts["acknowledged"] + came.counts["in doubt"] > 0
    assert came.faults == 0, came


def test_a_closing_that_is_killed_goes_on_as_if_it_never_was(empty: str, tmp_path: Path) -> None:
    came = kill(empty, tmp_path, Days(economy(tmp_path / "home")), Turns(3, 1))

    assert came.counts["acknowledged"] + came.counts["in doubt"] > 0
    assert came.faults == 0, came


def test_the_page_keeps_the_rows_of_what_was_not_tried(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    first: list[Row] = [("SQLite", "race", "s", "c", 0), ("PostgreSQL", "race", "s", "c", 0)]
    page.write_text(page_of(first, page), encoding="utf-8")

    told = page_of([("SQLite", "naive twin", "s", "c", 0), ("SQLite", "race", "new", "c", 1)], page)

    assert told.splitlines()[-3:] == [
        "| SQLite | race | new | c | 1 |",
        "| SQLite | naive twin | s | c | 0 |",
        "| PostgreSQL | race | s | c | 0 |",
    ]


def test_a_part_whose_process_dies_is_a_fault_of_its_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "false")
    task = Task("days", "SQLite", "sqlite://", Sizes(1, 1, 1, 1))

    row = tried_apart(task, tmp_path, 0.0)

    assert (row[0], row[1], row[-1]) == ("SQLite", "kill -9 in close-day", 1)
    assert row[3].startswith("ended with 1 on ")


def test_who_has_asked_nothing_when_the_time_is_over_is_killed_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(killing, "BEGIN_SECONDS", 0)

    killing._wait_for(tmp_path / "none", 1)

    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("work", [LoanDraws, Repayments, LoanDays, Settlements])
def test_draws_repayments_settlements_and_days_are_done_once_by_killed_processes(
    empty: str, tmp_path: Path, work: type[OnLoans]
) -> None:
    home = economy(tmp_path / "home") if work is LoanDraws else tmp_path / "home"

    came = kill(empty, tmp_path, work(home), Turns(2, 1))

    assert came.counts["acknowledged"] + came.counts["in doubt"] > 0
    assert came.faults == 0, came
