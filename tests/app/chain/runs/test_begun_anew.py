"""A pass that the book moves under begins anew, a few times and in its first moment alone."""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from app.books.ledger import AccountTotal, Identity, ledger_of
from app.chain.limits.results import open_results
from app.chain.runs import refreshing, service
from app.chain.runs.refreshing import Pass, pass_over
from app.jobs.passes import BookFollower
from app.platform.config import Settings
from app.platform.console.progress import quietly
from app.platform.deps import Resources, open_resources
from tests.app.conftest import NOW

CORE, ACCOUNT = "CORE1", "core:CORE1"
GATHERED, COMPUTED, LANDED = (service, "gather"), (service, "evaluate"), (refreshing, "_landed")


class Hand:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.moment = NOW

    def __call__(self) -> dt.datetime:
        return self.moment


@pytest.fixture
def clock() -> Hand:
    return Hand()


@pytest.fixture
def resources(settings: Settings, clock: Hand) -> Iterator[Resources]:
    """A version with a run, room on its core, and a change that no run has read."""
    with open_resources(settings, now=clock) as opened:
        passed(opened)
        total = AccountTotal(ACCOUNT, Identity("core", CORE), 10**12)
        ledger_of(opened).set_totals([total], {"decision": "room"})
        frozen(opened)
        yield opened


def passed(resources: Resources) -> Pass:
    return pass_over(resources, None, progress=quietly)


def frozen(resources: Resources) -> None:
    ledger_of(resources).freeze(ACCOUNT, 7, reason="a leaf of the limits")


def reserved_fen(done: Pass) -> int:
    facility = open_results(done.run.folder).facility(CORE)
    assert facility is not None
    return int(facility["reserved_fen"])


def meanwhile(
    patch: pytest.MonkeyPatch, step: tuple[Any, str], happens: Callable[[], object], times: int
) -> list[str]:
    """Have something happen after a step, the first times that it is taken; return those steps."""
    step_of, taken = getattr(*step), []

    def then(*given: Any, **named: Any) -> Any:
        """Take the step, and see to what happens after it."""
        found = step_of(*given, **named)
        taken.append(step[1])
        if len(taken) <= times:
            happens()
        return found

    patch.setattr(*step, then)
    return taken


@pytest.mark.parametrize("step", [GATHERED, COMPUTED, LANDED], ids=lambda step: step[1])
def test_a_change_under_a_pass_is_in_the_run_that_it_lands(
    resources: Resources, monkeypatch: pytest.MonkeyPatch, step: tuple[Any, str]
) -> None:
    taken = meanwhile(monkeypatch, step, lambda: frozen(resources), times=1)

    done = passed(resources)

    assert (reserved_fen(done), len(taken)) == (14, 2)
    assert done.read.book.number == done.read.head
    assert not passed(resources).run.fresh


def test_whoever_always_changes_the_book_is_waited_for_twice(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = meanwhile(monkeypatch, GATHERED, lambda: frozen(resources), times=100)

    done = passed(resources)

    assert (reserved_fen(done), len(taken)) == (21, 3)


def test_a_pass_that_has_gone_on_for_long_is_finished(
    resources: Resources, monkeypatch: pytest.MonkeyPatch, clock: Hand
) -> None:
    def later() -> None:
        """A second goes by, and the book moves."""
        clock.moment += dt.timedelta(seconds=refreshing.ANEW_SECONDS_MAX)
        frozen(resources)

    taken = meanwhile(monkeypatch, GATHERED, later, times=1)

    done = passed(resources)

    assert (reserved_fen(done), len(taken)) == (7, 1)


def test_a_change_that_no_run_reads_lets_a_pass_go_on(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = f"chain:{CORE}:MILL"
    happens = lambda: ledger_of(resources).freeze(other, 1, reason="no leaf")  # noqa: E731
    taken = meanwhile(monkeypatch, GATHERED, happens, times=1)

    done = passed(resources)

    assert (reserved_fen(done), len(taken)) == (7, 1)


def test_accounts_that_an_overtaken_run_left_are_set_by_the_next(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    sets = meanwhile(monkeypatch, (refreshing, "_set_accounts"), lambda: None, times=0)
    meanwhile(monkeypatch, LANDED, lambda: frozen(resources), times=1)
    follower = BookFollower(resources, lambda: True)

    assert follower.look()

    assert len(sets) == 1
    assert not follower.look()
