"""J1 in a real browser: a supplier asks, is answered, signs, draws, and sees when money moves."""

from typing import Any

import pytest

from app.platform.web.areas import WORK
from tests.chromium import violations
from tests.journeys.conftest import Open
from tests.journeys.hub import CORE, TIER1
from tests.journeys.test_confirming import twice
from tests.journeys.test_voucher import act, follow, refused

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("hub")]
KEYS = ("submit", "accept", "sign", "draw", "file", "approve", "preview", "confirm")
NAMES = {
    "zh": ("提交申请", "接受", "签署", "提款", "申请备案", "批准", "预览", "确认"),
    "en": ("Submit", "Accept", "Sign", "Draw", "Put on file", "Approve", "Preview", "Confirm"),
}
FIRMS = {"zh": TIER1[1], "en": TIER1[3]}  # One for each language: they share the service.
ASKED = {"amount": "20,000", "tenor_days": "", "tenor_months": "6"}


def state(page: Any) -> str:
    return str(page.locator("main").get_attribute("data-state"))


def answers(page: Any) -> list[str]:
    found = page.locator("[data-answer]")
    return [found.nth(at).get_attribute("data-answer") for at in range(found.count())]


def ask(page: Any, names: dict[str, str]) -> None:
    """Ask on the page of the form: an amount, by keys, that is quoted as it is typed."""
    page.goto(f"/my/apply?product=data-credit&core={CORE}&repayment=equal_instalment")
    page.fill('[name="amount"]', "1e3")
    page.wait_for_selector('#offers [data-id="data-credit"][data-code="malformed"]')
    for field, value in ASKED.items():
        page.fill(f'[name="{field}"]', value)
    page.wait_for_selector('#quote [data-decision="approved"]')
    offer = page.locator('#offers [data-id="data-credit"] [data-figure="amount"]')
    assert offer.get_attribute("data-fen") == "2000000"
    with page.expect_navigation():
        page.get_by_role("button", name=names["submit"], exact=True).press("Enter")


@pytest.mark.parametrize("language", ["zh", pytest.param("en", marks=pytest.mark.slow)])
def test_a_supplier_asks_is_answered_signs_draws_and_sees_when_money_moves(
    desk: Open, language: str
) -> None:
    names, firm = dict(zip(KEYS, NAMES[language], strict=True)), FIRMS[language]
    page = desk(firm.lower(), "supplier", firm, language)
    page.goto("/")
    assert answers(page) == ["amount", "cost", "next", "money"]
    ask(page, names)
    assert state(page) == "approved"
    assert page.locator('[data-decision="approved"] [data-reason]').count() in range(1, 5)
    assert violations(page) == []
    act(page, names["accept"])
    act(page, names["sign"])
    assert state(page) == "signed"
    place = page.url
    act(page, names["draw"], account="6222 0001")
    refused(page)
    assert page.input_value('form[action$="/draw"] [name="account"]') == "6222 0001"
    file_account(desk("olga", "officer", None, language), page, names, firm)
    page.goto(place)
    act(page, names["draw"], account="6222 0001")
    assert state(page) == "active"
    follow(page.locator('[data-list="loans"] a'))
    pay_back_some(page, names)
    page.goto("/my")
    day = page.locator('[data-answer="money"] time').get_attribute("datetime")
    page.goto("/my/calendar")
    days = page.locator('[data-list="moves"] time')
    assert day in [days.nth(at).get_attribute("datetime") for at in range(days.count())]
    assert page.locator('[data-list="moves"] tr[data-kind="loan"]').count() > 0


def file_account(officer: Any, page: Any, names: dict[str, str], firm: str) -> None:
    """Ask for an account on file, which an officer puts there."""
    page.fill('form[action$="/account"] [name="account"]', "6222 0001")
    with page.expect_navigation():
        page.get_by_role("button", name=names["file"], exact=True).click()
    assert page.locator('[data-filing="6222 0001"]').count() == 1
    officer.goto(f"{WORK}/approvals")
    row = officer.locator('[data-list="approvals"] tr', has_text=firm)
    row.get_by_role("button", name=names["approve"], exact=True).click()
    with officer.expect_navigation():
        officer.get_by_role("dialog").get_by_role("button", name=names["approve"]).click()
    assert officer.locator('[role="alert"][data-code]').count() == 0


def pay_back_some(page: Any, names: dict[str, str]) -> None:
    """Prepay a part after its figures were shown; the statement sums to what is left."""
    page.fill('[name="amount"]', "5,000")
    with page.expect_navigation():
        page.get_by_role("button", name=names["preview"], exact=True).click()
    shown = page.locator("[data-preview]")
    assert (shown.get_attribute("data-fen"), shown.get_attribute("data-left-fen")) == (
        *("500000", "1500000"),
    )
    with page.expect_navigation():
        twice(page, names["confirm"])
    last = page.locator('[data-list="statement"] tbody tr').last
    assert last.get_attribute("data-outstanding-fen") == "1500000"
    assert violations(page) == []
