"""Nothing is lent twice by callers who race, or lost with a process that is killed."""

from pathlib import Path

import pytest

from app.platform.records import open_records
from tests.app.books.ledger.racing import kill, race

pytestmark = pytest.mark.slow  # Each begins a service of its own.


@pytest.fixture
def empty(url: str) -> str:
    """Return the address of a records database with its tables and nothing in them."""
    with open_records(url):
        return url


def test_callers_who_race_pass_no_cap_and_hear_which_account_lacks(empty: str) -> None:
    came = race(empty, processes=2, threads=8, draws=40)

    assert came.over_fen == 0
    assert came.difference is None
    assert came.counts["accepted"] > 50
    assert came.counts["refused"] > 50
    assert set(came.counts) <= {"accepted", "refused", "void", "busy"}


@pytest.mark.slow
def test_the_naive_twin_passes_the_cap(empty: str) -> None:
    assert race(empty, processes=2, threads=8, draws=40, is_naive=True).over_fen > 0


@pytest.mark.slow
def test_a_killed_process_takes_nothing_along_that_was_answered(empty: str, tmp_path: Path) -> None:
    came = kill(empty, tmp_path, times=3)

    assert came.difference is None
    assert came.counts["acknowledged"] > 0
    wrong = ("lost", "twice", "never asked", "answered otherwise")
    assert [came.counts[each] for each in wrong] == [0, 0, 0, 0]
