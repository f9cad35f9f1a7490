"""The service over the small economy with owners, at a small bank."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.main import create_app
from app.platform.config import Settings
from tests.app.computing import Here
from tests.app.conftest import NOW


@pytest.fixture
def settings(kept_groups: Settings, tmp_path: Path) -> Settings:
    home = Path(shutil.copytree(kept_groups.home, tmp_path / "home"))
    return Settings(home=home, policy=kept_groups.policy)


@pytest.fixture
def client(settings: Settings) -> Iterator[TestClient]:
    app = create_app(settings, now=lambda: NOW, computer=Here)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def get(client: TestClient, bearer: Any) -> Any:
    headers = bearer("officer")

    def get(path: str, **more: str) -> Any:
        return client.get(f"/api/v1{path}", headers={**headers, **more})

    return get
