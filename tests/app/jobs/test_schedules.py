"""Sources are imported by the clock, as their descriptions say; the inbox takes whole files."""

import datetime as dt
import json
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.data.imports import repository
from app.data.imports.service import read
from app.data.pushes.service import PushOrder, draft, push
from app.jobs.running import jobs, run_job
from app.jobs.scheduler import Scheduler, run_source
from app.platform.config import Settings
from app.platform.deps import Resources, open_resources
from graph.testing.waiting import until
from tests.app.conftest import NOW
from tests.app.jobs.test_jobs import deliver

PUSHED = "schema: 1\nowner: risk@bank.example\npushed: true\nschedule: {when}\n"
QUERIES = """\
schema: 1
owner: risk@bank.example
schedule: '*/10 * * * *'
sets:
  rows: {query: 'SELECT a FROM t', address_from: DEEPTIER_SOURCE_T}
tables:
- {table: events, from: rows, columns: {firm: a, happened_on: a, kind: a}}
"""


@pytest.fixture
def resources(home: Path) -> Iterator[Resources]:
    (home / "sources").mkdir()
    with open_resources(Settings(home=home), now=lambda: NOW) as resources:
        yield resources


def describe(resources: Resources, name: str, text: str) -> None:
    (resources.home / "sources" / f"{name}.yml").write_text(text, encoding="utf-8")


def pushed(resources: Resources, key: str) -> None:
    row = {"number": key, "issued_on": "2026-07-10", "seller": "ORE", "buyer": "CORE2"}
    with draft(resources, "invoices") as lines:
        lines.write_text(json.dumps(row | {"amount_fen": 100}), encoding="utf-8")
        push(resources, PushOrder("feed", "invoices", "test", key), lines)


def test_descriptions_say_when_and_a_changed_one_counts_at_once(resources: Resources) -> None:
    describe(resources, "feed", PUSHED.format(when="30 2 * * 1-5"))
    describe(resources, "other", PUSHED.format(when="by hand"))
    lasts = dt.timedelta(seconds=0.3)

    def times(scheduler: Scheduler) -> dict[str, str]:
        found = {job.id: str(job.trigger) for job in scheduler.stored()}
        return {name: said for name, said in found.items() if name.startswith("source ")}

    def said(scheduler: Scheduler, when: str) -> bool:
        """Return whether one source is imported at a time; no one is while it does not lead."""
        found = times(scheduler)
        return list(found) == ["source feed"] and when in found["source feed"]

    with Scheduler(resources, lasts=lasts) as scheduler:
        until(lambda: said(scheduler, "day_of_week='mon,tue,wed,thu,fri', hour='2', minute='30'"))
        describe(resources, "feed", PUSHED.format(when="0 6 1 * *"))
        until(lambda: said(scheduler, "day='1'"))
        describe(resources, "feed", "schema: 1\nbroken")
        until(lambda: scheduler.stored() and times(scheduler) == {})
        describe(resources, "feed", PUSHED.format(when="0 6 1 * *"))
        until(lambda: said(scheduler, "day='1'"))
    (resources.home / "sources" / "feed.yml").unlink()
    with Scheduler(resources, lasts=lasts) as scheduler:
        until(scheduler.stored)
        assert times(scheduler) == {}


def test_at_its_time_what_is_staged_is_ordered_once_and_nothing_where_nothing_is(
    resources: Resources,
) -> None:
    describe(resources, "feed", PUSHED.format(when="30 2 * * *"))
    describe(resources, "erp", QUERIES)
    with Scheduler(resources) as scheduler:
        until(lambda: scheduler.leads)
        run_source("source feed")
        assert repository.unfinished(resources.records) == set()
        pushed(resources, "N1")
        run_source("source feed")
        run_source("source feed")
        (name,) = repository.unfinished(resources.records)
        assert (read(resources, name)["by"], read(resources, name)["given"]) == (
            "schedule",
            "records",
        )
        run_source("source erp")
        run_source("source erp")
        assert len(repository.unfinished(resources.records)) == 2
        run_source("source gone")
    run_source("source feed")  # It leads no more.

    listed = {each["name"]: each for each in jobs(resources)}
    assert listed["source feed"]["when"] == "minute=30 hour=2"
    assert listed["source feed"]["last"]["state"] == "waiting"


def test_what_is_on_its_way_waits_and_links_are_not_followed(
    resources: Resources, tmp_path: Path
) -> None:
    folder = resources.home / "inbox" / "files"
    folder.mkdir(parents=True)
    secret = tmp_path / "invoices.csv"
    secret.write_text("number,issued_on,seller,buyer,amount_fen\nX,2026-07-01,ORE,CORE2,1\n")
    (folder / "invoices.csv").symlink_to(secret)
    (folder / "orders.csv.part").write_text("number", encoding="utf-8")
    (folder / "july").mkdir()
    (folder / "july" / "invoices.csv.FILEPART").write_text("number", encoding="utf-8")
    deliver(folder)
    moment = (NOW - dt.timedelta(minutes=5)).timestamp()
    os.utime(folder / "invoices.csv", (moment, moment), follow_symlinks=False)

    ended = run_job(resources, "inbox", by="test")

    assert ended["detail"] == "invoices.csv: refused"
    (reason,) = (resources.home / "inbox" / "refused").glob("*.reason.txt")
    assert "it is a link, which is not followed" in reason.read_text(encoding="utf-8")
    assert secret.is_file()
    assert {path.name for path in folder.iterdir()} == {"orders.csv.part", "july"}


def test_folders_of_no_source_are_told_and_what_has_ended_is_not_taken_again(
    resources: Resources,
) -> None:
    describe(resources, "done", PUSHED.format(when="by hand"))
    describe(resources, "feed", PUSHED.format(when="by hand"))
    describe(resources, "erp", QUERIES)
    sqlite3.connect(resources.home / "t.db").close()
    for name in ("done", "fiels", "feed", "erp"):
        folder = resources.home / "inbox" / name
        folder.mkdir(parents=True)
        (folder / f"{name}.csv").write_text("a\n", encoding="utf-8")
        deliver(folder)

    ended = run_job(resources, "inbox", by="test")

    assert ended["detail"] == (
        "erp.csv: refused; feed.csv: refused; fiels: no source of that name; did you mean files"
    )
    reasons = {
        path.name.split("-")[1]: path.read_text(encoding="utf-8")
        for path in (resources.home / "inbox" / "refused").glob("*.reason.txt")
    }
    assert "it takes no files" in reasons["erp"]
    assert "takes what is pushed to it; it reads no files" in reasons["feed"]
