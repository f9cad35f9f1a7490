"""
What a run of the limits costs, and one document of it.

The economy stands on a ring: suppliers in five tiers and distributors in three sell and buy near
themselves, with heavy tails in amounts, so that chains overlap as they do where sectors cluster.
Versions are made in memory; what is timed is everything a run does with one: network, chains,
belonging, every firm closed once, leaves, limits, and the files.
"""

import datetime as dt
import random
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from app.books.ledger import AccountLedger, Moving, Plain, Reads, Reply
from app.chain.limits.compute import Computation, compute
from app.chain.limits.results import Results
from app.chain.limits.storage import save
from app.chain.receivables import tables as book_tables
from app.chain.runs.analyses import analyse
from app.chain.runs.applying import apply, changes
from app.chain.runs.snapshot import BookReader
from app.chain.runs.sources import RunSources, inputs_of, with_book
from app.chain.runs.totals import RunFrames, totals_of
from app.data.versions.networks import network_of_tables
from app.platform.clock import utc_now
from app.platform.records import Records, open_records
from app.policy import in_force, shipped
from graph.model import TABLES, Version, table
from tests.bench.figures import alone, beside, median_seconds, promise, record
from tests.oracles.inputs import REGISTERED

T = dt.date(2026, 6, 30)
POLICY = in_force(shipped(), T)
SIZES = {"demo": (100, 9_000), "large": (1_000, 100_000)}
PASS_SECONDS = {"demo": 2, "large": 15}
TARGET_GB = {"demo": 1, "large": 4}
SCRIPT = """
import sys
from pathlib import Path
from tests.bench.test_limits import run, sources
print(run(sources(int(sys.argv[1]), int(sys.argv[2])), Path(sys.argv[3])))
"""
UP_TIERS = (0.2, 0.25, 0.2, 0.13, 0.07)
DOWN_TIERS = (0.08, 0.05, 0.02)
RECEIVABLES_A_FIRM = 16
STATUS = ("open", "confirmed", "paid", "disputed", "financed")
STATUS_SHARES = (0.5, 0.2, 0.24, 0.03, 0.03)
THREADS = 2
Ints = npt.NDArray[np.int64]
Draw = np.random.Generator


def ids(cores: int, firms: int) -> npt.NDArray[np.str_]:
    return np.array([f"C{n:05d}" for n in range(cores)] + [f"F{n:06d}" for n in range(firms)])


def links(draw: Draw, cores: int, firms: int) -> tuple[Ints, Ints]:
    """Return suppliers and buyers: everybody trades with a few near him, one tier nearer."""
    place = np.concatenate([np.linspace(0, 1, cores), draw.random(firms)])
    kinds = np.arange(len(UP_TIERS) + len(DOWN_TIERS))
    kind = np.concatenate([np.full(cores, -1), draw.choice(kinds, firms, p=UP_TIERS + DOWN_TIERS)])
    ends = []
    for each in kinds:
        nearer = -1 if each in (0, len(UP_TIERS)) else each - 1
        own, others = np.flatnonzero(kind == each), np.flatnonzero(kind == nearer)
        others = others[np.argsort(place[others])]
        far = np.repeat(own, 1 + draw.poisson(1.6, len(own)))
        step = draw.geometric(0.35, len(far)) * draw.choice([-1, 1], len(far))
        near = others[(np.searchsorted(place[others], place[far]) + step) % len(others)]
        up = each < len(UP_TIERS)
        ends.append((far, near) if up else (near, far))
    suppliers, buyers = (np.concatenate(side) for side in zip(*ends, strict=True))
    pairs = np.unique(suppliers * (cores + firms) + buyers)
    return np.divmod(pairs, cores + firms)


def books(draw: Draw, names: npt.NDArray[np.str_], cores: int) -> dict[str, Any]:
    size = len(names)
    revenue = (np.exp(1.3 * draw.standard_normal(size)) * 3e9).astype(np.int64)
    revenue[:cores] *= 300
    stated = draw.random(size) < 0.5
    stated[:cores] = draw.random(cores) < 0.95
    columns: dict[str, Any] = {
        "firm": names,
        "name": names,
        "core": np.arange(size) < cores,
        "listed": np.ones(size, bool),
        "size": draw.choice(["large", "medium", "small", "micro"], size),
        "sector": draw.choice([f"S{n:02d}" for n in range(40)], size),
        "rating": draw.choice([f"R{n}" for n in range(1, 13)], size),
        "expected_growth": np.where(stated, 0.08, np.nan),
    }
    shares = {"revenue": 1.0, "cost": 0.8, "profit": 0.06, "inventory": 0.1, "receivable": 0.2}
    shares |= {"payable": 0.12, "prepaid": 0.03, "advances": 0.02, "own_funds": 0.01}
    shares |= {"working_capital_loans": 0.01, "cash": 0.1, "tangible_net_worth": 0.5}
    shares |= {"operating_cash_flow": 0.1, "short_debt": 0.1, "loans": 0.02}
    for name, share in shares.items():
        amount = pl.Series((revenue * share).astype(np.int64))
        columns[f"{name}_fen"] = amount.set(pl.Series(~stated), None)
    return columns


