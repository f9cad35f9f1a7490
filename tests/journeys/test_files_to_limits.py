"""From raw files to every limit, against the second reading of the same raw rows in fractions."""

import csv
import datetime as dt
import random
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from app.chain.limits.results import Results
from app.chain.runs.rows import RunStores, RunTerms
from app.chain.runs.service import Run, refresh
from app.policy import in_force, shipped
from graph.stores import open_store
from ingestion.forms import form
from ingestion.lake import Lake
from ingestion.run import ImportJob, ImportOutcome, ingest
from tests.graph.effort import seeds
from tests.oracles.economies import AS_OF, economy, with_payments
from tests.oracles.limits import Economy, Oracle, floor

NOW = dt.datetime(2026, 7, 1, 3, 0, tzinfo=dt.UTC)
FILES = ("firms", "invoices", "orders", "receivables", "vouchers", "holdings", "registrations")


def write(raw: Economy, folder: Path) -> None:
    folder.mkdir()
    for name in FILES:
        rows: list[dict[str, Any]] = getattr(raw, name)
        if not rows:
            continue
        columns = sorted({column for row in rows for column in row})
        header = [form(name).columns[column].stored for column in columns]
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as out:
            writer = csv.writer(out)
            writer.writerow(header)
            for row in rows:
                cells = [row.get(column) for column in columns]
                writer.writerow(["" if cell is None else cell for cell in cells])


def run_of(raw: Economy, home: Path) -> tuple[ImportOutcome, Run]:
    write(raw, home / "raw")
    policy = in_force(shipped(), AS_OF)
    names = replace(policy.rule("own_names"), value=list(raw.own_names))
    policy = replace(policy, rules={**policy.rules, "own_names": names})
    with open_store(f"sqlite:///{home / 'graph.db'}") as store:
        job = ImportJob(store, home, NOW, lambda _file, _rows: None, as_of=AS_OF)
        outcome = ingest("files", [home / "raw"], job=job)
        cores = sorted(row["firm"] for row in raw.firms if row["core"])
        terms = RunTerms(policy, cores, "test")
        run = refresh(RunStores(store.reader(), Lake(home / "lake"), home), terms)
    return outcome, run


def stored_losses(folder: Path) -> Callable[[str, str], Fraction]:
    """Return what the run says a firm loses when another closes."""
    names = pl.read_parquet(folder / "names.parquet")["firm"].to_list()
    by_core = pl.read_parquet(folder / "losses.parquet").select("firm", "core", "loss_e12")
    by_partner = pl.read_parquet(folder / "partner_losses.parquet")
    lost = {}
    for rows in (by_partner.select("firm", "closed", "loss_e12"), by_core):
        lost |= {(names[firm], names[closed]): loss for firm, closed, loss in rows.iter_rows()}

    def loss_of(firm: str, closed: str) -> Fraction:
        return Fraction(lost.get((firm, closed), 0), 10**12)

    return loss_of


@pytest.mark.parametrize("seed", seeds(range(1000, 1030), 4))
def test_limits_from_files_agree_with_the_second_reading(seed: int, tmp_path: Path) -> None:
    raw = economy(seed)
    if seed % 2:
        raw = with_payments(random.Random(seed), raw)

    outcome, run = run_of(raw, tmp_path)

    aside = outcome.document()["set_aside"]
    assert outcome.rows == outcome.used + sum(aside.values())
    assert aside.keys() <= {"future"}
    oracle = Oracle(raw, stored_losses(run.folder))
    results = Results(run.folder)
    assert results.cores == oracle.cores
    for core in oracle.cores:
        facility, expected = results.facility(core), oracle.facility[core]
        assert (facility is None) == (expected is None)
        if facility is not None and expected is not None:
            assert facility["limit_fen"] == floor(expected)
    for firm, core in oracle.members():
        found = results.firm(core, firm)
        if found["limit_fen"] is None:
            assert oracle.facility[core] is None
            assert firm not in oracle.sales
            continue
        assert (found["limit_fen"], found["binding"]) == oracle.limit(firm, core), (firm, core)
        assert found["reachable_fen"] == oracle.reachable(firm, core)


def test_the_same_files_in_another_place_give_the_same_run(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    raw = economy(7)

    _, one = run_of(raw, tmp_path / "a")
    _, other = run_of(raw, tmp_path / "b")

    assert one.run == other.run
    for path in sorted(one.folder.rglob("*.*")):
        assert path.read_bytes() == (other.folder / path.relative_to(one.folder)).read_bytes()
