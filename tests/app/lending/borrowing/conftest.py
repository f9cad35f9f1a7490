"""One service over the small economy for all tests of a borrower's pages, its accounts open."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.main import create_app
from app.platform.config import Settings
from tests.app.chain.booked import resources_of, set_up
from tests.app.chain.papers.conftest import browse
from tests.app.computing import Here
from tests.app.conftest import NOW

__all__ = ["browse"]


@pytest.fixture(scope="module")
def served(kept_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    home = shutil.copytree(kept_home, tmp_path_factory.mktemp("borrowing") / "home")
    app = create_app(Settings(home=home), now=lambda: NOW, computer=Here)
    with TestClient(app) as client:
        set_up(resources_of(client))
        yield app
