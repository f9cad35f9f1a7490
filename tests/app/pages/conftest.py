"""The application with its pages over a small economy, and browsers signed in by role."""

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
from app.platform.auth.tables import users as users_table
from app.platform.config import Settings
from tests.app.computing import Here
from tests.app.logins import add_user
from tests.app.pages.economy import NOW, make_home

PASSWORD = "a long enough password"  # noqa: S105  # of users who live for one test run
FIRMS: dict[Role, tuple[str, ...]] = {"core": ("C1", "C2"), "supplier": ("S1",)}
Browser = Callable[..., TestClient]


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    """The application over the economy of the pages; no test changes what is in its records."""
    home = make_home(tmp_path_factory.mktemp("pages") / "home")
    settings = Settings(home=home, secret="a secret of tests")  # noqa: S106  # signs for one test run
    made = create_app(settings, now=lambda: NOW, computer=Here)
    for role in ROLES:
        for firm in FIRMS.get(role, (None,)):
            add_user(
                made.state.resources.records,
                name_of(role, firm),
                PASSWORD,
                role=role,
                firm=firm,
                now=NOW,
            )
    yield made
    made.state.resources.close()


@pytest.fixture
def browser(served: FastAPI) -> Browser:
    def opened(
        role: Role | None = "risk", language: str = "en", firm: str | None = None
    ) -> TestClient:
        client = TestClient(served, raise_server_exceptions=False, follow_redirects=False)
        client.headers["Accept"] = "text/html"
        client.cookies.set("deeptier_language", language)
        if role is not None:
            client.cookies.set(sessions.COOKIE, session_of(served, role, firm))
        return client

    return opened


def name_of(role: Role, firm: str | None) -> str:
    """Return the name of a user: the role, and the firm of all but the first of a role."""
    return role if firm in (None, *FIRMS.get(role, ())[:1]) else f"{role} {firm}"


def session_of(app: FastAPI, role: Role, firm: str | None = None) -> str:
    """Begin a session without the cost of checking a password."""
    resources = app.state.resources
    name = name_of(role, firm)
    with resources.records.reading() as connection:
        row = connection.execute(sa.select(users_table).where(users_table.c.name == name)).one()
    user = users.User(row.user, row.name, row.role, row.firm, row.unit, row.password)
    key = resources.settings.signing_key()
    return sessions.begin(resources.records, key, user, now=NOW).cookie


@pytest.fixture(scope="session")
def scenario(served: FastAPI) -> str:
    """The id of the scenario in which `C1` fails."""
    sent = {"close": ["C1"], "channels": ["production", "orders", "payments"]}
    headers = {"Cookie": f"{sessions.COOKIE}={session_of(served, 'risk')}"}
    client = TestClient(served)
    headers["X-CSRF-Token"] = client.get("/api/v1/session", headers=headers).json()["csrf"]
    return str(client.post("/api/v1/scenarios", json=sent, headers=headers).json()["id"])


def sign_in(client: TestClient, name: str, password: str = PASSWORD, target: str = "/") -> Response:
    form = {"name": name, "password": password, "next": target}
    return client.post("/sign-in", data={**form, "csrf": token_of(client.get("/sign-in").text)})


def token_of(text: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', text)
    assert found is not None
    return found[1]
