"""A home with a store, and a way to write small files and import them."""

import csv
import datetime as dt
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from graph.model import Version
from graph.stores import Store, open_store
from ingestion.lake import Lake
from ingestion.run import ImportJob, ImportOutcome, ingest

NOW = dt.datetime(2026, 7, 1, 9, 0, tzinfo=dt.UTC)
FIRMS = (
    "firm,name,core\n"
    "C1,云栖整机股份有限公司,true\nS1,东湖零件有限公司,false\nS2,西岭材料有限公司,\n"
)
INVOICES = (
    "number,issued_on,seller,buyer,amount_yuan,tax_yuan,total_yuan,status\n"
    "1001,2026-01-05,S1,C1,1000.00,130.00,1130.00,valid\n"
    "1002,2026/2/6,S1,C1,250.5,32.57,283.07,valid\n"
    "1003,2026-03-07,S2,S1,80,10.4,90.4,valid\n"
)


@dataclass
class House:
    """A data folder with a store, and an inbox for files."""

    home: Path
    inbox: Path
    store: Store
    job: ImportJob = field(init=False)

    def __post_init__(self) -> None:
        self.job = ImportJob(store=self.store, home=self.home, now=NOW)

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.inbox / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def take(self, source: str = "files", *paths: Path, **options: Any) -> ImportOutcome:
        return ingest(source, paths or [self.inbox], job=replace(self.job, **options))

    @property
    def lake(self) -> Lake:
        return Lake(self.home / "lake")

    @property
    def current(self) -> Version | None:
        return self.store.current()

    def rows(self, table: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.store.reader().columns(table).to_pylist()
        return found

    def trades(self) -> dict[tuple[str, str], int]:
        return {(r["supplier"], r["buyer"]): r["amount_fen"] for r in self.rows("trades")}


def issues(outcome: ImportOutcome) -> list[dict[str, str]]:
    with outcome.issues.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@contextmanager
def opened(place: Path) -> Iterator[House]:
    """Yield the house whose home and inbox lie in a folder."""
    home, inbox = place / "home", place / "inbox"
    for each in (home, inbox):
        each.mkdir(exist_ok=True)
    with open_store(f"sqlite:///{home}/graph.db") as store:
        yield House(home, inbox, store)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(tmp_path) as house:
        yield house


@pytest.fixture(scope="session")
def kept_stock(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where a home and an inbox are kept with the small files imported."""
    place = tmp_path_factory.mktemp("stocked")
    with opened(place) as house:
        house.write("firms.csv", FIRMS)
        house.write("invoices.csv", INVOICES)
        house.take()
    return place


@pytest.fixture
def stocked(kept_stock: Path, tmp_path: Path) -> Iterator[House]:
    for name in ("home", "inbox"):
        shutil.copytree(kept_stock / name, tmp_path / name)
    with opened(tmp_path) as house:
        yield house


@pytest.fixture
def told() -> Callable[[ImportOutcome], list[dict[str, str]]]:
    return issues


def table(header: Sequence[str], rows: Sequence[Mapping[str, object]]) -> str:
    lines = [",".join(header)]
    lines += [",".join(str(row.get(name, "")) for name in header) for row in rows]
    return "\n".join(lines) + "\n"
