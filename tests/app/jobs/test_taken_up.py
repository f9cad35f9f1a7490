"""What was ordered is carried out, whatever becomes of the process that was to do it."""

import datetime as dt
import errno
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from app.data.imports.working import Imports
from app.data.runs.repository import newest_run
from app.jobs import tasks
from app.jobs.running import AGAIN, jobs, last_run, run_job, take_up
from app.jobs.tasks import MEND_PAUSE, TASKS
from app.platform.config import Settings
from app.platform.deps import Resources, open_resources
from app.platform.job_runs import repository as rows
from app.platform.job_runs.repository import DIED, LEASE, TRIES_MAX, JobRunner
from app.platform.job_runs.tables import job_runs
from app.platform.records.tables import leases
from graph.errors import InvalidInput
from graph.testing.waiting import WAIT_S, until
from tests.app.conftest import NEW_INVOICE, NOW, Clock

ROOT = Path(__file__).parent.parent.parent.parent
PROCESS = Path(__file__).parent / "ending.py"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def records_url(request: pytest.FixtureRequest, home: Path) -> str:
    if request.param == "postgres":
        return str(request.getfixturevalue("empty_postgres_url"))
    return f"sqlite:///{home / 'records.db'}"


@pytest.fixture
def resources(home: Path, records_url: str, clock: Clock) -> Iterator[Resources]:
    settings = Settings(home=home, records_url=records_url)
    with open_resources(settings, now=clock) as resources:
        yield resources


def states(resources: Resources, job: str = "refresh") -> list[str]:
    query = sa.select(job_runs.c.state).where(job_runs.c.job == job)
    with resources.records.reading() as connection:
        return list(connection.execute(query.order_by(job_runs.c.job_run)).scalars())


def order(resources: Resources) -> None:
    with resources.records.writing() as connection:
        rows.order(connection, "refresh", by="import", at=resources.now())


def dead_turn(resources: Resources, *, again: int) -> rows.Turn:
    """Begin a run as a process does that dies at once."""
    dead = JobRunner(resources.records, "dead", resources.now)
    return rows.begin(dead, "refresh", by="clock", again=again)


def served(resources: Resources) -> int | None:
    run = newest_run(resources.records)
    return None if run is None else run.version


@pytest.mark.slow
@pytest.mark.parametrize(
    ("moment", "how"),
    [
        ("published", signal.SIGKILL),
        ("begun", signal.SIGKILL),
        ("ordered", signal.SIGKILL),
        ("computed", signal.SIGKILL),
        ("begun", signal.SIGTERM),
    ],
)
def test_a_refresh_that_follows_an_import_is_taken_up_again(
    resources: Resources, clock: Clock, tmp_path: Path, moment: str, how: signal.Signals
) -> None:
    file = tmp_path / "invoices.csv"
    file.write_text(NEW_INVOICE, encoding="utf-8")
    url = resources.settings.records_url
    process = subprocess.Popen(
        [sys.executable, str(PROCESS), str(resources.home), url, str(file), moment],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert process.stdout is not None
    with process.stdout:
        assert process.stdout.readline() == b"now\n"
        process.send_signal(how)
        process.wait(WAIT_S)
    clock.moment = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=1)
    told = last_run(resources, "refresh")
    assert told is None or told["state"] != "running", "nobody runs it"

    with Imports(resources, after=lambda: take_up(resources), period_seconds=0.05):
        until(lambda: states(resources)[-1:] == ["done"])

    assert states(resources) == ["done"]
    assert served(resources) == 2


def test_of_two_processes_one_carries_an_order_out(resources: Resources, clock: Clock) -> None:
    order(resources)
    order(resources)
    one, two = (JobRunner(resources.records, name, clock) for name in ("one", "two"))

    first, second = rows.take(one), rows.take(two)

    assert states(resources) == ["running"], "what waits already is enough"
    assert first is not None
    assert second is None
    assert rows.settle(two) == 0, "its process lives"


def ends(resources: Resources) -> list[dt.datetime]:
    """Return until when leases are held."""
    with resources.records.reading() as connection:
        return list(connection.execute(sa.select(leases.c.until)).scalars())


def test_a_run_lives_as_long_as_its_lease_is_renewed(resources: Resources, clock: Clock) -> None:
    order(resources)
    one = JobRunner(resources.records, "one", clock, dt.timedelta(seconds=0.3))
    two = JobRunner(resources.records, "two", clock)
    turn = rows.take(one)
    assert turn is not None

    with turn.lease.renewed():
        clock.moment += dt.timedelta(seconds=0.2)
        until(lambda: ends(resources) == [clock.moment + turn.lease.lasts])
        clock.moment += dt.timedelta(seconds=0.2)
        assert rows.settle(two) == 0
        assert rows.end(turn, {"state": "done"})

    assert states(resources) == ["done"]
    with resources.records.reading() as connection:
        assert connection.execute(sa.select(leases)).all() == []


def test_who_slept_through_its_lease_does_not_tell_how_it_ended(
    resources: Resources, clock: Clock
) -> None:
    order(resources)
    turn = rows.take(JobRunner(resources.records, "sleeper", clock))
    assert turn is not None
    clock.moment += LEASE

    take_up(resources)

    assert states(resources) == ["done"]
    assert not rows.end(turn, {"state": "failed"})
    assert states(resources) == ["done"]


def test_a_run_by_hand_whose_process_died_has_failed(resources: Resources, clock: Clock) -> None:
    dead_turn(resources, again=0)
    assert (last_run(resources, "refresh") or {})["state"] == "running"
    clock.moment += LEASE

    (listed,) = [each["last"] for each in jobs(resources) if each["name"] == "refresh"]
    take_up(resources)

    assert (listed["state"], listed["detail"]) == ("failed", DIED)
    assert states(resources) == ["failed"]


