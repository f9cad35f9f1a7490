"""Overdue rows of a buyer settled: claims on it count again, by as much at least as was told."""

import datetime as dt
from pathlib import Path

from app.chain.runs.refreshing import refresh_version
from app.lending.decisions.forms import ON_BUYERS, Asked
from app.lending.decisions.service import decide
from app.platform.config import Settings
from app.platform.deps import Resources, open_resources
from ingestion.run import ImportJob, ingest
from tests.app.conftest import NOW
from tests.app.economy import write_files

ASKED = Asked("CORE1", "ORE", "data-credit", 1_000_000, 90, None, "bullet")
OVERDUE = {"R8": 1_500_000, "R9": 500_000}
LATE, PAID = ",2026-04-20,2026-06-10,,,open", ",2026-04-20,2026-06-10,,2026-06-20,paid"


def published(resources: Resources, home: Path, files: Path, old: str, new: str) -> None:
    """Publish the files, with words of their receivables changed."""
    table = files / "receivables.csv"
    text = table.read_text(encoding="utf-8")
    assert old in text
    table.write_text(text.replace(old, new), encoding="utf-8")
    job = ImportJob(resources.store, home, NOW, lambda *_: None, as_of=dt.date(2026, 6, 30))
    ingest("files", [files], job=job)
    refresh_version(resources, None, progress=lambda *_: None)


def test_what_a_buyer_owes_past_due_is_settled_and_its_claims_count_again(tmp_path: Path) -> None:
    """
    Half of what MILL owes is overdue; claims on it stop counting at a quarter.

    Without R9, the smaller row, 1,500,000 of 3,500,000 still is, without R8 a fifth of 2,500,000.
    """
    home, files = tmp_path / "home", write_files(tmp_path / "files")
    with (files / "receivables.csv").open("a", encoding="utf-8") as rows:
        rows.writelines(f"{number},ORE,MILL,{yuan}{LATE}\n" for number, yuan in OVERDUE.items())
    with open_resources(Settings(home=home), now=lambda: NOW) as resources:
        published(resources, home, files, "CORE1,8000000", "CORE1,2000000")
        refused = decide(resources, ASKED)
        (step,) = [e for e in refused.decision.path_to_yes if e.leaf.endswith("/overdue")]
        told = step.amount_fen
        assert refused.decision.outcome == "declined"
        assert (step.leaf, step.was, step.to) == (
            f"{ON_BUYERS}MILL/overdue",
            200_000_000,
            50_000_000,
        )
        assert told >= ASKED.amount_fen

        published(resources, home, files, f"R9,ORE,MILL,500000{LATE}", f"R9,ORE,MILL,500000{PAID}")
        less = decide(resources, ASKED._replace(amount_fen=told)).decision
        published(resources, home, files, f"R9,ORE,MILL,500000{PAID}", f"R9,ORE,MILL,500000{LATE}")
        published(resources, home, files, f"1500000{LATE}", f"1500000{PAID}")
        yes = decide(resources, ASKED._replace(amount_fen=told)).decision
        assert (less.amount_fen, yes.amount_fen) == (0, told)
