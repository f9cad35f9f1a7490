"""The service over a data folder in which no version is published: accounts are set by tests."""

from pathlib import Path

import pytest

from app.platform.config import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")
