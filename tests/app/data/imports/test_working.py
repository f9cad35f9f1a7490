"""Every import that was taken in comes to an end, whatever becomes of the process that took it."""

import datetime as dt
import io
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.data.imports import repository
from app.data.imports.service import ImportOrder, Upload, folder_of, read, take
from app.data.imports.working import TRIES_MAX, Imports
from app.platform.config import Settings
from app.platform.deps import Resources, open_resources
from app.platform.records.lease import NamedLease
from graph.testing.waiting import WAIT_S, until
from ingestion.lake.housekeeping import alone
from tests.app.conftest import NEW_INVOICE, Clock
from tests.ingestion.hostile import string_bomb

ROOT = Path(__file__).parents[4]
PROCESS = Path(__file__).parent / "process.py"


@pytest.fixture
def resources(home: Path, clock: Clock) -> Iterator[Resources]:
    with open_resources(Settings(home=home, import_memory_mib=256), now=clock) as resources:
        yield resources


def upload(resources: Resources, name: str, content: bytes) -> str:
    order = ImportOrder("files", "test")
    return str(take(resources, order, [Upload(name, io.BytesIO(content))])["import"])


def worked(resources: Resources, name: str) -> dict[str, Any]:
    """Work imports off until one has come to its end."""

    def ended() -> dict[str, Any] | None:
        row = read(resources, name)
        return row if row["state"] in ("done", "failed") else None

    with Imports(resources, after=lambda: None, period_seconds=0.05):
        return until(ended)


@pytest.mark.slow
def test_a_file_that_kills_who_reads_it_is_a_failed_import_and_no_more(
    resources: Resources,
) -> None:
    bad = upload(resources, "invoices.xlsx", string_bomb())
    good = upload(resources, "invoices.csv", NEW_INVOICE.encode())

    ended = worked(resources, bad)

    assert ended["state"] == "failed"
    assert ended["detail"].startswith("invoices.xlsx: the process that imports it")
    assert str(resources.home) not in ended["detail"]
    assert not folder_of(resources, bad).exists()
    resources.stopping.__init__()  # type: ignore[misc]  # another process
    assert worked(resources, good)["state"] == "done"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("moment", "how", "states"),
    [
        ("waiting", signal.SIGKILL, {"waiting"}),
        ("running", signal.SIGKILL, {"running"}),
        ("running", signal.SIGTERM, {"waiting"}),
        ("reading", signal.SIGKILL, {"running", "done"}),  # A quick child may be done before.
    ],
)
def test_an_import_whose_process_ended_is_taken_up_again(
    resources: Resources,
    clock: Clock,
    tmp_path: Path,
    moment: str,
    how: signal.Signals,
    states: set[str],
) -> None:
    file = tmp_path / "invoices.csv"
    file.write_text(NEW_INVOICE, encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, str(PROCESS), str(resources.home), str(file), moment],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert process.stdout is not None
    with process.stdout:
        name = process.stdout.readline().decode().strip()
        process.send_signal(how)
        process.wait(WAIT_S)
    left = read(resources, name)
    clock.moment = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=1)

    ended = worked(resources, name)

    assert left["state"] in states
    assert ended["state"] == "done", ended["detail"]
    assert [each.number for each in resources.store.versions()] == [1, 2]


def test_an_import_of_a_process_that_lives_is_left_to_it(
    resources: Resources, clock: Clock
) -> None:
    name = upload(resources, "invoices.csv", NEW_INVOICE.encode())
    other = NamedLease(resources.records, "imports", "other", dt.timedelta(seconds=15), clock)
    assert other.take()
    repository.change(resources.records, name, lease=other, state="running", tries=1)

    turns = threading.Semaphore(0)

    with Imports(resources, after=turns.release, period_seconds=0.02):
        assert all(turns.acquire(timeout=WAIT_S) for _ in range(3))
        assert read(resources, name)["tries"] == 1

    clock.moment += dt.timedelta(seconds=16)
    assert not repository.change(resources.records, name, lease=other, state="done")
    resources.stopping.__init__()  # type: ignore[misc]  # another process
    assert worked(resources, name)["state"] == "done"


def test_an_import_that_takes_its_process_along_is_not_begun_for_ever(
    resources: Resources, clock: Clock
) -> None:
    name = upload(resources, "invoices.csv", NEW_INVOICE.encode())
    dead = NamedLease(resources.records, "imports", "dead", dt.timedelta(seconds=15), clock)
    dead.take()
    repository.change(resources.records, name, lease=dead, state="running", tries=TRIES_MAX)
    clock.moment += dt.timedelta(seconds=16)

    ended = worked(resources, name)

    assert ended["state"] == "failed"
    assert f"ended {TRIES_MAX} times" in ended["detail"]


def test_an_import_whose_files_are_gone_says_so(resources: Resources) -> None:
    name = upload(resources, "invoices.csv", NEW_INVOICE.encode())
    shutil.rmtree(folder_of(resources, name))

    assert "its files are gone" in worked(resources, name)["detail"]


def test_an_import_waits_while_another_one_holds_the_lake(resources: Resources) -> None:
    name = upload(resources, "invoices.csv", NEW_INVOICE.encode())

    turns = threading.Semaphore(0)

    with alone(resources.home / "lake"):
        with Imports(resources, after=turns.release, period_seconds=0.02):
            assert all(turns.acquire(timeout=WAIT_S) for _ in range(2))
        row = read(resources, name)  # Between two turns: in the middle of one it is `running`.

    assert (row["state"], row["tries"], row["detail"]) == ("waiting", 0, None)
