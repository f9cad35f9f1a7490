"""An import says the same whether all rows of a table are in memory at once or a few at a time."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from graph.model import TABLES
from graph.stores import open_store
from ingestion import process, spool
from ingestion.run import ingest
from ingestion.trial import TrialWishes, check
from tests.graph.effort import examples
from tests.ingestion.conftest import House
from tests.ingestion.sources import test_cases as cases

MIB = 2**20
ROOM = 300 * MIB  # All rows at once need more.
FEW_BYTES = 150  # One row or two.
CODES = ("", "91350100M000100Y43", "123456789012345678")
DAYS = (*("2026-01-05",) * 6, *("2026-02-06",) * 3, "2026-08-01", "x")
NAMES = (*("甲厂", "乙厂", "丙公司") * 2, "丁公司", "同上")
HEADS = {
    "invoices": "number,issued_on,seller_code,seller,buyer,amount_yuan,tax_yuan,goods,"
    "status,kind,currency,line_number",
    "orders": "number,placed_on,seller,buyer,amount_yuan,delivered_on,status",
    "receivables": "number,seller,buyer,amount_yuan,issued_on,due_on,status",
    "events": "firm,happened_on,kind,amount_yuan,source",
    "flows": "firm,happened_on,amount_yuan,counterparty,kind",
    "registrations": "number,pledgor,debtor,document,registered_on,status",
}
NUMBERS = (*("12345678", "A1", "A2", "A3", "A4") * 2, "A5", "")
MONEY = (*("1",) * 6, *("2",) * 3, "-2", "x")
# Rows that can be used whatever else is drawn: a table without any is refused.
ALWAYS = {
    "invoices": ["Z1,2026-01-05,,甲厂,乙厂,1,,,,,,"],
    "orders": ["Z1,2026-01-05,甲厂,乙厂,1,,"],
    "receivables": ["Z1,甲厂,乙厂,1,2026-01-05,2026-09-01,open"],
    "events": ["甲厂,2026-01-05,复评,,"],
    "flows": ["甲厂,2026-01-05,1,,trade"],
    "registrations": ["Z1,甲厂,,,2026-01-05,"],
}
CELLS: dict[str, dict[str, Sequence[str]]] = {
    "invoices": {"status": ("", "valid", "void"), "kind": ("", "red", "blue"),
        "currency": ("", "", "USD"), "line_number": ("", "1"), "goods": ("", "轴承"),
        "tax_yuan": ("", "0")},
    "orders": {"status": ("", "void"), "delivered_on": ("", "2026-01-01", "2026-03-01")},
    "receivables": {"status": ("open", "void"), "due_on": (*("2026-09-01",) * 4, "2020-01-01")},
    "events": {"kind": ("复评", "诉讼"), "source": ("", "法院")},
    "flows": {"kind": ("trade", "tax", "?")},
    "registrations": {"document": ("", "A1", "A2"), "status": ("", "live", "cancelled")},
}  # fmt: skip


def cells_of(table: str, column: str) -> Sequence[str]:
    if column in CELLS[table]:
        return CELLS[table][column]
    if column.endswith("_on"):
        return DAYS
    if column.endswith("_code"):
        return CODES
    return NUMBERS if column == "number" else MONEY if column == "amount_yuan" else NAMES


def rows_of(table: str) -> st.SearchStrategy[list[str]]:
    cells = [st.sampled_from(cells_of(table, column)) for column in HEADS[table].split(",")]
    return st.lists(st.tuples(*cells).map(",".join), min_size=4, max_size=20)


FILES = st.fixed_dictionaries({table: rows_of(table) for table in HEADS})
DESCRIBED = """
schema: 1
owner: risk@bank.example
checks: {set_aside_rows_free: 1000}
sets:
  rows: {files: 'a.*[.]csv', header: [号, 卖], keep: [{类: {not: [略]}}]}
