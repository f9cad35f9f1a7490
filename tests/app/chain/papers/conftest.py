"""One service over the small economy for all tests of pages of documents; each uses its own."""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.main import create_app
from app.platform.auth import sessions, users
from app.platform.auth.principals import Role
from app.platform.config import Settings
from tests.app.chain.booked import resources_of, set_up
from tests.app.computing import Here
from tests.app.conftest import NOW
from tests.app.logins import add_user

PASSWORD = "a long enough password"  # noqa: S105  # of users who live for one test run
Browse = Callable[..., TestClient]


@pytest.fixture(scope="module")
def served(kept_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    home = shutil.copytree(kept_home, tmp_path_factory.mktemp("papers") / "home")
    app = create_app(Settings(home=home), now=lambda: NOW, computer=Here)
    with TestClient(app) as client:
        set_up(resources_of(client), {"core:CORE1": 5_000_000_000, "core:CORE2": 150_000_000})
        yield app


@pytest.fixture(scope="module")
def browse(served: FastAPI) -> Browse:
    """Return a function that gives a browser in which somebody is signed in."""
    resources = served.state.resources
    known: set[str] = set()

    def opened(name: str, role: Role, firm: str | None = None, language: str = "en") -> TestClient:
        if name not in known:
            add_user(resources.records, name, PASSWORD, role=role, firm=firm, now=NOW)
            known.add(name)
        user = users.user_named(resources.records, name)
        key = resources.settings.signing_key()
        session = sessions.begin(resources.records, key, user, now=NOW)
        browser = TestClient(served, follow_redirects=False)
        browser.headers["Accept"] = "text/html"
        browser.cookies.set(sessions.COOKIE, session.cookie)
        browser.cookies.set("deeptier_language", language)
        return browser

    return opened


def form_of(page: str, action: str) -> dict[str, str]:
    """Return the fields of the form that goes to an address."""
    found = re.search(rf'<form[^>]*action="{re.escape(action)}"[^>]*>(.*?)</form>', page, re.DOTALL)
    assert found is not None, action
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', found[1]))
    return fields | dict(
        re.findall(r'<textarea name="(\w+)"[^>]*>\n(.*?)</textarea>', found[1], re.DOTALL)
    )


def ids(text: str, table: str) -> list[str]:
    """Return the rows of a table."""
    rows = re.search(rf'data-list="{table}".*?</table>', text, re.DOTALL)
    return re.findall(r'<tr data-id="([^"]+)"', rows[0]) if rows else []
