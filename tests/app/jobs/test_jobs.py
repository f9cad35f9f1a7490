"""The jobs: refresh, inbox and sweep; their runs are kept, and the stored times survive."""

import datetime as dt
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.data.runs.repository import newest_run
from app.jobs import scheduler as scheduling
from app.jobs import tasks
from app.jobs.running import jobs, last_run, run_job
from app.jobs.scheduler import Scheduler, run_scheduled
from app.jobs.tasks import TASKS, TRIES_MAX
from app.platform.config import Settings
from app.platform.deps import Resources, open_resources
from app.platform.errors import Absent
from app.platform.records.tables import leases
from graph.testing.waiting import until
from tests.app.economy import write_files
from tests.ingestion.hostile import string_bomb

NOW = dt.datetime(2026, 7, 15, 9, tzinfo=dt.UTC)


@pytest.fixture
def resources(settings: Settings) -> Iterator[Resources]:
    with open_resources(settings, now=lambda: NOW) as resources:
        yield resources


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Resources]:
    with open_resources(Settings(home=tmp_path / "empty"), now=lambda: NOW) as resources:
        yield resources


def deliver(folder: Path, *, age: dt.timedelta = dt.timedelta(minutes=5)) -> None:
    """Make everything in a folder look as old as given."""
    moment = (NOW - age).timestamp()
    for place in [*folder.rglob("*"), folder]:
        os.utime(place, (moment, moment))


def test_a_refresh_that_changes_nothing_says_so(resources: Resources) -> None:
    ended = run_job(resources, "refresh", by="test")

    assert (ended["state"], ended["by"]) == ("done", "test")
    assert ended["detail"].endswith("as before")


def test_a_refresh_before_the_first_version_has_nothing_to_do(empty: Resources) -> None:
    assert run_job(empty, "refresh", by="test")["detail"] == "no version yet"


def test_a_refusal_is_kept_as_a_failed_run(resources: Resources, tmp_path: Path) -> None:
    (tmp_path / "policies").mkdir()
    settings = resources.settings.model_copy(update={"policy": tmp_path / "policies"})
    with open_resources(settings, now=lambda: NOW) as other:
        ended = run_job(other, "refresh", by="test")

    assert ended["state"] == "failed"
    assert "policy" in ended["detail"]


def test_there_is_no_other_job(resources: Resources) -> None:
    with pytest.raises(Absent, match="refresh, inbox, sweep"):
        run_job(resources, "other", by="test")


def test_a_delivery_in_the_inbox_is_ingested_and_moved(resources: Resources) -> None:
    delivery = write_files(resources.home / "inbox" / "files" / "july")
    (delivery / "invoices.csv").write_text(
        "number,issued_on,seller,buyer,amount_yuan,tax_yuan,total_yuan,status,kind,goods\n"
        "N1,2026-07-10,ORE,CORE2,100000,13000,113000,valid,blue,石\n",
        encoding="utf-8",
    )
    deliver(delivery)

    ended = run_job(resources, "inbox", by="test")

    assert ended["detail"] == "july: version 2"
    assert not delivery.exists()
    (done,) = (resources.home / "inbox" / "done").iterdir()
    assert done.name.endswith("-files-july")
    run = newest_run(resources.records)
    assert run is not None
    assert run.version == 2, "what is served follows what was delivered"


def test_a_refused_delivery_lies_beside_its_reason(resources: Resources) -> None:
    delivery = resources.home / "inbox" / "files" / "bad"
    delivery.mkdir(parents=True)
    (delivery / "invoices.csv").write_text("number,seller\n1,a\n", encoding="utf-8")
    deliver(delivery)

    ended = run_job(resources, "inbox", by="test")

    assert (ended["state"], ended["detail"]) == ("done", "bad: refused")
    (reason,) = (resources.home / "inbox" / "refused").glob("*.reason.txt")
    assert "invoices.csv" in reason.read_text(encoding="utf-8")
    assert resources.version().number == 1


def test_a_delivery_of_another_economy_is_refused(resources: Resources) -> None:
    delivery = resources.home / "inbox" / "files" / "other"
    delivery.mkdir(parents=True)
    firms = "firm,name\nMILL,南浦汽车有限公司\nPART,北川电子有限公司\n"
    (delivery / "firms.csv").write_text(firms, encoding="utf-8")
    deliver(delivery)

    assert run_job(resources, "inbox", by="test")["detail"] == "other: refused"
    (reason,) = (resources.home / "inbox" / "refused").glob("*.reason.txt")
    assert "2 of 2 firms that stand already are others here" in reason.read_text(encoding="utf-8")
    assert resources.version().number == 1


def test_a_delivery_that_kills_who_reads_it_is_refused_and_not_tried_again(
    home: Path,
) -> None:
    settings = Settings(home=home, import_memory_mib=256)
    delivery = home / "inbox" / "files" / "bad"
    delivery.mkdir(parents=True)
    (delivery / "invoices.xlsx").write_bytes(string_bomb())
    deliver(delivery)

    with open_resources(settings, now=lambda: NOW) as resources:
        first = run_job(resources, "inbox", by="test")
        second = run_job(resources, "inbox", by="test")

    assert (first["detail"], second["detail"]) == ("bad: refused", "nothing new")
    (reason,) = (home / "inbox" / "refused").glob("*.reason.txt")
    assert reason.read_text(encoding="utf-8").startswith("invoices.xlsx: ")


