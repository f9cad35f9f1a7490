"""Journey of a voucher in a real browser: accepted, split, passed down, settled."""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi import FastAPI

from app.chain.vouchers.endings import close
from tests.app.browsing import launched, served_at
from tests.app.chain.papers.conftest import Browse
from tests.app.chain.papers.test_holding import issue

sync_api = pytest.importorskip("playwright.sync_api", reason="needs playwright")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe")
pytestmark = [pytest.mark.browser, pytest.mark.slow]
ISSUED, HELD = "/core/vouchers", "/my/vouchers"
DUES = {"zh": "2026-09-28", "en": "2026-09-29"}
NAMES = {
    "zh": {
        "issue": "开立",
        "accept": "接受",
        "split": "拆分",
        "pass": "转让",
        "settle": "登记付清",
    },
    "en": {
        "issue": "Issue",
        "accept": "Accept",
        "split": "Split",
        "pass": "Pass on",
        "settle": "Settle",
    },
}
Open = Callable[..., Any]


@pytest.fixture(scope="module")
def address(served: FastAPI) -> Iterator[str]:
    with served_at(served, lifespan="off") as address:
        yield address


def tree(page: Any) -> list[tuple[str, str, str]]:
    """Return the nodes of the tree that a page shows: state, fen, tier."""
    nodes = page.locator("[data-tree] li")
    return sorted(
        tuple(nodes.nth(at).get_attribute(f"data-{each}") for each in ("state", "fen", "tier"))
        for at in range(nodes.count())
    )


def act(page: Any, name: str, done: str) -> None:
    """Press what opens a second look, and the button of the same name in it."""
    page.get_by_role("button", name=name, exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name=name, exact=True).click()
    page.wait_for_url(f"**?done={done}")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_voucher_is_split_and_passed_down_and_settled_and_its_tree_agrees(
    served: FastAPI, address: str, browse: Browse, language: str
) -> None:
    names, due = NAMES[language], DUES[language]
    with launched(sync_api) as browser:

        def opened(name: str, role: str, firm: str) -> Any:
            jar = browse(name, role, firm, language).cookies
            context = browser.new_context()
            context.add_cookies([{"name": n, "value": v, "url": address} for n, v in jar.items()])
            return context.new_page()

        core = opened("issuer", "core", "CORE1")
        mill = opened("mill", "supplier", "MILL")
        ore = opened("ore", "supplier", "ORE")
        number = issue(browse("issuer", "core", "CORE1"), served, "3000", due_on=due)
        mill.goto(address + HELD)
        mill.get_by_role("link", name=number, exact=True).click()
        assert axe.Axe().run(mill).violations_count == 0
        act(mill, names["accept"], "accept")
        mill.fill('[name="parts"]', "1000\n2000")
        act(mill, names["split"], "split")
        mill.locator('[data-tree] li[data-fen="200000"] a').click()
        mill.fill('[name="holder"]', "ORE")
        act(mill, names["pass"], "pass")
        passed = mill.locator('[data-tree] li[data-tier="2"]').get_attribute("data-id")
        ore.goto(f"{address}{HELD}/{passed}")
        act(ore, names["accept"], "accept")
        ends(core, served, f"{address}{ISSUED}/{number}", due)
        act(core, names["settle"], "settle")
        assert tree(core) == [
            ("settled", "100000", "1"),
            ("settled", "200000", "1"),
            ("settled", "200000", "2"),
            ("settled", "300000", "1"),
        ]
        ore.reload()
        assert tree(ore) == [("settled", "200000", "2")]


def ends(core: Any, served: FastAPI, place: str, due: str) -> None:
    """Check the tree as its issuer reads it, and let its due day come."""
    core.goto(place)
    assert tree(core) == [
        ("held", "100000", "1"),
        ("held", "200000", "2"),
        ("passed", "200000", "1"),
        ("split", "300000", "1"),
    ]
    close(served.state.resources, dt.date.fromisoformat(due))
    core.reload()
