"""An import in a child: what it finds comes back, and what breaks it breaks nobody else."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ingestion import process
from ingestion.errors import BadFile, Broken, ImportBusy, Stopped
from ingestion.lake.housekeeping import alone
from ingestion.process import ImportBounds
from ingestion.run import ImportOutcome
from tests.ingestion.hostile import string_bomb

if TYPE_CHECKING:
    from tests.ingestion.conftest import House

HEADER = "number,issued_on,seller,buyer,amount_yuan\n"
GOOD = HEADER + "1,2026-04-01,S2,C1,5\n"


def take(house: "House", path: Path, **options: Any) -> ImportOutcome:
    address = f"sqlite:///{house.home}/graph.db"
    job = options.pop("job", house.job)
    return process.ingest("files", [path], job=job, store=address, **options)


def test_a_child_publishes_and_tells_how_far_it_is(stocked: "House") -> None:
    told: list[str] = []
    read: list[str] = []
    job = replace(
        stocked.job,
        progress=lambda step, _: told.append(step),
        reading=lambda path: read.append(path.name),
    )
    path = stocked.write("invoices_april.csv", GOOD)

    outcome = take(stocked, path, job=job)

    assert outcome.published
    assert outcome.version == stocked.current
    assert outcome.files == ((str(path), 1),)
    assert read == ["invoices_april.csv"]
    assert any("invoices_april.csv" in step for step in told)
    assert len(set(told)) >= 5, "reading, checking, resolving, deriving, publishing"


def test_a_refusal_comes_back_as_what_it_is(stocked: "House") -> None:
    path = stocked.write("invoices_april.csv", "number,seller\n1,S1\n")

    with pytest.raises(BadFile, match=r"invoices_april\.csv: line 1: required column"):
        take(stocked, path)


def test_a_file_that_kills_who_reads_it_kills_a_child_and_is_named(stocked: "House") -> None:
    before = stocked.rows("trades")
    path = stocked.write("invoices_april.xlsx", string_bomb())

    with pytest.raises(Broken, match=r"^invoices_april\.xlsx: .* 256 MiB of memory"):
        take(stocked, path, bounds=ImportBounds(memory_bytes=256 * 2**20))

    assert stocked.rows("trades") == before
    assert take(stocked, stocked.write("invoices_april.csv", GOOD)).version.number == 2


def test_an_import_beyond_its_time_is_ended(stocked: "House") -> None:
    path = stocked.write("invoices_april.csv", GOOD)

    with pytest.raises(Broken, match=r"invoices_april\.csv: the import took longer than 0 s"):
        take(stocked, path, bounds=ImportBounds(seconds=0.01))

    assert [version.number for version in stocked.store.versions()] == [1]


def test_an_import_that_is_told_to_stop_publishes_nothing(stocked: "House") -> None:
    path = stocked.write("invoices_april.csv", GOOD)

    with pytest.raises(Stopped):
        take(stocked, path, bounds=ImportBounds(alive=lambda: False))

    assert [version.number for version in stocked.store.versions()] == [1]


def test_while_another_import_holds_the_lake_no_child_is_started(stocked: "House") -> None:
    with alone(stocked.home / "lake"), pytest.raises(ImportBusy):
        take(stocked, stocked.inbox)