tables:
- {table: invoices, from: rows, columns: {number: 号, issued_on: 日, seller: {name: 卖, code: 码},
   buyer: 买, amount: 额, goods: 货}}
- {table: orders, from: rows, keep: [{货: {blank: false}}], columns: {number: 号, placed_on: 日,
   seller: 卖, buyer: 买, amount: 额}}
- {table: firms, from: rows, columns: {name: 卖, uscc: 码, region: 货}}
"""
HEAD = "号,卖,码,买,日,额,货,类"
ROWS = st.lists(
    st.tuples(
        st.sampled_from(NUMBERS),
        st.sampled_from(NAMES),
        st.sampled_from(CODES),
        st.sampled_from(NAMES),
        st.sampled_from(DAYS),
        st.sampled_from(MONEY),
        st.sampled_from(("", "轴承", "齿轮")),
        st.sampled_from(("", "略")),
    ).map(",".join),
    min_size=6,
    max_size=20,
)


def lake_of(house: House) -> dict[str, Any]:
    """Return all that the lake says behind the version, whatever its parts are."""
    current = house.current
    if current is None:
        return {}
    firms = sorted(row["firm"] for row in house.rows("firms"))
    tables = [house.lake.events, house.lake.orders, house.lake.registrations]
    found: dict[str, Any] = {
        table.__name__: sorted(map(str, table(current.number).to_pylist())) for table in tables
    }
    for at, firm in enumerate(firms):
        for other in firms[at + 1 :]:
            rows = house.lake.invoices_of(current.number, firm, other).rows()
            found[f"{firm} {other}"] = sorted(map(str, rows))
    return found


def told_of(house: House, source: str, *, bound: int) -> dict[str, Any]:
    """Return all that a trial and an import of what lies in a source's inbox tell, and leave."""
    inbox = house.inbox / source
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(spool, "HELD_BYTES", bound)
        listing, facts = house.home / "tried.csv", house.home / "tried.jsonl"
        wishes = TrialWishes(facts=facts, issues=listing, changes=True)
        tried = check(source, [inbox], job=house.job, wishes=wishes).document
        try:
            taken = house.take(source, inbox)
            said = {**taken.document(), "issues": taken.issues.read_text(encoding="utf-8")}
        except ValueError as error:
            said = {"refused": str(error)}
    tables = {} if house.current is None else {name: house.rows(name) for name in TABLES}
    return {
        "tried": tried,
        "listing": listing.read_text(encoding="utf-8"),
        "facts": facts.read_text(encoding="utf-8"),
        "said": said,
        "tables": tables,
        "lake": lake_of(house),
    }


def both_ways(*deliveries: tuple[str, dict[str, str]]) -> None:
    """Say that deliveries of sources are told alike, rows all at once and a few at a time."""
    found: list[str] = []
    for bound in (spool.HELD_BYTES, FEW_BYTES):
        with ExitStack() as ends:
            folder = Path(ends.enter_context(tempfile.TemporaryDirectory()))
            home, inbox = folder / "home", folder / "inbox"
            home.mkdir(), inbox.mkdir()
            house = House(home, inbox, ends.enter_context(open_store(f"sqlite:///{home}/g.db")))
            (home / "sources").mkdir()
            (home / "sources" / "own.yml").write_text(DESCRIBED, encoding="utf-8")
            told = []
            for source, files in deliveries:
                (inbox / source).mkdir(exist_ok=True)
                for name, content in files.items():
                    house.write(f"{source}/{name}", content)
                told.append(told_of(house, source, bound=bound))
            found.append(str(told).replace(str(folder), ""))
    assert found[0] == found[1]


def described(rows: list[str]) -> dict[str, str]:
    return {"a.csv": "\n".join([HEAD, *rows, "Z1,甲厂,,乙厂,2026-01-05,1,轴承,"]) + "\n"}


