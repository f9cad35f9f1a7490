"""The economy of `economy.py` served, and answers by reader."""

import datetime as dt
import functools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from httpx import Response

from app.chain.runs.refreshing import refresh_version
from app.main import create_app
from app.platform.auth.principals import Role
from app.platform.auth.tokens import issue
from app.platform.config import Settings
from app.platform.deps import open_resources
from ingestion.run import ImportJob, ingest
from tests.app.sight.economy import write_files

NOW = dt.datetime(2026, 7, 15, 9, tzinfo=dt.UTC)
Reader = tuple[Role, str | None]
Get = Callable[..., Response]
Bearer = Callable[[Reader], dict[str, str]]


@pytest.fixture(scope="session")
def sight_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("sight") / "home"
    files = write_files(home.parent / "files")
    with open_resources(Settings(home=home), now=lambda: NOW) as resources:
        job = ImportJob(resources.store, home, NOW, lambda *_: None, as_of=dt.date(2026, 6, 30))
        ingest("files", [files], job=job)
        refresh_version(resources, None, progress=lambda *_: None)
    return home


@pytest.fixture(scope="session")
def served(sight_home: Path) -> Iterator[TestClient]:
    app = create_app(Settings(home=sight_home), now=lambda: NOW)
    with TestClient(app, raise_server_exceptions=False, follow_redirects=False) as client:
        yield client


@pytest.fixture(scope="session")
def bearer_of(served: TestClient) -> Bearer:
    """Return a function that gives the header of somebody's token; everybody has one."""
    resources = served.app.state.resources  # type: ignore[attr-defined]

    @functools.cache
    def bearer_of(who: Reader) -> dict[str, str]:
        role, firm = who
        key = resources.settings.signing_key()
        token = issue(resources.records, key, role=role, firm=firm, days=1, now=NOW)
        return {"Authorization": f"Bearer {token}"}

    return bearer_of


@pytest.fixture(scope="session")
def get(served: TestClient, bearer_of: Bearer) -> Get:
    """Return a function that reads a path as somebody: role and firm, path, further headers."""

    def get(who: Reader, path: str, method: str = "GET", **headers: str) -> Response:
        said = {name.replace("_", "-"): value for name, value in headers.items()}
        return served.request(method, path, headers=bearer_of(who) | said)

    return get
