"""Of several real processes one leads; when it dies another takes over."""

import datetime as dt
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.platform.records import Records, open_records
from app.platform.records.lease import NamedLease
from app.platform.records.tables import leases
from graph.testing.waiting import until

ROOT = Path(__file__).parent.parent.parent.parent
PROCESS = Path(__file__).parent / "process.py"
LEASE_SECONDS = 5.0  # A busy machine may keep a leader from renewing it for a second or two.
NOON = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)
LASTS = dt.timedelta(seconds=10)


class Clock:
    def __init__(self) -> None:
        self.moment = NOON

    def __call__(self) -> dt.datetime:
        return self.moment


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def records_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgres":
        return str(request.getfixturevalue("empty_postgres_url"))
    return f"sqlite:///{tmp_path / 'records.db'}"


@pytest.fixture
def records(records_url: str) -> Iterator[Records]:
    with open_records(records_url) as records:
        yield records


def test_one_holds_the_lease_until_it_ends(records: Records) -> None:
    clock = Clock()
    one, two = (NamedLease(records, "jobs", name, LASTS, clock) for name in ("one", "two"))

    assert one.take()
    assert not two.take()
    assert (one.is_held(), two.is_held()) == (True, False)
    clock.moment += LASTS / 2
    assert one.take(), "a renewal is a lease again"
    clock.moment += LASTS * 0.9
    assert not two.take()
    clock.moment += LASTS * 0.2
    assert not one.is_held()
    assert two.take()
    assert not one.take()


def test_a_lease_given_back_is_free_at_once(records: Records) -> None:
    clock = Clock()
    one, two = (NamedLease(records, "jobs", name, LASTS, clock) for name in ("one", "two"))

    one.take()
    two.release()
    assert not two.take(), "nobody gives back what another holds"
    one.release()
    assert two.take()


def test_leases_of_different_names_do_not_meet(records: Records) -> None:
    clock = Clock()

    assert NamedLease(records, "jobs", "one", LASTS, clock).take()
    assert NamedLease(records, "other", "two", LASTS, clock).take()


class Started:
    """A process with a scheduler, and what it last said."""

    def __init__(self, home: Path, records_url: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(PROCESS), str(home), records_url, str(LEASE_SECONDS)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        assert self.process.stdout is not None
        os.set_blocking(self.process.stdout.fileno(), False)
        self.said = ""

    @property
    def leads(self) -> bool:
        assert self.process.stdout is not None
        for line in iter(self.process.stdout.readline, b""):
            self.said = line.decode().strip()
        return self.said == "leads" and self.process.poll() is None

    def end(self, how: signal.Signals) -> None:
        self.process.send_signal(how)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


def wait_for_leader(processes: list[Started]) -> Started:
    return until(lambda: next((each for each in processes if each.leads), None))


def held(records: Records) -> sa.Row[tuple[str, dt.datetime]]:
    """Return who holds the one lease there is, and until when."""
    with records.reading() as connection:
        return connection.execute(sa.select(leases.c.holder, leases.c.until)).one()


@pytest.mark.slow
def test_when_the_leader_is_killed_the_other_takes_over(records_url: str, tmp_path: Path) -> None:
    with open_records(records_url) as records:
        processes = [Started(tmp_path, records_url) for _ in range(2)]
        try:
            first = wait_for_leader(processes)
            (other,) = [each for each in processes if each is not first]
            begun, lasts = held(records), dt.timedelta(seconds=LEASE_SECONDS)
            until(lambda: held(records).until > begun.until + lasts)
            assert held(records).holder == begun.holder
            assert first.leads
            assert not other.leads, "two lead at once"
            first.end(signal.SIGKILL)
            assert wait_for_leader([other]) is other
        finally:
            for each in processes:
                each.close()


@pytest.mark.slow
def test_a_leader_that_slept_through_its_lease_steps_back(records_url: str, tmp_path: Path) -> None:
    processes = [Started(tmp_path, records_url) for _ in range(2)]
    try:
        first = wait_for_leader(processes)
        (other,) = [each for each in processes if each is not first]
        first.end(signal.SIGSTOP)
        assert wait_for_leader([other]) is other
        first.end(signal.SIGCONT)
        until(lambda: not first.leads)
        assert other.leads
    finally:
        for each in processes:
            each.close()
