"""The same files on different databases give the same answers over HTTP, to the byte."""

import datetime as dt
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.chain.runs.refreshing import refresh_version
from app.data.imports.ingesting import Options, ingest_files
from app.main import create_app
from app.platform.auth.tokens import issue
from app.platform.config import Settings
from app.platform.deps import open_resources
from tests.app.economy import write_files

NOW = dt.datetime(2026, 7, 15, 9, tzinfo=dt.UTC)
READS = (
    "/versions",
    "/cores",
    "/chains/CORE1",
    "/chains/CORE1/graph?groups=sector",
    "/chains/CORE1/limits",
    "/chains/CORE1/limits/MILL",
    "/chains/CORE1/limits/ORE",
    "/chains/CORE2/limits",
    "/firms",
    "/firms?query=有限",
    "/firms/MILL",
    "/firms/MILL/trades",
    "/firms/PART/limits",
)


def answers(settings: Settings, files: Path) -> dict[str, bytes]:
    """Return what every read answers after an import and a refresh."""
    with open_resources(settings, now=lambda: NOW) as resources:
        ingest_files(resources, "files", [files], options=Options(dt.date(2026, 6, 30)))
        refresh_version(resources, None, progress=lambda *_: None)
        key = settings.signing_key()
        token = issue(resources.records, key, role="risk", firm=None, days=1, now=NOW)
    headers = {"Authorization": f"Bearer {token}"}
    with TestClient(create_app(settings, now=lambda: NOW)) as client:
        found = {path: client.get(f"/api/v1{path}", headers=headers) for path in READS}
    assert {each.status_code for each in found.values()} == {200}
    return {path: each.content for path, each in found.items()}


@pytest.fixture
def expected(tmp_path: Path) -> dict[str, bytes]:
    return answers(Settings(home=tmp_path / "sqlite"), write_files(tmp_path / "files"))


@pytest.mark.postgres
def test_on_postgresql(expected: dict[str, bytes], tmp_path: Path, empty_postgres_url: str) -> None:
    settings = Settings(
        home=tmp_path / "postgres",
        graph_url=empty_postgres_url,
        records_url=empty_postgres_url,
    )

    assert answers(settings, tmp_path / "files") == expected


@pytest.mark.neo4j
def test_on_neo4j_with_records_in_postgresql(
    expected: dict[str, bytes], tmp_path: Path, empty_postgres_url: str, empty_neo4j_url: str
) -> None:
    settings = Settings(
        home=tmp_path / "neo4j", graph_url=empty_neo4j_url, records_url=empty_postgres_url
    )

    assert answers(settings, tmp_path / "files") == expected
