"""What a trial says that an import would change is what the import then changes."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from app.platform.config import Settings
from app.platform.deps import Resources, open_resources
from graph import model
from ingestion import trial
from ingestion.run import ImportJob, ingest
from ingestion.trial import TrialWishes
from tests.app.conftest import NEW_INVOICE, NOW

HEAD = "number,seller,buyer,amount_yuan,issued_on,due_on,confirmed_on,paid_on,status\n"
# One as before, one confirmed since, one new and of somebody new.
RECEIVABLES = HEAD + (
    "R1,MILL,CORE1,8000000,2026-05-01,2026-08-01,2026-05-03,,confirmed\n"
    "R3,PART,CORE2,1000000,2026-06-01,2026-09-01,2026-06-20,,confirmed\n"
    "R4,新来有限公司,CORE1,500000,2026-06-02,2026-09-01,,,open\n"
)
# A correction: the same number, day and parties, another amount.
CORRECTED = (
    "number,issued_on,seller,buyer,amount_yuan,tax_yuan,total_yuan,status,kind,goods\n"
    "ORE-MILL-1,2026-01-15,ORE,MILL,3000000,390000,3390000,valid,blue,件\n"
)
Trial = Callable[..., dict[str, Any]]


@pytest.fixture
def resources(settings: Settings) -> Any:
    with open_resources(settings, now=lambda: NOW) as opened:
        yield opened


def job(resources: Resources, **more: Any) -> ImportJob:
    day = dt.date(2026, 6, 30)
    return ImportJob(resources.store, resources.home, NOW, as_of=day, **more)


def given(folder: Path, **tables: str) -> Path:
    folder.mkdir()
    for name, text in tables.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


def tried(resources: Resources, files: Path) -> dict[str, Any]:
    wishes = TrialWishes(changes=True)
    found = trial.check("files", [files], job=job(resources), wishes=wishes).document
    assert found["refused"] is None
    changes: dict[str, Any] = found["changes"]
    return changes


def tables(resources: Resources) -> dict[str, pl.DataFrame]:
    reader = resources.store.reader()
    return {name: pl.DataFrame(reader.columns(name)) for name in model.TABLES}


def test_what_a_trial_tells_is_what_the_import_then_changes(
    resources: Resources, tmp_path: Path
) -> None:
    invoices = NEW_INVOICE.replace("2026-07-10", "2026-06-10") + CORRECTED.splitlines()[1] + "\n"
    files = given(tmp_path / "more", receivables=RECEIVABLES, invoices=invoices)
    before = tables(resources)
    told = tried(resources, files)
    assert pl.DataFrame(resources.store.reader().columns("firms")).equals(before["firms"])
    ingest("files", [files], job=job(resources))
    after = tables(resources)

    for name in model.TABLES:
        key = list(model.table(name).key)
        counts = told["firms"] if name == "firms" else told["tables"].get(name)
        new = after[name].join(before[name], on=key, how="anti")
        gone = before[name].join(after[name], on=key, how="anti")
        same = after[name].join(before[name], on=after[name].columns, how="semi", nulls_equal=True)
        expected = (len(new), len(after[name]) - len(new) - len(same), len(gone), len(same))
        found = (0,) * 4 if counts is None else tuple(each["count"] for each in counts.values())
        assert found == expected, name
    assert told["version"] == 1
    assert told["as_of"] == {"before": "2026-06-30", "after": "2026-06-30"}
    assert [each["name"] for each in told["firms"]["new"]["first"]] == ["新来有限公司"]
    assert told["tables"]["receivables"] == {
        "new": {"count": 1, "amount_fen": 50_000_000},
        "changed": {"count": 1, "before_fen": 100_000_000, "after_fen": 100_000_000},
        "gone": {"count": 0, "amount_fen": 0},
        "unchanged": {"count": 2, "amount_fen": 1_000_000_000},
    }
    old = 20_000_000 // 6 * 100
    assert told["tables"]["invoices"]["new"] == {"count": 1, "amount_fen": 10_000_000}
    assert told["tables"]["invoices"]["changed"] == {
        "count": 1, "before_fen": old, "after_fen": 300_000_000,
    }  # fmt: skip
    assert told["tables"]["invoices"]["unchanged"]["count"] == 29
    assert told["tables"]["invoices"]["gone"] == {"count": 0, "amount_fen": 0}


def test_a_trial_tells_debtor_by_debtor_what_limits_read(
    resources: Resources, tmp_path: Path
) -> None:
    told = tried(resources, given(tmp_path / "more", receivables=RECEIVABLES))["limits"]
    first = {each["id"]: each for each in told["debtors"]["first"]}

    assert told["debtors"]["count"] == 2
    assert list(first) == ["CORE2", "CORE1"]  # Of whom most changes.
    assert first["CORE1"]["receivables_fen"] == {"before": 800_000_000, "after": 850_000_000}
    assert first["CORE1"]["confirmed_fen"] == {"before": 800_000_000, "after": 800_000_000}
    assert first["CORE2"]["confirmed_fen"] == {"before": 0, "after": 100_000_000}
    assert first["CORE2"]["core"] is True
    assert told["firms"] == 4  # CORE1, CORE2, PART and who is new.


def test_the_same_again_changes_nothing(resources: Resources, tmp_path: Path) -> None:
    told = tried(resources, given(tmp_path / "same", receivables=RECEIVABLES.replace("R4", "R9")))
    files = given(tmp_path / "again", receivables=RECEIVABLES)
    ingest("files", [files], job=job(resources))
    again = tried(resources, files)

    assert told["tables"]["receivables"]["new"]["count"] == 1
    for kinds in (again["firms"], *again["tables"].values()):
        assert [kinds[kind]["count"] for kind in ("new", "changed", "gone")] == [0, 0, 0]
    assert again["limits"] == {"firms": 0, "debtors": {"count": 0, "first": []}}


def test_an_invoice_that_is_void_by_now_is_gone(resources: Resources, tmp_path: Path) -> None:
    void = CORRECTED.replace("valid", "void")
    told = tried(resources, given(tmp_path / "void", invoices=void))["tables"]["invoices"]

    assert told["gone"] == {"count": 1, "amount_fen": 20_000_000 // 6 * 100}
    assert (told["new"]["count"], told["unchanged"]["count"]) == (0, 29)


def test_into_an_empty_home_everything_is_new_and_who_is_refused_changes_nothing(
    tmp_path: Path,
) -> None:
    with open_resources(Settings(home=tmp_path / "home"), now=lambda: NOW) as resources:
        files = given(tmp_path / "files", receivables=RECEIVABLES)
        told = tried(resources, files)
        wishes = TrialWishes(changes=True)
        nothing = trial.check("files", [tmp_path / "no"], job=job(resources), wishes=wishes)
        plain = trial.check("files", [files], job=job(resources))

    assert (told["version"], told["as_of"]["before"]) == (None, None)
    assert told["firms"]["new"]["count"] == 5
    assert told["tables"]["receivables"]["new"] == {"count": 3, "amount_fen": 950_000_000}
    assert nothing.document["changes"] is None
    assert nothing.refused
    assert "changes" not in plain.document
