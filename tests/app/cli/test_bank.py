"""The demo's bank at work: by its services, day after day, and the book proves itself."""

import datetime as dt
from collections.abc import Iterator

import pytest

from app.books.business_day import business_day
from app.books.ledger.proof import verify
from app.chain.runs.refreshing import refresh_version
from app.cli.bank import BankLife, live, live_once
from app.platform.config import Settings
from app.platform.console.progress import quietly
from app.platform.deps import Resources, open_resources
from ingestion.demo.economy import Plan, make
from ingestion.run import ImportJob, ingest
from tests.app.conftest import NOW

DAYS = 25


@pytest.fixture(scope="module")
def resources(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Resources]:
    """A demo economy with its limits and accounts."""
    home = tmp_path_factory.mktemp("bank")
    make(home / "files", Plan(cores=4, firms=80, months=12), progress=lambda _: None)
    with open_resources(Settings(home=home / "home"), now=lambda: NOW) as resources:
        job = ImportJob(resources.store, home / "home", NOW, lambda *_: None)
        ingest("demo", [home / "files"], job=job)
        refresh_version(resources, None, progress=quietly)
        yield resources


@pytest.fixture(scope="module")
def life(resources: Resources) -> BankLife:
    before = business_day(resources)
    life = live(resources, days=DAYS)
    assert business_day(resources) == before + dt.timedelta(days=DAYS)
    return life


@pytest.mark.slow
@pytest.mark.xdist_group("bank")
def test_people_have_done_of_everything_by_the_services(life: BankLife) -> None:
    acts = {"confirm", "dispute", "issue", "accept", "split", "pass", "reserve"}

    assert acts - set(life.done) == set()


@pytest.mark.slow
@pytest.mark.xdist_group("bank")
def test_the_book_holds_and_has_lived_once(life: BankLife, resources: Resources) -> None:
    assert sum(life.done.values()) > DAYS
    refresh_version(resources, None, progress=quietly)  # Documents get accounts, some lose them.
    proof = verify(resources.records)
    assert proof.ok, proof.difference
    assert live_once(resources) is None
