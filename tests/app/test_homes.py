"""The data folder: any name will do, and what cannot be one is said."""

import datetime as dt
import os
import shutil
from pathlib import Path

import pytest
from pydantic import ValidationError

from app.chain.limits.stored import Stored
from app.chain.runs.refreshing import refresh_version
from app.platform.config import Settings
from app.platform.deps import open_resources
from app.platform.errors import Unready
from ingestion.run import ImportJob, ingest
from tests.app.conftest import NOW
from tests.app.economy import write_files

NAMES = (
    "a b?mode=ro&x=1#y",
    "a%20b",
    "a b",
    "数据 '夹\" `\\ *[0-9]{a}~$HOME;@:month=1",
)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_files(tmp_path_factory.mktemp("any") / "in")


def fill(home: Path, files: Path) -> None:
    with open_resources(Settings(home=home), now=lambda: NOW) as resources:
        job = ImportJob(resources.store, resources.home, NOW, as_of=dt.date(2026, 6, 30))
        ingest("files", [files], job=job)
        run = refresh_version(resources, None, progress=lambda *_: None)
        assert Stored(resources.runs / run.run).members.num_rows > 0


def test_stores_lie_in_the_folder_whatever_its_name_is(tmp_path: Path, files: Path) -> None:
    for name in NAMES:
        fill(tmp_path / name, files)

    for name in NAMES:
        assert (tmp_path / name / "graph.db").is_file()
        assert (tmp_path / name / "records.db").is_file()
        with open_resources(Settings(home=tmp_path / name)) as resources:
            assert [version.number for version in resources.store.versions()] == [1]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(NAMES)


def test_a_relative_home_and_a_link_to_it_are_one_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder 100%").mkdir()
    (tmp_path / "link?").symlink_to("folder 100%")
    monkeypatch.setenv("DEEPTIER_HOME", "folder 100%/")
    with open_resources() as resources:
        assert resources.store.current() is None
        assert resources.records.backend == "sqlite"
    monkeypatch.setenv("DEEPTIER_HOME", "link?")
    with open_resources() as resources:
        assert resources.store.current() is None

    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder 100%", "link?"]
    assert (tmp_path / "folder 100%" / "graph.db").is_file()


def test_a_home_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for home in (tmp_path / "file", tmp_path / "file" / "inside"):
        with open_resources(Settings(home=home)) as resources:
            with pytest.raises(Unready, match=r"DEEPTIER_HOME .*file"):
                _ = resources.store
            with pytest.raises(Unready, match=r"DEEPTIER_HOME .*file"):
                _ = resources.records


def test_a_home_that_cannot_be_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    with open_resources(Settings(home=tmp_path)) as resources:
        with pytest.raises(Unready, match=r"DEEPTIER_HOME .*may not write"):
            _ = resources.store
        with pytest.raises(Unready, match=r"DEEPTIER_HOME .*may not write"):
            _ = resources.records


def test_a_home_whose_name_is_no_text_is_refused(tmp_path: Path) -> None:
    name = os.fsdecode(b"\xff\xfe")

    with pytest.raises(ValidationError, match="home"):
        Settings(home=tmp_path / name)


def test_files_handed_in_may_have_any_names_too(tmp_path: Path, files: Path) -> None:
    folder = tmp_path / "in?b*ox %41 [1]"
    shutil.copytree(files, folder)
    for path in sorted(folder.iterdir()):
        if path.name.startswith("invoices"):
            path.rename(folder / f"invoices_ [1]?*%20#'.{path.name.partition('.')[2]}")

    fill(tmp_path / "home", folder)

    assert (tmp_path / "home" / "graph.db").is_file()
