"""Ids of receivables: a number, and its parties for all but the first, for good."""

import datetime as dt
from pathlib import Path

from app.chain.runs.refreshing import refresh_version
from ingestion.run import ImportJob, ingest
from tests.app.chain.asking import Desk
from tests.app.conftest import NOW
from tests.app.economy import RECEIVABLES, write_files

OTHERS = (  # Whoever sorts by parties would call these by their numbers alone.
    "R1,CORE2,SHOP,50000,2026-05-01,2026-08-01,,,open\n"
    "R3,ORE,MILL,60000,2026-06-01,2026-09-01,,,open\n"
)


def publish(desk: Desk, folder: Path, receivables: str) -> None:
    """Publish a version whose files have these receivables."""
    files = write_files(folder / "next")
    (files / "receivables.csv").write_text(receivables, encoding="utf-8")
    resources = desk.resources
    job = ImportJob(
        resources.store, resources.home, NOW, lambda *_: None, as_of=dt.date(2026, 6, 30)
    )
    ingest("files", [files], job=job)
    resources.forget()


def named(desk: Desk) -> dict[str, tuple[str, str]]:
    """Return who is owed what is called so, and how it stands."""
    items = desk.get("officer", "/receivables").json()["items"]
    return {each["number"]: (each["creditor"], each["state"]) for each in items}


def test_what_was_known_keeps_its_id_and_nothing_else_is_called_by_it(
    desk: Desk, tmp_path: Path
) -> None:
    refresh_version(desk.resources, None, progress=lambda *_: None)  # R1 has an account now.
    desk.open_account("core:CORE2", 10**9)
    assert desk.post("CORE2", "/receivables/R3/confirm").status_code == 200

    publish(desk, tmp_path, RECEIVABLES + OTHERS)
    assert named(desk) == {
        "R1": ("MILL", "confirmed"),
        "R1~CORE2~SHOP": ("CORE2", "open"),
        "R2": ("ORE", "open"),
        "R3": ("PART", "confirmed"),
        "R3~ORE~MILL": ("ORE", "open"),
    }

    lines = (RECEIVABLES + OTHERS).splitlines(keepends=True)
    publish(desk, tmp_path, "".join(each for each in lines if ",PART," not in each))
    assert named(desk)["R3"] == ("PART", "confirmed")  # No file has it any more.
    assert named(desk)["R3~ORE~MILL"] == ("ORE", "open")
    assert desk.post("MILL", "/receivables/R3/settle").status_code in (403, 404)
    assert desk.post("CORE2", "/receivables/R3/settle").json()["creditor"] == "PART"
    assert named(desk)["R3~ORE~MILL"] == ("ORE", "open")


def test_the_account_of_a_document_has_the_id_of_the_document(desk: Desk, tmp_path: Path) -> None:
    """CORE2's claim is the first of its number and no document; MILL's is confirmed and one."""
    first = OTHERS.splitlines(keepends=True)[0].replace("R1", "R9")
    publish(desk, tmp_path, RECEIVABLES.replace("R1", "R9") + first)
    refresh_version(desk.resources, None, progress=lambda *_: None)

    assert named(desk)["R9"] == ("CORE2", "open")
    assert named(desk)["R9~MILL~CORE1"] == ("MILL", "confirmed")
    assert desk.get("officer", "/accounts/receivable:R9").status_code == 404
    account = desk.get("officer", "/accounts/receivable:R9~MILL~CORE1").json()
    assert (account["firm"], account["core"]) == ("MILL", "CORE1")
    assert desk.post("CORE1", "/receivables/R9~MILL~CORE1/settle").json()["state"] == "paid"
    closed = desk.get("officer", "/accounts/receivable:R9~MILL~CORE1").json()
    assert closed["state"] == "closed"
