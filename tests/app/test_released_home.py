"""A data folder of a release before, with what it said: it opens, says the same, and goes on."""

import json
import tarfile
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from app.chain.chains.tables import cores
from app.chain.firms import service as firms
from app.chain.limits import documents
from app.chain.runs.refreshing import refresh_version
from app.cli.verifying import faults
from app.data.runs.tables import runs
from app.data.versions.service import AskedVersion
from app.platform.auth.sight import EVERYTHING
from app.platform.auth.tables import users
from app.platform.config import Settings
from app.platform.deps import Resources, open_resources
from ingestion.run import ImportJob, ingest
from tests.app.conftest import NEW_INVOICE, NOW

RELEASED = Path(__file__).parent / "released"
Said = dict[str, Any]


@pytest.fixture(scope="module", params=sorted(path.name for path in RELEASED.iterdir()))
def kept(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("released")
    with tarfile.open(RELEASED / request.param) as archive:
        archive.extractall(folder, filter="data")
    return folder


def said(resources: Resources) -> Said:
    """Return what is said of a chain and of one limit, without the name of the run."""
    results = documents.results_of(resources, AskedVersion(1), EVERYTHING)
    return {
        "limits": documents.chain(results, "CORE1"),
        "limit": documents.firm(results, "CORE1", "MILL"),
    }


def released(kept: Path) -> Said:
    return {
        name: json.loads((kept / "said" / f"{name}.json").read_text(encoding="utf-8"))
        for name in ("limits", "limit")
    }


def test_it_opens_and_says_what_it_said(kept: Path) -> None:
    with open_resources(Settings(home=kept / "home"), now=lambda: NOW) as resources:
        assert json.loads(json.dumps(said(resources), default=str)) == released(kept)
        assert faults(resources) == []
        with resources.records.reading() as connection:
            assert connection.scalars(sa.select(users.c.name)).all() == ["lin"]
            assert connection.scalars(sa.select(cores.c.firm)).all() == ["MILL"]
            assert len(connection.scalars(sa.select(runs.c.run)).all()) == 1
        found = firms.invoices(resources, 1, ends=("ORE", "MILL"), sight=EVERYTHING)
        assert [each["number"] for each in found] == [f"ORE-MILL-{at}" for at in range(1, 7)]


def test_it_goes_on(kept: Path) -> None:
    more = kept / "more.csv"
    more.write_text(NEW_INVOICE, encoding="utf-8")
    with open_resources(Settings(home=kept / "home"), now=lambda: NOW) as resources:
        job = ImportJob(resources.store, resources.home, NOW)
        outcome = ingest("files", [more.rename(kept / "invoices_more.csv")], job=job)
        run = refresh_version(resources, None, progress=lambda *_: None)

        assert (outcome.version.number, run.version) == (2, 2)
        results = documents.results_of(resources, AskedVersion(), EVERYTHING)
        assert documents.firm(results, "CORE2", "ORE")["limit_fen"] is not None
        assert json.loads(json.dumps(said(resources), default=str)) == released(kept)
