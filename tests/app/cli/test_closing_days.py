"""The command that closes days; how far behind the graph is; what the sweep keeps."""

import datetime as dt
import json
from pathlib import Path

from fastapi.testclient import TestClient

from app.books.business_day import business_day
from app.books.ledger.housekeeping import forget_keys
from app.books.ledger.tables import keys
from app.books.outbox import lag_of
from app.jobs.running import run_job
from app.platform.config import Settings
from app.platform.deps import open_resources
from app.platform.events import moment_text
from ingestion.run import ImportJob, ingest
from tests.app.chain.booked import resources_of, set_up
from tests.app.cli.test_commands import Run, deeptier
from tests.app.conftest import NOW
from tests.app.economy import RECEIVABLES, write_files

__all__ = ["deeptier"]


def test_days_are_closed_up_to_one_and_again_nothing_happens(deeptier: Run) -> None:
    first = deeptier("close-day", "2026-07-02", "--json").json
    assert first["closed"] == ["2026-06-30", "2026-07-01", "2026-07-02"]
    assert first["business_day"] == "2026-07-03"
    assert set(first["done"]) >= {"approvals", "vouchers"}
    book = deeptier("ledger", "verify", "--json").json

    for words in (("close-day", "2026-07-02"), ("close-day", "2026-06-30")):
        told = deeptier(*words)
        assert told.status == 0
        assert "nothing to close: the business day is 2026-07-03 already" in told.out
    assert deeptier("close-day", "2026-07-02", "--json").json["closed"] == []
    assert deeptier("ledger", "verify", "--json").json["ok"] is book["ok"] is True
    assert "the business day is 2026-07-04" in deeptier("close-day").out


def test_a_head_that_was_kept_and_is_not_in_the_chain_is_found(
    deeptier: Run, settings: Settings
) -> None:
    assert deeptier("close-day").status == 0
    place = settings.home / "book" / "head.json"
    kept = json.loads(place.read_text(encoding="utf-8"))
    assert deeptier("ledger", "verify").status == 0

    for number, digest in ((kept["number"], "0" * 64), (kept["number"] + 99, kept["hash"])):
        told = {**kept, "number": number, "hash": digest}
        place.write_text(json.dumps(told), encoding="utf-8")
        found = deeptier("ledger", "verify", "--json")
        assert found.status == 1
        assert found.json["first_difference"]["event"] == number


def test_a_later_version_moves_no_day(settings: Settings, tmp_path: Path) -> None:
    files = write_files(tmp_path / "next")
    (files / "receivables.csv").write_text(RECEIVABLES.replace("R3", "R4"), encoding="utf-8")
    with open_resources(settings, now=lambda: NOW) as resources:
        as_of = dt.date(2026, 7, 31)
        job = ImportJob(resources.store, resources.home, NOW, lambda *_: None, as_of=as_of)
        ingest("files", [files], job=job)
        assert resources.version().as_of == as_of
        assert business_day(resources) == dt.date(2026, 6, 30)


def test_doctor_and_metrics_tell_how_far_behind_the_graph_is(
    client: TestClient, deeptier: Run
) -> None:
    resources = resources_of(client)
    set_up(resources, {"bank": 1, "firm:MILL": 1})
    lag = lag_of(resources).events
    assert lag > 0

    assert f"deeptier_outbox_lag_events {float(lag)}" in client.get("/metrics").text
    assert (
        f"{lag} of {lag_of(resources).book} events of the book are not passed on"
        in deeptier("doctor").out
    )


def test_first_answers_are_kept_thirty_days(settings: Settings) -> None:
    with open_resources(settings, now=lambda: NOW) as resources:
        with resources.records.writing() as connection:
            for days in (29, 30, 31, 40):
                at = moment_text(NOW - dt.timedelta(days=days, seconds=days == 30 and -1))
                row = dict(
                    zip(keys.columns.keys(), (f"{days}", "p", "d", 200, "{}", at), strict=True)
                )
                connection.execute(keys.insert(), row)
        ended = run_job(resources, "sweep", by="test")
        assert ended["detail"].endswith("2 first answers")
        assert forget_keys(resources.records, before=NOW) == 2
