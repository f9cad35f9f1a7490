"""The demo economy through ingestion and limits: all rows counted, every term decides somewhere."""

import csv
import datetime as dt
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from app.chain.limits.results import Results, open_results
from app.chain.runs.rows import RunStores, RunTerms
from app.chain.runs.service import Run, refresh
from app.policy import in_force, shipped
from graph.stores import open_store
from ingestion.demo.economy import Plan, make
from ingestion.lake import Lake
from ingestion.run import ImportJob, ImportOutcome, ingest
from tests.app.chain.limits.evaluator import check_run

pytestmark = pytest.mark.xdist_group("demo")  # One process makes the economy and its limits.

NOW = dt.datetime(2026, 7, 1, 3, 0, tzinfo=dt.UTC)
PLAN = Plan(cores=24, firms=2_200, months=14)


@dataclass(frozen=True)
class Journey:
    """What was written, what was read of it, and what came out."""

    raw: Path
    outcome: ImportOutcome
    run: Run
    results: Results
    firm_of: Mapping[str, str]
    proposed: frozenset[tuple[str, str]]

    def truth(self, name: str) -> list[dict[str, Any]]:
        with (self.raw / "truth" / f"{name}.csv").open(encoding="utf-8", newline="") as opened:
            return list(csv.DictReader(opened))


@pytest.fixture(scope="module")
def journey(tmp_path_factory: pytest.TempPathFactory) -> Journey:
    home = tmp_path_factory.mktemp("demo")
    raw = home / "raw"
    make(raw, PLAN, progress=lambda _: None)
    with open_store(f"sqlite:///{home / 'graph.db'}") as store:
        outcome = ingest("demo", [raw], job=ImportJob(store, home, NOW, lambda _file, _rows: None))
        cores = [f"C{number:03d}" for number in range(1, PLAN.cores + 1)]
        terms = RunTerms(in_force(shipped(), PLAN.end), cores, "test")
        lake = Lake(home / "lake")
        run = refresh(RunStores(store.reader(), lake, home), terms)
    parties = lake.view(outcome.version.number).parties
    firm_of = {text: parties.firms[row] for (_, text), row in parties.rows.items()}
    with (home / "resolution" / "candidates.csv").open(encoding="utf-8-sig", newline="") as opened:
        proposed = frozenset((row["text"], row["firm"]) for row in csv.DictReader(opened))
    return Journey(raw, outcome, run, open_results(run.folder), firm_of, proposed)


def test_every_row_is_used_or_set_aside_as_the_manifest_says(journey: Journey) -> None:
    said = json.loads((journey.raw / "truth" / "manifest.json").read_text(encoding="utf-8"))
    document = journey.outcome.document()

    assert document["rows"] == sum(said["rows"].values())
    aside = {name: said["invoices"][name] for name in ("duplicate", "void")}
    assert document["set_aside"] == aside
    assert document["used"] == document["rows"] - sum(aside.values())
    assert document["as_of"] == PLAN.end.isoformat()


def test_planted_aliases_are_found_or_proposed_and_none_is_joined_wrongly(
    journey: Journey,
) -> None:
    seen = 0
    planted = journey.truth("aliases")
    for row in planted:
        firm, text = row["firm"], row["text"]
        meant = journey.firm_of[text]
        assert meant == firm or not meant.startswith("F")
        seen += meant == firm or (text, firm) in journey.proposed

    assert seen >= 0.95 * len(planted)


def test_second_entries_with_one_code_or_name_are_joined(journey: Journey) -> None:
    for row in journey.truth("duplicates"):
        one, other = (journey.firm_of.get(row[name], row[name]) for name in ("firm", "second"))
        assert (one == other) == (row["kind"] in ("same code", "same name"))


def test_lookalikes_stay_apart(journey: Journey) -> None:
    for row in journey.truth("lookalikes"):
        assert journey.firm_of.get(row["firm"]) != journey.firm_of.get(row["other"])


def test_every_term_decides_over_some_facility(journey: Journey) -> None:
    results = journey.results
    facilities = {core: results.facility(core) for core in results.cores}
    decided = {found["binding"] for found in facilities.values() if found is not None}

    assert decided == {"need_up_down", "rate_cap", "cash_cap", "legal_cap"}
    assert [core for core, found in facilities.items() if found is None] == ["C002"]
    known = [found for found in facilities.values() if found is not None]
    assert min(found["limit_fen"] for found in known) == 0
    assert any(0 < found["limit_fen"] < found["occupied_fen"] for found in known)
    assert any(found["occupied_fen"] < found["limit_fen"] for found in known)


def test_every_term_decides_over_some_limit(journey: Journey) -> None:
    decided: Counter[str] = Counter()
    reachable = nothing = 0
    for core in journey.results.cores:
        for member in journey.results.members(journey.results.order(core)):
            if member.limit_fen:
                decided[str(member.binding)] += 1
            nothing += member.limit_fen == 0
            reachable += bool(member.reachable_fen)

    assert set(decided) == {"funding", "need", "product_cap", "single_borrower_cap"}
    assert decided["funding"] == max(decided.values())
    assert reachable > 100
    assert nothing > 100


def test_chains_are_a_part_of_the_economy(journey: Journey) -> None:
    listed = []
    for core in journey.results.cores:
        members = journey.results.members(journey.results.order(core))
        listed.append(sum(member.absent is None for member in members))

    assert 50 < sorted(listed)[len(listed) // 2] < PLAN.firms // 4


def test_the_failure_of_some_cores_hurts_many_and_that_of_others_few(journey: Journey) -> None:
    losses = pl.read_parquet(journey.run.folder / "losses.parquet")
    badly = losses.filter(pl.col("loss_e12").cast(pl.Float64) > 3e11)
    hurt = badly.group_by("core").len()["len"].sort()

    assert hurt[-1] > 4 * hurt[0]


def test_trees_of_the_demo_recompute_and_say_what_the_columns_say(journey: Journey) -> None:
    assert check_run(journey.results, every=10) > 10_000
