"""Two people in a real browser: one asks, the other looks twice and approves."""

from collections.abc import Iterator
from typing import Any

import pytest

from app.platform.auth import sessions, users
from app.platform.web.areas import WORK
from tests.app.books.approvals.conftest import Bank
from tests.app.browsing import served_at
from tests.app.conftest import NOW
from tests.app.logins import add_user
from tests.chromium import launched, violations

sync_api = pytest.importorskip("playwright.sync_api", reason="needs playwright")
pytestmark = [pytest.mark.browser, pytest.mark.slow]
PASSWORD = "a long enough password"  # noqa: S105  # of a test


@pytest.fixture
def address(bank: Bank) -> Iterator[str]:
    with served_at(bank.client.app, lifespan="off") as address:  # type: ignore[arg-type]  # ours
        yield address


@pytest.mark.parametrize(
    ("language", "approve", "reject"), [("zh", "批准", "拒绝"), ("en", "Approve", "Reject")]
)
def test_one_asks_and_another_approves_after_a_second_look(
    bank: Bank, address: str, language: str, approve: str, reject: str
) -> None:
    name = bank.ask(bank.token("lin"))
    add_user(bank.resources.records, "mo", PASSWORD, role="officer", now=NOW)
    mo = users.user_named(bank.resources.records, "mo")
    key = bank.resources.settings.signing_key()
    cookie = sessions.begin(bank.resources.records, key, mo, now=NOW).cookie
    before = bank.frozen()

    with launched(sync_api) as browser:
        context: Any = browser.new_context()
        context.add_cookies(
            [
                {"name": sessions.COOKIE, "value": cookie, "url": address},
                {"name": "deeptier_language", "value": language, "url": address},
            ]
        )
        page = context.new_page()
        page.goto(f"{address}{WORK}/approvals")
        assert violations(page) == []
        row = page.locator(f'tr[data-id="{name}"]')
        assert row.get_by_role("button", name=reject, exact=True).count() == 1
        row.get_by_role("button", name=approve, exact=True).click()
        dialog = page.get_by_role("dialog")
        assert "99,999,999,999.00" in dialog.inner_text()  # To the last fen.
        assert violations(page) == []
        dialog.get_by_role("button", name=approve, exact=True).click()
        page.wait_for_url(f"**{WORK}/approvals?done=approved")
        assert page.locator('[data-list="approvals"]').count() == 0
        assert page.locator(f'tr[data-id="{name}"][data-state="approved"]').count() == 1
    assert bank.frozen() == before - 100
