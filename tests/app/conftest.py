"""
A small economy, ingested and refreshed once, and the service over a copy of it.

`client` is a service of the test's own, over a copy of a folder that a process makes once: all of
it is begun and ended in a tenth of a second, so that no test needs to share one. What costs time is
a folder that is made anew: begin with a copy of `kept_home` or `kept_groups`, or where nothing is
published yet of `kept_records`, in which the tables are made.
"""

import datetime as dt
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog
from anyio.from_thread import start_blocking_portal
from fastapi.testclient import TestClient

from app.chain.runs.refreshing import refresh_version
from app.main import create_app
from app.platform.auth import users
from app.platform.auth.principals import Role
from app.platform.auth.tokens import issue
from app.platform.config import Settings
from app.platform.deps import open_resources
from ingestion.run import ImportJob, ingest
from tests.app.computing import Here
from tests.app.economy import write_files
from tests.app.grouped import small_bank, write_grouped
from tests.app.logins import least_hasher
from tests.app.migrated import migrated_once
from tests.app.under_lock import orders_held_to_the_book

NOW = dt.datetime(2026, 7, 15, 9, tzinfo=dt.UTC)
NEW_INVOICE = (  # Of firms of the small economy, which it does not hold.
    "number,issued_on,seller,buyer,amount_yuan,tax_yuan,total_yuan,status,kind,goods\n"
    "N1,2026-07-10,ORE,CORE2,100000,13000,113000,valid,blue,石\n"
)


@pytest.fixture(scope="session", autouse=True)
def loop_of_clients() -> Iterator[None]:
    """Give clients of applications that are not begun one loop: one a request costs thrice that."""
    with pytest.MonkeyPatch.context() as patch, start_blocking_portal() as portal:
        patch.setattr(TestClient, "portal", portal)
        yield


@pytest.fixture(scope="session", autouse=True)
def cheap_passwords() -> Iterator[None]:
    """Hash passwords at next to no cost; `test_access.py` holds the service to a dear hash."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(users, "_hasher", least_hasher)
        yield


@pytest.fixture(scope="session", autouse=True)
def tables_made_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Run the migrations of the records database for the first that is opened empty."""
    with migrated_once(tmp_path_factory.mktemp("migrated") / "records.db"):
        yield


@pytest.fixture(scope="session", autouse=True)
def plain_logs() -> Iterator[None]:
    """Write logs as a service does: coloured, with all that each function knew, they cost dear."""
    configured = structlog.get_config()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ]
    )
    yield
    structlog.configure(**configured)


@pytest.fixture(scope="session", autouse=True)
def orders_alone_with_the_book() -> Iterator[None]:
    """Fail every order of every test that reaches for more than the book under its lock."""
    with orders_held_to_the_book():
        yield


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.moment = NOW

    def __call__(self) -> dt.datetime:
        return self.moment


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def kept_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("service") / "home"
    files = write_files(home.parent / "files")
    with open_resources(Settings(home=home), now=lambda: NOW) as resources:
        job = ImportJob(resources.store, home, NOW, lambda *_: None, as_of=dt.date(2026, 6, 30))
        ingest("files", [files], job=job)
        refresh_version(resources, None, progress=lambda *_: None)
    return home


@pytest.fixture(scope="session")
def kept_groups(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Return where the small economy with owners is refreshed; one process makes it (a group)."""
    place = tmp_path_factory.mktemp("groups")
    settings = Settings(home=place / "home", policy=small_bank(place / "policy"))
    files = write_grouped(place / "files")
    with open_resources(settings, now=lambda: NOW) as resources:
        home = resources.home
        job = ImportJob(resources.store, home, NOW, lambda *_: None, as_of=dt.date(2026, 6, 30))
        ingest("files", [files], job=job)
        refresh_version(resources, None, progress=lambda *_: None)
    return settings


@pytest.fixture(scope="session")
def kept_records(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a records database (SQLite) that has its tables and nothing in them."""
    home = tmp_path_factory.mktemp("records") / "home"
    with open_resources(Settings(home=home), now=lambda: NOW) as resources:
        resources.records  # noqa: B018  # Opened on first use.
    return home


@pytest.fixture
def home(kept_home: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(kept_home, tmp_path / "home"))


@pytest.fixture
def settings(home: Path) -> Settings:
    return Settings(home=home)


@pytest.fixture
def client(settings: Settings) -> Iterator[TestClient]:
    app = create_app(settings, now=lambda: NOW, computer=Here)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


Bearer = Callable[..., dict[str, str]]


@pytest.fixture
def bearer(settings: Settings) -> Bearer:
    """Return a function that gives the headers of a role's token."""

    def headers(role: Role, firm: str | None = None) -> dict[str, str]:
        with open_resources(settings, now=lambda: NOW) as resources:
            key = settings.signing_key()
            token = issue(resources.records, key, role=role, firm=firm, days=1, now=NOW)
        return {"Authorization": f"Bearer {token}"}

    return headers
