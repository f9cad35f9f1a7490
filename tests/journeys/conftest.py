"""Journeys in a real browser over an economy of three tiers: one service serves all of them."""

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest
from fastapi import FastAPI

from app.jobs.passes import BookFollower
from app.main import create_app
from app.platform.auth import sessions, users
from app.platform.auth.principals import Role
from app.platform.config import Settings
from app.platform.deps import Resources
from tests.app.browsing import served_at
from tests.app.computing import Here
from tests.app.logins import add_user
from tests.chromium import launched
from tests.journeys.hub import NOW, make_home

pytest.register_assert_rewrite("tests.journeys.stories")
PASSWORD = "a long enough password"  # noqa: S105  # of users who live for one test run
Open = Callable[..., Any]


@pytest.fixture(scope="package")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    """The service over the economy; the limits follow its book, as where a process leads."""
    home = make_home(tmp_path_factory.mktemp("hub") / "home")
    made = create_app(Settings(home=home), now=lambda: NOW, computer=Here)
    with BookFollower(made.state.resources, lambda: True):
        yield made
    made.state.resources.close()


@pytest.fixture(scope="package")
def address(hub: FastAPI) -> Iterator[str]:
    with served_at(hub, lifespan="off") as at:
        yield at


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Yield the browser of a module: one that outlives it stops whatever runs loops."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="needs playwright")
    with launched(sync_api) as browser:
        yield browser


@pytest.fixture(scope="module")
def tabs(browser: Any, address: str) -> Callable[[int], Any]:
    """Return what gives a page by its number, each in a context of its own: later ones are warm."""
    made: list[Any] = []

    def numbered(number: int) -> Any:
        """Return a page in which nobody is signed in."""
        while len(made) <= number:
            made.append(browser.new_context(base_url=address).new_page())
        made[number].context.clear_cookies()
        return made[number]

    return numbered


@pytest.fixture
def desk(hub: FastAPI, address: str, tabs: Callable[[int], Any]) -> Open:
    """Return what opens a page for somebody; no two of a test share one."""
    resources: Resources = hub.state.resources
    numbers = count()

    def opened(name: str, role: Role, firm: str | None, language: str) -> Any:
        page = tabs(next(numbers))
        page.set_viewport_size({"width": 1280, "height": 900})
        jar = {sessions.COOKIE: cookie_of(resources, name, role, firm)}
        jar["deeptier_language"] = language
        page.context.add_cookies([{"name": n, "value": v, "url": address} for n, v in jar.items()])
        return page

    return opened


def cookie_of(resources: Resources, name: str, role: Role, firm: str | None) -> str:
    """Return the cookie of a session of somebody, who is made where there is none yet."""
    if not users.is_user(resources.records, name):
        add_user(resources.records, name, PASSWORD, role=role, firm=firm, now=NOW)
    user = users.user_named(resources.records, name)
    return sessions.begin(resources.records, resources.settings.signing_key(), user, now=NOW).cookie
