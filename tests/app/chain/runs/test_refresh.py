"""Runs over a stored version: what names them, what they read, how they are kept."""

import dataclasses
import datetime as dt
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from app.chain.limits.book import Book, Frozen
from app.chain.limits.results import Results
from app.chain.runs import rows
from app.chain.runs.analyses import Analyses, analyse
from app.chain.runs.code import code_name
from app.chain.runs.contagion import prepared
from app.chain.runs.rows import RunStores, RunTerms, rows_of
from app.chain.runs.service import refresh, run_name
from app.chain.runs.sources import RunSources, delivered, read_sources
from app.data.versions.networks import network_of_tables
from app.policy import in_force, load_policies, shipped
from graph.errors import InvalidInput, NotFound
from graph.model import Version
from graph.network import Network
from graph.stores import Store, open_store
from graph.testing.networks import toy
from ingestion.lake import Lake
from tests.app.chain.limits.test_laws import changed
from tests.app.conftest import NOW

T = dt.date(2026, 6, 30)
POLICY = in_force(shipped(), T)
TERMS = RunTerms(POLICY, ["CORE1", "CORE2"], "code")


@pytest.fixture
def store(home: Path) -> Iterator[Store]:
    with open_store(f"sqlite:///{home / 'graph.db'}") as opened:
        yield opened


@pytest.fixture
def place(home: Path, store: Store) -> RunStores:
    return RunStores(store.reader(), Lake(home / "lake"), home)


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_run_is_found_again_and_computed_anew_to_the_same_bytes(place: RunStores) -> None:
    first = refresh(place, TERMS)
    before = files(first.folder)
    again = refresh(place, TERMS)
    for path in sorted(first.folder.rglob("*.*")):
        path.unlink()
    for folder in (first.folder / "policy", first.folder):
        folder.rmdir()

    anew = refresh(place, dataclasses.replace(TERMS, cores=["CORE2", "CORE1"]))

    assert (first.fresh, again.fresh, anew.fresh) == (True, False, True)
    assert first.run == again.run == anew.run
    assert files(anew.folder) == before


@pytest.mark.parametrize(
    "other",
    [
        dataclasses.replace(TERMS, code="newer"),
        dataclasses.replace(TERMS, cores=["CORE1"]),
        dataclasses.replace(TERMS, book=Book(7)),
        dataclasses.replace(TERMS, book=Book(day=T + dt.timedelta(days=1))),
        dataclasses.replace(TERMS, policy=dataclasses.replace(POLICY, version="other")),
    ],
)
def test_what_figures_depend_on_names_the_run(place: RunStores, other: RunTerms) -> None:
    assert run_name(rows_of(place, other), other) != run_name(rows_of(place, TERMS), TERMS)


def test_what_is_frozen_of_a_core_takes_from_the_room(place: RunStores, tmp_path: Path) -> None:
    raw = POLICY.raw.decode().replace("tenor_days:\n    value: 90", "tenor_days:\n    value: 900")
    (tmp_path / "wide.yml").write_text(raw, encoding="utf-8")
    wide = dataclasses.replace(TERMS, policy=load_policies(tmp_path)[0])
    held = dataclasses.replace(wide, book=Book(5, frozen={"CORE1": Frozen(777, 4)}))

    free = Results(refresh(place, wide).folder).facility("CORE1")
    taken = Results(refresh(place, held).folder).facility("CORE1")

    assert free is not None
    assert taken is not None
    assert taken["reserved_fen"] == 777
    assert taken["available_fen"] == free["available_fen"] - 777
    assert taken["limit_fen"] == free["limit_fen"]


