"""What the tests themselves rest on."""

import gc
import os
import sys
from pathlib import Path

import coverage
import pytest

from tests.conftest import IDLE, MEASURED_CASES, drop_halves, pytest_runtest_call, unmeasured


def test_half_a_file_of_coverage_is_dropped_and_whole_ones_stay(tmp_path: Path) -> None:
    whole = coverage.CoverageData(str(tmp_path / ".coverage.whole"))
    whole.add_lines({"a.py": [1]})
    whole.write()
    whole.close()
    for name in (".coverage.empty", ".coverage.half", ".coverage.half-journal"):
        (tmp_path / name).write_bytes(b"" if name.endswith("empty") else b"SQLite format 3")

    drop_halves(tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == [".coverage.whole"]


def test_what_stays_for_the_whole_run_is_not_searched_for_garbage() -> None:
    assert gc.isenabled()
    assert gc.get_freeze_count() > 0


@pytest.mark.xdist_group("together")
@pytest.mark.skipif("PYTEST_XDIST_WORKER" not in os.environ, reason="one process runs all tests")
def test_what_one_process_shall_run_is_told_to_who_hands_tests_out(
    request: pytest.FixtureRequest,
) -> None:
    assert request.node.nodeid.endswith("@together")


@pytest.mark.skipif("PYTEST_XDIST_WORKER" not in os.environ, reason="one process runs all tests")
def test_who_hands_tests_out_is_told_that_one_process_has_the_one_neo4j(
    request: pytest.FixtureRequest,
) -> None:
    wanting = [e for e in request.session.items if "neo4j_url" in getattr(e, "fixturenames", ())]

    assert all("neo4j" in each.nodeid.rpartition("@")[2] for each in wanting)


@pytest.mark.parametrize("content", [b"PK at this second", b"PK at another"])
def test_what_is_tried_with_bytes_is_named_by_its_place(
    request: pytest.FixtureRequest, content: bytes
) -> None:
    assert content not in request.node.name.encode()
    assert f"[content{int(content == b'PK at another')}" in request.node.name


def test_slow_tests_and_further_cases_that_are_alike_are_not_measured(
    request: pytest.FixtureRequest,
) -> None:
    def named(name: str) -> pytest.Item:
        """Return a test of that name that is like this one."""
        item: pytest.Item = pytest.Function.from_parent(
            request.node.parent, name=name, callobj=lambda: None
        )
        return item

    alike = [named(f"test_any[{at}]") for at in range(MEASURED_CASES + 2)]
    slow = named("test_slow")
    slow.add_marker(pytest.mark.slow)

    assert unmeasured([*alike, slow, named("test_other")]) == [*alike[MEASURED_CASES:], slow]


@pytest.mark.parametrize("idle", [True, False])
def test_what_measures_looks_away_while_an_unmeasured_test_runs_and_is_back_after_it(
    request: pytest.FixtureRequest, *, idle: bool
) -> None:
    def measure(*_: object) -> None:
        """Be what a measurement is to Python."""

    item = pytest.Function.from_parent(request.node.parent, name="test_x", callobj=lambda: None)
    item.stash[IDLE] = idle
    before = sys.gettrace()
    sys.settrace(measure)
    try:
        turn = pytest_runtest_call(item)
        next(turn)
        during = sys.gettrace()
        turn.close()
        after = sys.gettrace()
    finally:
        sys.settrace(before)

    assert during is (None if idle else measure)
    assert after is measure
