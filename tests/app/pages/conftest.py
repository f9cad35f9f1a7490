"""The application with its pages over a small economy, and browsers signed in by role."""

import datetime as dt
import re
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx import Response

from app.main import create_app
from app.platform.auth import sessions, users
from app.platform.auth.principals import ROLES, Role
from app.platform.config import Settings
from app.platform.records.tables import users as users_table
from tests.app.pages.economy import FakeReading

NOW = dt.datetime(2026, 7, 1, 9, 0, tzinfo=dt.UTC)
PASSWORD = "a long enough password"  # noqa: S105  # of users who live for one test run
FIRMS: dict[Role, str] = {"core": "C1", "supplier": "S1"}
Browser = Callable[..., TestClient]


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    settings = Settings(home=tmp_path_factory.mktemp("home"), secret="a secret of tests")  # noqa: S106  # signs for one test run
    made = create_app(settings, now=lambda: NOW)
    for role in ROLES:
        users.set_user(
            made.state.resources.records, role, PASSWORD, role=role, firm=FIRMS.get(role), now=NOW
        )
    yield made
    made.state.resources.close()


@pytest.fixture
def reading(served: FastAPI) -> FakeReading:
    served.state.reading = FakeReading()
    return served.state.reading


@pytest.fixture
def browser(served: FastAPI, reading: FakeReading) -> Browser:
    def opened(role: Role | None = "risk", language: str = "en") -> TestClient:
        client = TestClient(served, raise_server_exceptions=False, follow_redirects=False)
        client.headers["Accept"] = "text/html"
        client.cookies.set("deeptier_language", language)
        if role is not None:
            client.cookies.set(sessions.COOKIE, session_of(served, role))
        return client

    return opened


def session_of(app: FastAPI, role: Role) -> str:
    """Begin a session without the cost of checking a password."""
    resources = app.state.resources
    with resources.records.reading() as connection:
        query = sa.select(users_table.c.password).where(users_table.c.name == role)
        kept = connection.execute(query).scalar_one()
    user = users.User(1 + ROLES.index(role), role, role, FIRMS.get(role), kept)
    key = resources.settings.signing_key()
    return sessions.begin(resources.records, key, user, now=NOW).cookie


def sign_in(client: TestClient, name: str, password: str = PASSWORD, target: str = "/") -> Response:
    form = {"name": name, "password": password, "next": target}
    return client.post("/sign-in", data={**form, "csrf": token_of(client.get("/sign-in").text)})


def token_of(text: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', text)
    assert found is not None
    return found[1]
