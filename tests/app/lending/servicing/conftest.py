"""The service over a data folder in which no version is published: accounts are set by tests."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.platform.auth.principals import RoleScope
from app.platform.auth.tokens import Bearer, issue_to
from tests.app.chain.booked import resources_of
from tests.app.chain.conftest import kept_clock, kept_desk
from tests.app.conftest import NOW

__all__ = ["kept_clock", "kept_desk"]


@pytest.fixture
def home(kept_records: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(kept_records, tmp_path / "home"))


@pytest.fixture
def person(client: TestClient) -> Callable[[str], dict[str, str]]:
    """Return a function that gives the headers of an officer by name."""

    def headers(name: str) -> dict[str, str]:
        """Return the headers of a token of the officer."""
        resources = resources_of(client)
        holder, key = Bearer(name, RoleScope("officer", None)), resources.settings.signing_key()
        token = issue_to(resources.records, key, holder, days=1, now=NOW)
        return {"Authorization": f"Bearer {token}"}

    return headers
