"""The stories of a bank by the interface alone and by pages alone, over the economy of journeys."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from fastapi import FastAPI

from app.platform.auth import users
from app.platform.auth.principals import Role
from tests.app.logins import add_user
from tests.journeys import stories
from tests.journeys.conftest import PASSWORD
from tests.journeys.hub import BORROWER, CORE, NOW, STORY1, STORY2, STORY3
from tests.journeys.people import Login
from tests.journeys.stories import Cast, Enter
from tests.journeys.walk import by_pages_of, entering

pytestmark = pytest.mark.xdist_group("hub")
DUE = "2026-10-15"
LENT_FEN, ASKED_FEN = 500_000, 3_000_000


def cast_of(way: str) -> Cast:
    """Return who plays where somebody comes in by a way: for each a third tier of its own."""
    firms: list[tuple[str, Role, str]] = [
        *(("core", "core", CORE), ("borrower", "supplier", BORROWER)),
        *(("officer-1", "officer", ""), ("officer-2", "officer", "")),
        *((firm.lower(), "supplier", firm) for firm in (STORY1, STORY2, STORY3[way])),
    ]
    core, borrower, first, second, *chain = (
        Login(f"story-{name}", PASSWORD, role, firm) for name, role, firm in firms
    )
    return Cast(
        *(core, chain[0], chain, borrower, CORE, borrower, (first, second)),
        *(f"{STORY1}-{way}", DUE, LENT_FEN, ASKED_FEN),
    )


@pytest.fixture
def known(hub: FastAPI) -> Callable[[Cast], None]:
    """Return what lets those who play sign in."""

    def made(cast: Cast) -> None:
        records = hub.state.resources.records
        for each in (cast.core, *cast.chain, cast.borrower, *cast.officers):
            if not users.is_user(records, each.name):
                told = {"role": each.role, "firm": each.firm or None, "now": NOW}
                add_user(records, each.name, each.password, **told)

    return made


@pytest.fixture
def by_api(address: str) -> Iterator[Enter]:
    """Return what lets somebody in by the interface, once each."""
    with entering("api", address) as enter:
        yield enter


@pytest.fixture
def by_pages(browser: Any, address: str) -> Callable[[str], Enter]:
    """Return what gives what lets somebody in by the pages in a language, each once."""
    return partial(by_pages_of, browser, address)


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_stories_by_the_pages_alone(
    known: Callable[[Cast], None], by_pages: Callable[[str], Enter], language: str
) -> None:
    cast = cast_of(language)
    known(cast)
    assert stories.told(by_pages(language), cast) > 0


def test_the_stories_by_the_interface_alone(known: Callable[[Cast], None], by_api: Enter) -> None:
    cast = cast_of("api")
    known(cast)
    assert stories.told(by_api, cast) > 0
