"""The service over a data folder in which no version is published: accounts are set by tests."""

import shutil
from pathlib import Path

import pytest


@pytest.fixture
def home(kept_records: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(kept_records, tmp_path / "home"))