def analysed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that grows with every time the analyses are run."""
    times: list[int] = []

    def counted(*given: object, **named: object) -> Analyses:
        times.append(1)
        return analyse(*given, **named)  # type: ignore[arg-type]  # passed on as they are

    monkeypatch.setattr(rows, "analyse", counted)
    return times


def test_a_run_after_a_change_of_the_book_does_not_analyse_again_and_is_as_a_full_one(
    place: RunStores, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = dataclasses.replace(TERMS, book=Book(9, frozen={"CORE1": Frozen(777, 9)}))
    times = analysed(monkeypatch)
    refresh(place, TERMS)
    rows.KEPT.clear()  # As another process would begin.
    by_stored = refresh(place, later)
    in_memory = refresh(place, dataclasses.replace(later, book=Book(10)))
    assert len(times) == 1

    kept = {each.run: files(each.folder) for each in (by_stored, in_memory)}
    rows.KEPT.clear()
    shutil.rmtree(place.home / "runs")
    full = refresh(place, later)
    again = refresh(place, dataclasses.replace(later, book=Book(10)))

    assert {each.run: files(each.folder) for each in (full, again)} == kept


def test_without_a_core_there_is_nothing_to_run(place: RunStores) -> None:
    with pytest.raises(InvalidInput, match="no core enterprise"):
        refresh(place, dataclasses.replace(TERMS, cores=[]))


def test_a_core_that_is_no_firm_is_not_found(place: RunStores) -> None:
    with pytest.raises(NotFound, match="NOBODY"):
        refresh(place, dataclasses.replace(TERMS, cores=["NOBODY"]))


def test_steps_are_told_in_order(place: RunStores, home: Path) -> None:
    told: list[tuple[str, float]] = []
    loud = dataclasses.replace(place, progress=lambda step, share: told.append((step, share)))

    refresh(loud, dataclasses.replace(TERMS, code="told"))

    assert [step for step, _ in told] == ["read", "network", "analyses", "limits", "store", "done"]
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert list((home / "runs").glob(".*")) == []


def test_two_at_once_leave_one_whole_run(place: RunStores, home: Path) -> None:
    both = dataclasses.replace(TERMS, code="twice")

    def once(_: int) -> str:
        with open_store(f"sqlite:///{home / 'graph.db'}") as own:
            return refresh(RunStores(own.reader(), Lake(home / "lake"), home), both).run

    with ThreadPoolExecutor(2) as pool:
        names = set(pool.map(once, range(2)))

    assert len(names) == 1
    assert Results(home / "runs" / names.pop()).cores == ["CORE1", "CORE2"]
    assert list((home / "runs").glob(".*")) == []


def test_equal_rows_have_equal_prints_however_they_are_held(place: RunStores) -> None:
    sources = read_sources(place.reader, place.lake, POLICY)
    pieces = {
        name: pa.concat_tables([rows.slice(0, 1), rows.slice(1)])
        for name, rows in sources.tables.items()
    }
    firms = sources.tables["firms"]
    names = firms.set_column(1, firms.schema.field(1), firms["name"].slice(0).combine_chunks())
    other = pa.array([f"{name} " for name in firms["name"].to_pylist()])
    changed_names = firms.set_column(1, firms.schema.field(1), other)

    prints = [
        dataclasses.replace(sources, tables=tables).fingerprint()
        for tables in (
            sources.tables,
            pieces,
            {**sources.tables, "firms": names},
            {**sources.tables, "firms": changed_names},
        )
    ]

    assert prints[0] == prints[1] == prints[2] != prints[3]


def test_text_that_moves_between_rows_changes_the_print(place: RunStores) -> None:
    sources = read_sources(place.reader, place.lake, POLICY)

    def named(first: str, second: str) -> str:
        recent = pl.DataFrame({"seller": [first, second]})
        return dataclasses.replace(sources, recent=recent).fingerprint()

    assert named("ab", "c") != named("a", "bc")


def test_a_network_of_another_store_is_built_again(place: RunStores, home: Path) -> None:
    toy({("x", "y"): 5}).save(home / "networks" / "1")
    firms, trades = (place.reader.columns(name) for name in ("firms", "trades"))

    network = network_of_tables(home / "networks", 1, firms, trades)

    assert list(network.ids) == firms["firm"].to_pylist()
    assert network_of_tables(home / "networks", 1, firms, trades).out_amount_fen.sum() > 0


def test_orders_count_from_their_delivery_within_the_year() -> None:
    days = [T, T - dt.timedelta(days=364), T - dt.timedelta(days=365), T + dt.timedelta(days=1)]
    orders = pl.DataFrame(
        {"seller": "S", "buyer": "B", "amount_fen": [1, 10, 100, 1000], "delivered_on": days}
    )

    found = delivered(orders, Version(1, T, NOW, 2, 1))

    assert found.to_dicts() == [{"seller": "S", "buyer": "B", "delivered_fen": 11}]


def test_windows_are_those_of_the_policy(place: RunStores) -> None:
    def totals(days: int) -> int:
        policy = changed(POLICY, open_days=days)
        sources: RunSources = read_sources(place.reader, place.lake, policy)
        return int(sources.recent["total_fen"].sum())

    # One invoice a month on the 15th: the last of them 15 days before the end of June.
    assert totals(15) == 0
    assert 0 < totals(16) < totals(47) < totals(90)


def test_the_method_must_be_known() -> None:
    network = toy({("a", "b"): 5})
    other = changed(POLICY, **{"contagion.method": "guess"})

    with pytest.raises(InvalidInput, match=r"contagion\.method must be 'rounds'"):
        prepared(network, other)


def test_stated_revenue_softens_losses_only_where_the_policy_says_so() -> None:
    firms = pa.table({"firm": ["a", "b"], "revenue_fen": [10, None], "cost_fen": [None, 20]})
    trades = pa.table({"supplier": ["a"], "buyer": ["b"], "amount_fen": [5]})
    network = Network.build(firms, trades)
    tight = changed(POLICY, **{"contagion.statement_denominators": False})

    def lost(policy: object) -> list[Decimal]:
        rows = analyse(network, np.array([0, 1]), policy, threads=1).partner_losses
        return [Decimal(loss).scaleb(-12) for loss in rows["loss_e12"]]

    assert lost(POLICY) == [Decimal("0.25"), Decimal("0.5")]
    assert lost(tight) == [1, 1]


def test_every_trade_keeps_what_either_end_loses() -> None:
    network = toy({("a", "b"): 5, ("b", "c"): 3, ("d", "c"): 2})

    rows = analyse(network, np.array([2]), POLICY, threads=2).partner_losses

    pairs = {(network.ids[closed], network.ids[firm]) for closed, firm, _ in rows.iter_rows()}
    assert pairs <= {("a", "b"), ("b", "a"), ("b", "c"), ("c", "b"), ("d", "c"), ("c", "d")}
    assert {("c", "b"), ("c", "d"), ("b", "a")} <= pairs


def test_the_code_is_named_by_release_and_sources() -> None:
    release, _, digest = code_name().partition("+")

    assert release
    assert len(digest) == 12
    assert code_name() == code_name()
