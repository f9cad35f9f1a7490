"""The small economy with owners, at a bank so small that dependence counts, refreshed once."""

import datetime as dt
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.chain.runs.refreshing import refresh_version
from app.main import create_app
from app.platform.config import Settings
from app.platform.deps import open_resources
from app.policy import loader, reading
from ingestion.run import ImportJob, ingest
from tests.app.computing import Here
from tests.app.conftest import NOW
from tests.app.economy import write_files

OWNER = "王五"
HOLDINGS = f"""\
owner,owned,share,kind,from,to
CORE2,ORE,0.3,equity,2020-01-01,
CORE2,ORE,0.3,equity,2021-01-01,
{OWNER},SHOP,0.6,equity,2020-01-01,
{OWNER},CORE2,0.1,control,2020-01-01,
CORE1,PART,0.9,equity,2020-01-01,2026-01-01
SHOP,PART,0.5,equity,2020-01-01,
"""
TIER1_YUAN = 1_000_000  # A twentieth is less than what CORE1, MILL and PART may borrow.


def small_bank(folder: Path) -> Path:
    """Return a folder with the standard policy at a bank of little capital of its first tier."""
    folder.mkdir()
    (shipped,) = sorted(loader.SHIPPED.glob("*.yml"))
    text = shipped.read_text(encoding="utf-8").replace("schema: 2", "schema: 4")
    added = [
        (reading.ADDED / f"{number}.yml").read_text(encoding="utf-8").split("values:\n")[1]
        for number in (3, 4)
    ]
    text = text.replace("tables:\n", "".join(added) + "tables:\n", 1)
    capital = re.compile(r"(tier1_net_fen:\n +value: )\d+")
    written = capital.sub(rf"\g<1>{TIER1_YUAN * 100}", text)
    (folder / "small.yml").write_text(written, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def kept_groups(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    place = tmp_path_factory.mktemp("groups")
    files = write_files(place / "files")
    (files / "holdings.csv").write_text(HOLDINGS, encoding="utf-8")
    settings = Settings(home=place / "home", policy=small_bank(place / "policy"))
    with open_resources(settings, now=lambda: NOW) as resources:
        job = ImportJob(
            resources.store, resources.home, NOW, lambda *_: None, as_of=dt.date(2026, 6, 30)
        )
        ingest("files", [files], job=job)
        refresh_version(resources, None, progress=lambda *_: None)
    return settings


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
