"""A core in a real browser: a file is confirmed, a voucher issued, each after a second look."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from app.platform.auth import sessions
from tests.app.browsing import served_at
from tests.app.chain.papers.conftest import Browse
from tests.chromium import launched, violations

sync_api = pytest.importorskip("playwright.sync_api", reason="needs playwright")
pytestmark = [pytest.mark.browser, pytest.mark.slow]
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def address(served: FastAPI) -> Iterator[str]:
    with served_at(served, lifespan="off") as address:
        yield address


def opened(browser: Any, address: str, cookie: str | None, language: str) -> Any:
    context = browser.new_context(viewport=PHONE)
    cookies = {sessions.COOKIE: cookie, "deeptier_language": language}
    context.add_cookies([{"name": n, "value": v, "url": address} for n, v in cookies.items()])
    return context.new_page()


def check(page: Any) -> None:
    """Check that a page is clean for axe, and no wider than the phone."""
    assert violations(page) == []
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, page.url


@pytest.mark.parametrize(
    ("language", "payable", "words"),
    [
        ("zh", ("CORE2", "R3"), ("选择文件", "预览", "确认")),
        ("en", ("MILL", "R2"), ("Choose file", "Preview", "Confirm")),
    ],
)
def test_a_core_confirms_a_file_on_a_phone_after_a_second_look(
    browse: Browse,
    address: str,
    tmp_path: Path,
    language: str,
    payable: tuple[str, str],
    words: Any,
) -> None:
    (firm, number), (choose, look, confirm) = payable, words
    given = tmp_path / "numbers.csv"
    given.write_text(f"number\n{number}\n", encoding="utf-8")
    cookie = browse(f"{firm} phone", "core", firm).cookies[sessions.COOKIE]
    with launched(sync_api) as browser:
        page = opened(browser, address, cookie, language)
        page.goto(f"{address}/core/payables")
        check(page)
        page.get_by_label(choose, exact=True).set_input_files(given)
        page.get_by_role("button", name=look, exact=True).click()
        preview = page.locator("[data-preview]")
        assert preview.get_attribute("data-refused") == "0"
        check(page)
        if firm == "MILL":  # The bank has set it no limit.
            assert page.locator("[data-lacks]").count() == 1
            assert page.get_by_role("button", name=confirm, exact=True).count() == 0
            return
        left = preview.get_attribute("data-left-fen")
        page.get_by_role("button", name=confirm, exact=True).click()
        page.get_by_role("dialog").get_by_role("button", name=confirm, exact=True).click()
        page.wait_for_url("**/core/payables?done=confirmed")
        assert page.locator('[data-figure="available"]').get_attribute("data-fen") == left


@pytest.mark.parametrize(
    ("language", "look", "confirm"), [("zh", "预览", "确认"), ("en", "Preview", "Confirm")]
)
def test_a_core_issues_a_voucher_on_a_phone_and_reads_its_tree(
    browse: Browse, address: str, language: str, look: str, confirm: str
) -> None:
    cookie = browse("core 2 phone", "core", "CORE2").cookies[sessions.COOKIE]
    with launched(sync_api) as browser:
        page = opened(browser, address, cookie, language)
        page.goto(f"{address}/core/vouchers")
        check(page)
        page.locator('[name="holder"]').fill("PART")
        page.locator('[name="amount"]').fill("1,000.50")
        page.locator('[name="due_on"]').fill("2026-09-30")
        page.get_by_role("button", name=look, exact=True).first.click()
        assert page.locator("[data-preview]").get_attribute("data-fen") == "100050"
        check(page)
        page.get_by_role("button", name=confirm, exact=True).click()
        page.get_by_role("dialog").get_by_role("button", name=confirm, exact=True).click()
        page.wait_for_url("**/core/vouchers?done=issued")
        page.locator('[data-list="vouchers"] a.name').first.click()
        node = page.locator("[data-tree] > li")
        assert node.get_attribute("data-fen") == "100050"
        check(page)
