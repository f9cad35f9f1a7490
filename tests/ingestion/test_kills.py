"""An import that is killed leaves the served version, and the next import is clean."""

import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ingestion import spool

if TYPE_CHECKING:
    from tests.ingestion.conftest import House

ROOT = Path(__file__).parent.parent.parent
# An import that kills itself at one of the moments at which it tells how far it is.
SCRIPT = """
import datetime as dt, os, signal, sys
from pathlib import Path
from graph.stores import open_store
from ingestion import spool
from ingestion.run import ImportJob, ingest

home, path, moment = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
spool.HELD_BYTES = int(sys.argv[4])
told = 0

def progress(step, done):
    global told
    told += 1
    if told == moment:
        os.kill(os.getpid(), signal.SIGKILL)

with open_store(f"sqlite:///{home}/graph.db") as store:
    now = dt.datetime(2026, 7, 1, tzinfo=dt.UTC)
    ingest("files", [path], job=ImportJob(store, home, now, progress))
print(told)
"""
HEADER = "number,issued_on,seller,buyer,amount_yuan\n"


def run(
    house: "House", path: Path, moment: int, held: int = spool.HELD_BYTES
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", SCRIPT, str(house.home), str(path), str(moment), str(held)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )


def parts(house: "House") -> set[str]:
    return {path.name for path in (house.home / "lake" / "parts").glob("*")}


@pytest.mark.slow
@pytest.mark.parametrize("moment", [1, 3, 4, 5, 6, 7, 8])
@pytest.mark.parametrize("held", [spool.HELD_BYTES, 20_000])
def test_a_killed_import_leaves_the_version_and_the_next_is_clean(
    stocked: "House", moment: int, held: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool, "HELD_BYTES", held)
    before = stocked.rows("trades")
    there = {path.name for path in (stocked.home / "lake").iterdir()}
    rows = "".join(f"{n},2026-04-{1 + n % 28:02},S2,C1,{n}\n" for n in range(1, 500))
    path = stocked.write("invoices_april.csv", HEADER + rows)

    killed = run(stocked, path, moment, held)

    assert {path.name for path in (stocked.home / "lake").iterdir()} == there
    assert killed.returncode == -signal.SIGKILL
    assert stocked.rows("trades") == before
    assert [version.number for version in stocked.store.versions()] == [1]

    outcome = stocked.take("files", path)

    assert outcome.version.number == 2
    assert stocked.trades()["S2", "C1"] == 100 * sum(range(1, 500))
    view = stocked.lake.view(2).manifest
    assert parts(stocked) == {Path(part.file).name for _, part in view.parts("firms")} | {
        Path(part.file).name for _, part in view.parts("invoices")
    }


def test_an_import_that_is_not_killed_ends(stocked: "House") -> None:
    path = stocked.write("invoices_april.csv", HEADER + "1,2026-04-01,S2,C1,5\n")

    done = run(stocked, path, 10_000)

    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= 8
