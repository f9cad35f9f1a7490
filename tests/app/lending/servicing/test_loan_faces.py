"""Pages of one loan in every state it may be in, and what acts on it would do: all can use them."""

import datetime as dt
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.main import create_app
from app.platform.auth import sessions
from app.platform.config import Settings
from app.platform.web.areas import WORK
from tests.app.browsing import served_at
from tests.app.chain.booked import resources_of, set_up
from tests.app.chain.papers.conftest import form_of
from tests.app.computing import Here
from tests.app.conftest import NOW
from tests.app.lending.servicing.lent import opened
from tests.app.lending.servicing.test_moving import closed
from tests.app.lending.servicing.test_pages import browser, read, tend
from tests.chromium import launched, violations

sync_api = pytest.importorskip("playwright.sync_api", reason="needs playwright")
# The pages of servicing are made by one process, of one browser that is warm.
pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("loan faces")]
SLOW = pytest.mark.slow
OWN, BANK = "/my/loans", f"{WORK}/loans"
PREPAID = "?amount=6%2C000&prepay=1&mode=shorten"
STATES = {
    "ACTIVE": "active",
    "LATE": "overdue",
    "GONE": "defaulted",
    "AGREED": "restructured",
    "DONE": "repaid",
    "LOST": "written_off",
}
PARTS = {"repayment": "equal_principal", "days": None}
TERMS = {"rate": "5%", "tenor_months": "6", "reason": "a slow season"}
TICKED = {"capitalise": "interest", "waive": "penalty"}
# What is looked at before it is done: the loan, the act, and what is typed.
ACTS: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("LATE", "restructure", TERMS | TICKED),
    ("GONE", "write-off", {"reason": "gone"}),
    ("LOST", "recover", {"amount": "1,000"}),
    ("ACTIVE", "reverse", {"reason": "sent by mistake"}),
)
# Each language and each theme over all of them; in the short run those with most on them.
LOOKS = [
    ("en", "light", False),
    *(pytest.param(*each, True, marks=SLOW) for each in (("zh", "light"), ("en", "dark"))),
]
WIDTH = "document.documentElement.scrollWidth"