def test_a_delivery_that_takes_its_process_along_is_not_begun_for_ever(
    resources: Resources,
) -> None:
    delivery = write_files(resources.home / "inbox" / "files" / "bad")
    deliver(delivery)
    dead = [tasks._begun(resources, delivery) for _ in range(TRIES_MAX)]
    for each in dead:  # Entered and never left, as by a process that dies.
        each.__enter__()

    ended = run_job(resources, "inbox", by="test")

    assert ended["detail"] == "bad: refused"
    (reason,) = (resources.home / "inbox" / "refused").glob("*.reason.txt")
    assert "ended before the import did" in reason.read_text(encoding="utf-8")


@pytest.mark.slow
def test_no_delivery_keeps_the_others_from_being_taken(resources: Resources) -> None:
    inbox = resources.home / "inbox" / "files"
    write_files(inbox / "z-good")
    (inbox / "a-nowhere.csv").symlink_to(inbox / "nothing")
    os.mkfifo(inbox / "b-pipe.csv")
    (inbox / "c-invoices.csv").mkdir()
    long = inbox / f"invoices{'长' * 80}.csv"
    long.write_text("number\n1\n", encoding="utf-8")
    deliver(inbox / "z-good")
    for place in inbox.iterdir():
        moment = (NOW - dt.timedelta(minutes=5)).timestamp()
        os.utime(place, (moment, moment), follow_symlinks=False)

    first = run_job(resources, "inbox", by="test")
    second = run_job(resources, "inbox", by="test")

    assert first["state"] == "done"
    assert "z-good: version 2" in first["detail"]
    assert first["detail"].count(": refused") == 4
    assert second["detail"] == "nothing new"
    assert len(list((resources.home / "inbox" / "refused").glob("*.reason.txt"))) == 4


def test_a_delivery_stays_where_it_is_while_a_stop_is_asked_for(resources: Resources) -> None:
    delivery = write_files(resources.home / "inbox" / "files" / "july")
    deliver(delivery)
    resources.stopping.begin(0)

    assert run_job(resources, "inbox", by="test")["detail"] == "nothing new"
    assert delivery.exists()


def test_a_delivery_that_is_still_being_written_waits(resources: Resources) -> None:
    delivery = write_files(resources.home / "inbox" / "files" / "half")
    deliver(delivery)
    late = delivery / "invoices.csv"
    os.utime(late, (NOW.timestamp() - 1, NOW.timestamp() - 1))

    assert run_job(resources, "inbox", by="test")["detail"] == "nothing new"
    assert late.exists()


def test_the_sweep_clears_what_is_over(resources: Resources) -> None:
    old, new = (resources.home / "uploads" / name for name in ("old", "new"))
    for place, hours in ((old, 30), (new, 1)):
        place.mkdir(parents=True)
        deliver(place, age=dt.timedelta(hours=hours))

    ended = run_job(resources, "sweep", by="test")

    others = "0 pushes, 0 drafts, 0 files of no paper, 0 first answers"
    assert ended["detail"] == f"0 sessions, 1 uploads, {others}"
    assert (old.exists(), new.exists()) == (False, True)


def test_every_job_is_listed_with_its_last_run(resources: Resources) -> None:
    run_job(resources, "sweep", by="test")

    listed = {each["name"]: each["last"] for each in jobs(resources)}

    assert set(listed) == set(TASKS)
    assert listed["refresh"] is None
    assert listed["sweep"]["finished_at"] == NOW


def wait_for_leading(scheduler: Scheduler) -> None:
    until(lambda: scheduler.leads)


def test_the_leader_keeps_the_times_of_every_job_and_runs_what_is_due(
    resources: Resources,
) -> None:
    with Scheduler(resources) as scheduler:
        wait_for_leading(scheduler)
        first = {job.id: job.next_run_time for job in scheduler.stored()}
        run_scheduled("sweep")
    with Scheduler(resources) as scheduler:
        wait_for_leading(scheduler)
        again = {job.id: job.next_run_time for job in scheduler.stored()}

    assert set(first) == set(TASKS)
    assert first == again
    run = last_run(resources, "sweep")
    assert run is not None
    assert run["state"] == "done"


def test_the_nights_of_jobs_move_with_the_banks_time_zone(settings: Settings) -> None:
    for zone in ("Asia/Shanghai", "Europe/Zurich"):
        told = settings.model_copy(update={"time_zone": zone})
        with open_resources(told) as resources, Scheduler(resources) as scheduler:
            wait_for_leading(scheduler)
            times = {job.id: job.next_run_time for job in scheduler.stored()}

        assert {str(time.tzinfo) for time in times.values()} == {zone}
        assert times["refresh"].hour == 2


def test_without_the_lease_nothing_runs(resources: Resources) -> None:
    with Scheduler(resources) as scheduler:
        wait_for_leading(scheduler)
        with resources.records.writing() as connection:
            connection.execute(sa.update(leases).values(holder="another"))
        run_scheduled("sweep")

        assert last_run(resources, "sweep") is None
    run_scheduled("sweep")
    assert scheduling._RUNNING == {}