def test_a_run_of_an_older_release_that_nobody_runs_has_failed(resources: Resources) -> None:
    row = {"job": "refresh", "state": "running", "by": "import", "started_at": NOW}
    with resources.records.writing() as connection:
        connection.execute(job_runs.insert().values(row))

    assert (last_run(resources, "refresh") or {})["state"] == "failed"


def test_what_takes_its_process_along_is_not_begun_for_ever(
    resources: Resources, clock: Clock
) -> None:
    order(resources)
    for _ in range(TRIES_MAX):
        dead = JobRunner(resources.records, "dead", clock)
        rows.settle(dead)
        assert rows.take(dead) is not None
        clock.moment += LEASE

    take_up(resources)

    assert states(resources) == ["failed"]


def test_a_refresh_by_hand_carries_the_order_out(resources: Resources) -> None:
    order(resources)

    ended = run_job(resources, "refresh", by="test")

    assert (ended["state"], ended["by"]) == ("done", "import")
    assert states(resources) == ["done"]


def test_any_job_run_by_hand_takes_up_what_waits(resources: Resources) -> None:
    order(resources)

    run_job(resources, "sweep", by="test")

    assert states(resources) == ["done"]


def test_what_the_clock_begins_is_begun_again_where_its_process_died(
    resources: Resources, clock: Clock
) -> None:
    dead_turn(resources, again=TASKS["refresh"].again)
    clock.moment += LEASE

    take_up(resources)

    assert states(resources) == ["done"]


FAILURES = [OSError(errno.ENOSPC, "No space left on device"), InvalidInput("no core enterprise")]


@pytest.mark.parametrize("failure", FAILURES, ids=["disk", "refusal"])
def test_a_refresh_that_fails_says_so_and_is_tried_again_a_few_times(
    resources: Resources, clock: Clock, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    begun = []

    def failing(*_: object, **__: object) -> Any:
        begun.append(clock())
        raise failure

    monkeypatch.setattr(tasks, "refresh_version", failing)
    order(resources)
    take_up(resources)
    said = last_run(resources, "refresh") or {}

    assert said["state"] == "waiting"
    assert str(failure) in said["detail"]
    assert f"try 1 of {TRIES_MAX}" in said["detail"]
    assert said["due_at"] == NOW + AGAIN
    for _ in range(TRIES_MAX * 3):
        clock.moment += 4 ** (TRIES_MAX - 2) * AGAIN / 2
        take_up(resources)
        take_up(resources)

    assert len(begun) == TRIES_MAX
    waits = [later - earlier for earlier, later in pairwise(begun)]
    assert min(waits) >= AGAIN
    assert states(resources) == ["failed"]


def test_a_refresh_that_failed_is_well_once_its_cause_is_gone(
    resources: Resources, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(
            tasks, "refresh_version", lambda *_, **__: (_ for _ in ()).throw(FAILURES[0])
        )
        order(resources)
        take_up(resources)
    clock.moment += AGAIN

    take_up(resources)

    assert states(resources) == ["done"]


def test_a_crash_is_an_end_that_is_tried_again(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crashing(*_: object, **__: object) -> Any:
        raise MemoryError

    monkeypatch.setattr(tasks, "refresh_version", crashing)
    order(resources)
    with pytest.raises(MemoryError):
        take_up(resources)

    assert states(resources) == ["waiting"]
    assert "crashed" in (last_run(resources, "refresh") or {})["detail"]


def test_a_refresh_gives_way_to_a_stop_and_loses_no_try(resources: Resources) -> None:
    order(resources)
    runner = JobRunner(resources.records, "one", resources.now)
    turn = rows.take(runner)
    assert turn is not None
    resources.stopping.begin(0)

    with pytest.raises(tasks.Stopped):
        TASKS["refresh"].work(resources, lambda *_: None)


def test_a_run_that_cannot_be_mended_is_not_tried_every_minute(
    resources: Resources, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "_gone", lambda _: newest_run(resources.records) or FAILURES)
    monkeypatch.setattr(
        tasks, "refresh_version", lambda *_, **__: (_ for _ in ()).throw(FAILURES[0])
    )
    monkeypatch.setattr(tasks, "mend", lambda *_: None)
    assert TASKS["mend"].due(resources)
    with resources.records.writing() as connection:
        row = {"job": "mend", "state": "failed", "by": "clock", "started_at": NOW}
        connection.execute(job_runs.insert().values(row | {"finished_at": NOW}))

    assert not TASKS["mend"].due(resources)
    clock.moment += MEND_PAUSE
    assert TASKS["mend"].due(resources)


def test_a_delivery_that_was_read_has_ordered_its_refresh_before_it_is_moved(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivery = resources.home / "inbox" / "files" / "july"
    delivery.mkdir(parents=True)
    (delivery / "invoices.csv").write_text(NEW_INVOICE, encoding="utf-8")
    moment = (NOW - dt.timedelta(minutes=5)).timestamp()
    for place in (delivery / "invoices.csv", delivery):
        os.utime(place, (moment, moment))
    seen = []
    move = tasks._move
    monkeypatch.setattr(
        tasks, "_move", lambda *arguments: (seen.append(states(resources)), move(*arguments))
    )

    run_job(resources, "inbox", by="test")

    assert seen == [["waiting"]]
    assert states(resources) == ["done"]
    assert served(resources) == 2