def files_of(tables: dict[str, list[str]]) -> dict[str, str]:
    return {
        f"{table}.csv": "\n".join([HEADS[table], *rows, *ALWAYS[table]]) + "\n"
        for table, rows in tables.items()
    }


@pytest.mark.slow
@settings(max_examples=examples(4), deadline=None, phases=(Phase.generate,))
@given(first=FILES, second=FILES)
def test_tables_named_by_their_files_are_told_alike(
    first: dict[str, list[str]], second: dict[str, list[str]]
) -> None:
    both_ways(("files", files_of(first)), ("files", files_of(second)))


@settings(max_examples=examples(4), deadline=None, phases=(Phase.generate,))
@given(first=ROWS, second=ROWS)
def test_rows_that_give_several_facts_are_told_alike(first: list[str], second: list[str]) -> None:
    both_ways(("own", described(first)), ("own", described(second)))


@pytest.mark.slow
@settings(max_examples=examples(4), deadline=None, phases=(Phase.generate,))
@given(first=FILES, second=ROWS)
def test_what_two_sources_tell_is_told_alike(
    first: dict[str, list[str]], second: list[str]
) -> None:
    both_ways(("files", files_of(first)), ("own", described(second)))


@pytest.mark.slow
@pytest.mark.parametrize("name", cases.NAMES)
def test_a_shipped_format_is_told_alike(tmp_path: Path, name: str) -> None:
    found = []
    for bound in (spool.HELD_BYTES, FEW_BYTES):
        home = tmp_path / str(bound)
        home.mkdir()
        with open_store(f"sqlite:///{home}/g.db") as store, pytest.MonkeyPatch.context() as patched:
            patched.setattr(spool, "HELD_BYTES", bound)
            paths, job = cases.ready(House(home, home, store), name)
            wishes = TrialWishes(facts=home / "facts.jsonl", issues=home / "told.csv", changes=True)
            told = check(name, paths, job=job, wishes=wishes).document
            said = ingest(name, paths, job=job).document()
            tables = {table: store.reader().columns(table).to_pylist() for table in TABLES}
            written = [(home / each).read_bytes() for each in ("facts.jsonl", "told.csv")]
        found.append(str([told, said, tables, written]).replace(str(home), ""))
    assert found[0] == found[1]


IN_LITTLE_MEMORY = """
import datetime as dt, re, resource, sys
from pathlib import Path
from graph.stores import open_store
from ingestion import spool
from ingestion.run import ImportJob, ingest

home, path, held = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
spool.HELD_BYTES = held
with open_store(f"sqlite:///{home}/graph.db") as store:
    there = int(re.search(r"VmData:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) * 1024
    room = there + int(sys.argv[4])
    resource.setrlimit(resource.RLIMIT_DATA, (room, room))
    said = ingest("files", [path], job=ImportJob(store, home, dt.datetime.now(dt.UTC)))
print(said.rows, said.used, dict(said.set_aside))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="memory is bounded by Linux")
def test_a_delivery_larger_than_its_memory_is_imported(tmp_path: Path) -> None:
    count, again = 1_000_000, 10_000
    rows = pl.DataFrame({"number": np.arange(count)}).with_columns(
        issued_on=pl.lit("2026-01-05"),
        seller=pl.format("零件{}厂", pl.col("number") % 97),
        buyer=pl.format("整机{}公司", pl.col("number") % 89),
        amount_yuan=pl.col("number") % 1000 + 1,
        goods=pl.format("轴承{}", pl.col("number")),
    )
    path = tmp_path / "invoices.csv"
    pl.concat([rows, rows.head(again)]).write_csv(path)

    done = subprocess.run(
        [sys.executable, "-c", IN_LITTLE_MEMORY, tmp_path, path, str(8 * MIB), str(ROOM)],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
        env={**process.FRUGAL, **os.environ},
    )

    assert done.stdout == f"{count + again} {count} {{'duplicate': {again}}}\n", done.stderr
