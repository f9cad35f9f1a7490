"""What tests of documents share."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.main import create_app
from app.platform.auth.principals import Role
from app.platform.auth.tokens import issue
from app.platform.config import Settings
from tests.app.chain.asking import Bearer, Desk
from tests.app.computing import Here
from tests.app.conftest import NOW, Clock


@pytest.fixture
def desk(client: TestClient, bearer: Bearer) -> Desk:
    return Desk(client, bearer)


@pytest.fixture(scope="module")
def kept_clock() -> Clock:
    """Return the clock of the service that the tests of a file share."""
    return Clock()


@pytest.fixture(scope="module")
def kept_desk(
    kept_home: Path, kept_clock: Clock, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Desk]:
    """Return a service that the tests of a file share: each makes what it asks of its own."""
    home = shutil.copytree(kept_home, tmp_path_factory.mktemp("desk") / "home")
    settings = Settings(home=home)
    app = create_app(settings, now=kept_clock, computer=Here)
    with TestClient(app, raise_server_exceptions=False) as client:
        records, key = app.state.resources.records, settings.signing_key()

        def headers(role: Role, firm: str | None = None) -> dict[str, str]:
            token = issue(records, key, role=role, firm=firm, days=1, now=NOW)
            return {"Authorization": f"Bearer {token}"}

        yield Desk(client, headers)