def receivables(draw: Draw, trades: pl.DataFrame, cores: int, count: int) -> dict[str, Any]:
    at = draw.integers(0, len(trades), count)
    rows = trades[at]
    issued = draw.integers(0, 300, count)
    word = draw.choice(STATUS, count, p=STATUS_SHARES)
    on_core = rows["buyer"].str.starts_with("C").to_numpy()
    day = np.datetime64(T)
    confirmed = np.where(
        on_core & (draw.random(count) < 0.6), day - issued + 5, np.datetime64("NaT")
    )
    share = np.exp(draw.standard_normal(count)) / 30
    return {
        "id": [f"A{n}" for n in range(count)],
        "number": [f"A{n}" for n in range(count)],
        "seller": rows["supplier"],
        "buyer": rows["buyer"],
        "amount_fen": (rows["amount_fen"].to_numpy() * share).astype(np.int64) + 1,
        "issued_on": day - issued,
        "due_on": day - issued + draw.integers(30, 180, count),
        "confirmed_on": confirmed,
        "paid_on": np.where(word == "paid", day - issued // 2, np.datetime64("NaT")),
        "status": word,
    }


def frame(name: str, columns: dict[str, Any]) -> Any:
    """Return the model's table with these columns, the others empty."""
    model = table(name)
    found = pl.DataFrame({c: columns[c] for c in model.columns if c in columns})
    missing = [pl.lit(None).alias(c) for c in model.columns if c not in columns]
    ordered = found.with_columns(missing).select(model.columns).sort(model.key)
    return ordered.fill_nan(None).to_arrow().cast(model.arrow)


def sources(cores: int, firms: int) -> RunSources:
    """Return a version of this size, the same for the same size."""
    draw = np.random.default_rng(11)
    names = ids(cores, firms)
    suppliers, buyers = links(draw, cores, firms)
    amount = (np.exp(1.4 * draw.standard_normal(len(suppliers))) * 2e8).astype(np.int64)
    trades = pl.DataFrame(
        {"supplier": names[suppliers], "buyer": names[buyers], "amount_fen": amount}
    )
    whole = {name: trades[name] for name in trades.columns} | {"blue_fen": amount}
    year = {"first_on": [T - dt.timedelta(days=360)] * len(trades), "last_on": [T] * len(trades)}
    zero = np.zeros(len(trades), np.int64)
    counts = {"red_fen": zero, "delivered_fen": zero, "count": zero + 12}
    tables = {name: table(name).arrow.empty_table() for name in TABLES}
    tables["firms"] = frame("firms", books(draw, names, cores))
    tables["trades"] = frame("trades", whole | year | counts)
    claims = receivables(draw, trades, cores, RECEIVABLES_A_FIRM * firms)
    tables["receivables"] = frame("receivables", claims)
    pairs = {"seller": trades["supplier"], "buyer": trades["buyer"]}
    return RunSources(
        version=Version(1, T, dt.datetime(2026, 7, 1, tzinfo=dt.UTC), len(names), len(trades)),
        tables=tables,
        recent=pl.DataFrame(pairs | {"total_fen": amount // 4}).sort("seller", "buyer"),
        delivered=pl.DataFrame(pairs | {"delivered_fen": amount // 8})[::2].sort("seller", "buyer"),
        registrations=pl.DataFrame(schema=REGISTERED),
    )


def run(version: RunSources, folder: Path) -> int:
    """Do everything that a run does with a version, and return how many limits it stored."""
    tables = version.tables
    network = network_of_tables(folder / "networks", 1, tables["firms"], tables["trades"])
    cores = np.flatnonzero(network.column("core").to_numpy(zero_copy_only=False))
    found = analyse(network, cores, POLICY, threads=THREADS)
    rows = tuple(int(row) for row in cores)
    inputs = inputs_of(version, found, rows, run="bench")
    outcome = compute(inputs, POLICY)
    save(outcome, inputs, POLICY, folder / "run", {})
    return len(outcome.members)


@pytest.mark.parametrize("size", SIZES)
def test_a_run(benchmark: BenchmarkFixture, size: str, tmp_path: Path) -> None:
    version = sources(*SIZES[size])
    run(sources(4, 100), tmp_path / "warm")  # So that no kernel is compiled while we measure.

    def fresh() -> tuple[tuple[RunSources, Path], dict[str, Any]]:
        shutil.rmtree(tmp_path / "bench", ignore_errors=True)
        return (version, tmp_path / "bench"), {}

    limits = benchmark.pedantic(run, setup=fresh, rounds=1)

    cores, firms = SIZES[size]
    what = f"limits of {cores:,} cores, {firms:,} firms"
    benchmark.extra_info |= {"cores": cores, "firms": firms, "limits": limits}
    seconds = median_seconds(benchmark)
    record(benchmark, what, seconds, unit="s")
    _, peak = alone(SCRIPT, str(cores), str(firms), tmp_path / "alone")
    promise(benchmark, f"{what}: peak memory", peak, unit="GB", at_most=TARGET_GB[size])


class Passes:
    """Passes over one version in memory and a book of its own, whose first event is a claim's."""

    def __init__(self, version: RunSources, folder: Path, records: Records) -> None:
        firms, trades = version.tables["firms"], version.tables["trades"]
        network = network_of_tables(folder / "networks", 1, firms, trades)
        rows = np.flatnonzero(network.column("core").to_numpy(zero_copy_only=False))
        found = analyse(network, rows, POLICY, threads=THREADS)
        self._inputs = inputs_of(version, found, tuple(int(row) for row in rows), run="bench")
        self.before = compute(self._inputs, POLICY).work
        self._folder = folder / "run"
        self._ledger, self._reader = AccountLedger(records, utc_now), BookReader(records)
        claims = pl.DataFrame(pl.from_arrow(version.tables["receivables"]))
        on_core = pl.col("buyer").str.starts_with("C") & (pl.col("status") == "open")
        self._claim = claims.filter(on_core).row(0, named=True)
        self._count = 0

    def confirm(self) -> None:
        """Hold in the book that a core has confirmed a claim, of another amount every time."""
        self._count += 1
        claim, days = self._claim, ("issued_on", "due_on")
        row = {"receivable": claim["number"], "number": claim["number"], "registry_id": None}
        row |= {"creditor": claim["seller"], "debtor": claim["buyer"], "before": "open"}
        row |= {name: claim[name].isoformat() for name in days} | {"voucher": None}
        row |= {"amount_fen": claim["amount_fen"] + self._count, "paid_fen": 0, "occupied_fen": 0}
        row |= {"state": "confirmed", "confirmed": 1, "here": 1}

        def work(moving: Moving) -> Reply:
            moving.record(
                "receivable.confirm", "receivable:bench", rows=[(book_tables.receivables, row)]
            )
            return Reply.of(200, {})

        self._ledger.ask(Plain(Reads(), work))

    def land(self, before: Computation | None) -> None:
        """Read the book, compute and save a run of it, and set the accounts."""
        shutil.rmtree(self._folder, ignore_errors=True)
        read = self._reader.read()
        handed = with_book(self._inputs, read.book, run="bench")
        outcome = compute(handed, POLICY, before)
        groups = pl.DataFrame(schema={"group": pl.String, "firm": pl.String})
        save(outcome, handed, POLICY, self._folder, {}, beside={"groups": groups})
        changed = changes(totals_of(RunFrames.open(self._folder)), read)
        apply(self._ledger, changed, {"run": "bench"}, read.head, first=lambda _: None)

    def confirmed(self) -> tuple[tuple[Computation], dict[str, Any]]:
        """Confirm; return what a pass is given that takes over what stays."""
        self.confirm()
        return (self.before,), {}

    def follow(self, before: Computation | None) -> None:
        """Confirm, and land what follows."""
        self.confirm()
        self.land(before)


@pytest.mark.parametrize("size", SIZES)
def test_a_pass_after_a_change(benchmark: BenchmarkFixture, size: str, tmp_path: Path) -> None:
    """A core confirms a receivable: the book read, a new run saved, accounts set; inputs known."""
    cores, firms = SIZES[size]
    with open_records(f"sqlite:///{tmp_path}/book.db") as records:
        passes = Passes(sources(cores, firms), tmp_path, records)
        passes.follow(None)  # It opens all accounts.
        benchmark.pedantic(passes.land, setup=passes.confirmed, rounds=3, warmup_rounds=1)

        what = f"limits after a change of the book, {cores:,} cores, {firms:,} firms"
        promise(benchmark, what, median_seconds(benchmark), unit="s", at_most=PASS_SECONDS[size])
        short, whole = beside(lambda: passes.follow(passes.before), lambda: passes.follow(None))
        record(benchmark, f"{what}: of one that takes nothing over", short / whole, unit="")


def test_one_document(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    run(sources(*SIZES["demo"]), tmp_path)
    results = Results(tmp_path / "run")
    draw = random.Random(5)
    asked = []
    for _ in range(500):
        core = draw.choice(results.cores)
        place = draw.choice(results.order(core))
        asked.append((core, results.members([place])[0].id))

    def read() -> None:
        for core, firm in asked:
            results.firm(core, firm)

    benchmark.pedantic(read, rounds=3, warmup_rounds=1)
    milliseconds = benchmark.stats.stats.median / len(asked) * 1000
    benchmark.extra_info["ms_a_document"] = round(milliseconds, 3)
