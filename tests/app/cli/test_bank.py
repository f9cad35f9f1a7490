"""The demo's bank at work: by its services, day after day, and the book proves itself."""

import datetime as dt
import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.books.business_day import business_day
from app.books.ledger.proof import verify
from app.chain.runs.refreshing import refresh_version
from app.cli.bank import BankLife, live, live_once
from app.cli.logins import demo_logins
from app.cli.people import seeded_names
from app.lending.contracts.signing import Ed25519Signer, KeyPair
from app.lending.decisions.service import replay_all
from app.lending.servicing import service as loans
from app.lending.servicing.repository import WantedLoans
from app.lending.servicing.tables import loan_documents
from app.platform.auth.sight import EVERYTHING
from app.platform.config import Settings
from app.platform.console.progress import quietly
from app.platform.deps import Resources, open_resources
from app.platform.events.tables import head
from ingestion.demo.economy import Plan, make
from ingestion.demo.economy.writing import FIRST
from ingestion.run import ImportJob, ingest
from tests.app.conftest import NOW
from tests.conftest import emptied

DAYS, FEW = 30, 3
OPENED = dt.date(2025, 5, 31)


class SeededKeys:
    """Signs with keys that are the same in every run."""

    def __init__(self) -> None:
        self._chance = random.Random(5)

    def make(self) -> KeyPair:
        """Return the next key."""
        raw = self._chance.randbytes(32)
        public = Ed25519PrivateKey.from_private_bytes(raw).public_key().public_bytes_raw()
        return KeyPair(public.hex(), raw.hex())

    def opened(self, pair: KeyPair) -> Ed25519Signer:
        """Return who signs with a key."""
        return Ed25519Signer(Ed25519PrivateKey.from_private_bytes(bytes.fromhex(pair.sealed)))


@contextmanager
def opened(home: Path, **settings: str) -> Iterator[Resources]:
    """Yield what a process opens, all chance in it seeded."""
    given = Settings(home=home, **settings)
    with open_resources(given, now=lambda: NOW, names=seeded_names()) as found:
        found.once("signing", SeededKeys)
        yield found


def prepare(resources: Resources, files: Path, plan: Plan, *, a_year_before: bool) -> None:
    """Import a demo economy and compute its limits; the books may be opened a year before."""
    make(files, plan, progress=lambda _: None)
    home = resources.home
    if a_year_before:
        job = ImportJob(resources.store, home, NOW, lambda *_: None, as_of=OPENED)
        ingest("demo", [files / FIRST], job=job)
    ingest("demo", [files], job=ImportJob(resources.store, home, NOW, lambda *_: None))
    refresh_version(resources, None, progress=quietly)


def replayed(resources: Resources) -> tuple[int, list[str]]:
    """Return how many decisions there are, and those that do not come out the same again."""
    found = replay_all(resources, quietly)
    return found["decisions"], [each["decision"] for each in found["differing"]]


@pytest.fixture
def homes(tmp_path: Path) -> list[Path]:
    """Two folders of the same small economy."""
    first, second = tmp_path / "first", tmp_path / "second"
    with opened(first) as resources:
        plan = Plan(cores=2, firms=40, months=6)
        prepare(resources, tmp_path / "files", plan, a_year_before=False)
    shutil.copytree(first, second)
    return [first, second]


def test_the_same_seed_gives_the_same_bytes_and_every_decision_holds(homes: list[Path]) -> None:
    heads = []
    for home in homes:
        with opened(home) as resources:
            life = live(resources, days=FEW)
            with resources.records.reading() as connection:
                heads.append(connection.execute(sa.select(head)).one())
    with opened(homes[0]) as resources:
        count, differ = replayed(resources)
        proof = verify(resources.records)

    assert heads[0] == heads[1]
    assert (count, differ, proof.ok) == (life.outcomes.total(), [], True)
    assert count > 0


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def year(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Resources, BankLife]]:
    """A bank that has lent for more than a year, on each store of records."""
    home = tmp_path_factory.mktemp("year") / "home"
    of_records = {}
    if request.param == "postgresql":
        of_records["records_url"] = emptied(request.getfixturevalue("postgres_url"))
    with opened(home, **of_records) as resources:
        plan = Plan(cores=4, firms=80, months=24)
        prepare(resources, home.parent / "files", plan, a_year_before=True)
        assert business_day(resources) == OPENED
        life = live(resources, days=DAYS)
        assert business_day(resources) == plan.end + dt.timedelta(days=DAYS)
        refresh_version(resources, None, progress=quietly)
        yield resources, life


@pytest.mark.slow
@pytest.mark.xdist_group("bank")
class TestYear:
    """A year in which little happens, then days on which everybody is at work."""

    def test_people_have_done_of_everything_by_the_services(
        self, year: tuple[Resources, BankLife]
    ) -> None:
        _, life = year
        papers = {"confirm", "dispute", "issue", "accept", "split", "pass", "reserve"}
        asked = {"ask", "recommend", "decide", "withdraw", "accept an offer", "sign", "draw"}
        paid = {"repay", "prepay", "restructure", "take back", "write off", "recover"}

        assert (papers | asked | paid) - set(life.done) == set()
        assert set(life.outcomes) == {"approved", "declined", "referred"}

    def test_there_are_loans_of_each_state_and_class(
        self, year: tuple[Resources, BankLife]
    ) -> None:
        resources, _ = year
        found = loans.listed(resources, WantedLoans(), EVERYTHING, after="", size=1_000)

        states = {"active", "repaid", "overdue", "defaulted", "restructured", "written_off"}
        assert {each["state"] for each in found} == states
        classes = {"normal", "special_mention", "substandard", "doubtful", "loss"}
        assert {each["class"] for each in found if each["outstanding_fen"]} >= classes

    def test_money_is_lent_on_receivables_and_vouchers(
        self, year: tuple[Resources, BankLife]
    ) -> None:
        resources, _ = year
        own = loan_documents.c
        with resources.records.reading() as connection:
            rows = connection.execute(sa.select(own.document, own.state)).all()

        assert {name.partition(":")[0] for name, _ in rows} == {"receivable", "voucher"}
        assert "lent" in {state for _, state in rows}

    def test_the_book_and_every_decision_hold_and_it_has_lived_once(
        self, year: tuple[Resources, BankLife]
    ) -> None:
        resources, life = year
        count, differ = replayed(resources)
        proof = verify(resources.records)

        assert (proof.ok, proof.difference, differ) == (True, None, [])
        assert count >= life.done["ask"] > DAYS
        assert live_once(resources) is None

    def test_who_may_sign_in_has_something_to_see(self, year: tuple[Resources, BankLife]) -> None:
        resources, _ = year
        logins = demo_logins(resources)

        shown = [each.shows.partition(" · ")[2] for each in logins if each.role == "supplier"]
        assert [words.partition(",")[0] for words in shown] == [
            "an offer that waits to be accepted",
            "a loan that is due this week",
            "declined",
            *("third tier", "second tier", "first tier"),
        ]
        assert all(each.shows for each in logins)