@pytest.fixture(scope="module")
def lent(kept_records: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    """The service with a loan in each state; a repayment of the active one can be taken back."""
    home = shutil.copytree(kept_records, tmp_path_factory.mktemp("faces") / "home")
    app = create_app(Settings(home=Path(home)), now=lambda: NOW, computer=Here)
    with TestClient(app) as client:
        resources = resources_of(client)
        set_up(resources)
        drawn_on = dt.date(2026, 3, 20)  # Days that are over are made up for: few are closed here.
        for loan, days in (("GONE", 1), ("LOST", 1), ("AGREED", 80), ("LATE", 90), ("DONE", 200)):
            opened(resources, loan, amount_fen=600_000, days=days, drawn_on=drawn_on)
        mill, ann = browser(client, "mill", "supplier", "MILL"), browser(client, "ann")
        ben = browser(client, "ben")
        paid(mill, "DONE", all_of(mill, "DONE"))
        closed(resources, "2026-06-30")
        opened(resources, "ACTIVE", amount_fen=1_200_000, months=12, **PARTS)
        for loan, act, typed in (
            ("AGREED", "restructure", {"repayment": "equal_principal", **TERMS, **TICKED}),
            ("LOST", "write-off", {"reason": "gone"}),
        ):
            _, done = tend(ann, act, loan, **typed)
            approve(ben, done.headers["location"].partition("asked=")[2])
        paid(mill, "ACTIVE", "3,000")
        yield app


def all_of(mill: TestClient, loan: str) -> str:
    """Return all that a firm would pay to end a loan, in yuan."""
    found = re.search(r'data-figure="all" data-fen="(\d+)"', read(mill, f"{OWN}/{loan}"))
    assert found is not None
    return f"{int(found[1]) // 100}.{int(found[1]) % 100:02}"


def paid(mill: TestClient, loan: str, yuan: str) -> None:
    """Pay on a loan, due or not."""
    text = read(mill, f"{OWN}/{loan}")
    form = form_of(text, f"{OWN}/{loan}/repay") | {"amount": yuan, "prepay": "1", "act": ""}
    assert mill.post(f"{OWN}/{loan}/repay", data=form).status_code == 303


def approve(officer: TestClient, approval: str) -> None:
    """Approve what another asks for."""
    token = officer.get("/api/v1/session").json()["csrf"]
    headers = {"X-CSRF-Token": token, "Idempotency-Key": approval}
    address = f"/api/v1/approvals/{approval}/approve"
    assert officer.post(address, headers=headers).is_success


@pytest.fixture(scope="module")
def desk(lent: FastAPI) -> Iterator[Callable[..., Any]]:
    """Return what gives one page, in which somebody is signed in."""
    with served_at(lent, lifespan="off") as address, launched(sync_api) as chromium:
        tab = chromium.new_context(base_url=address).new_page()
        client = TestClient(lent)

        def opened_for(name: str, language: str, theme: str) -> Any:
            """Return the page, which reads as its reader wants."""
            given = browser(client, f"{name} {language} {theme}", *WHO[name])
            told = {sessions.COOKIE: given.cookies[sessions.COOKIE], "deeptier_theme": theme}
            told["deeptier_language"] = language
            tab.context.clear_cookies()
            tab.context.add_cookies(
                [{"name": n, "value": v, "url": address} for n, v in told.items()]
            )
            return tab

        yield opened_for


WHO: dict[str, tuple[Any, ...]] = {"mill": ("supplier", "MILL"), "ann": ("officer",)}


def check(page: Any) -> None:
    """Check that a page fits a phone and a desk, and stands in nobody's way."""
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate(WIDTH) <= 390, page.url
    page.set_viewport_size({"width": 1280, "height": 900})
    assert page.evaluate(WIDTH) <= 1280, page.url
    page.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = true))")
    assert violations(page) == [], page.url


@pytest.mark.parametrize(("language", "theme", "whole"), LOOKS)
def test_a_firm_can_read_and_use_the_page_of_a_loan_in_every_state(
    desk: Callable[..., Any], language: str, theme: str, *, whole: bool
) -> None:
    page = desk("mill", language, theme)
    for loan in STATES if whole else ("LOST",):
        assert page.goto(f"{OWN}/{loan}").status == 200
        assert page.locator("main").get_attribute("data-state") == STATES[loan]
        check(page)
    page.goto(f"{OWN}/ACTIVE{PREPAID}")
    assert page.locator('[data-preview] [data-list="ways"] tbody tr').count() == 3
    check(page)


@pytest.mark.parametrize(("language", "theme", "whole"), LOOKS)
def test_an_officer_can_read_and_use_the_page_of_a_loan_and_what_acts_would_do(
    desk: Callable[..., Any], language: str, theme: str, *, whole: bool
) -> None:
    page = desk("ann", language, theme)
    for loan in STATES if whole else ():
        assert page.goto(f"{BANK}/{loan}").status == 200
        assert page.locator("main").get_attribute("data-state") == STATES[loan]
        check(page)
    for loan, act, typed in ACTS if whole else ACTS[:2]:
        page.goto(f"{BANK}/{loan}")
        form = page.locator(f'form[action$="/{act}"]')
        form.locator("xpath=ancestor::details").evaluate("(each) => (each.open = true)")
        for name, value in typed.items():
            if name in TICKED:
                form.locator(f'[name="{name}"][value="{value}"]').check()
            else:
                form.locator(f'[name="{name}"]').fill(value)
        with page.expect_navigation():
            form.get_by_role("button").click()
        assert page.locator(f'[data-preview="{act}"] [data-effect]').count() > 0
        check(page)
