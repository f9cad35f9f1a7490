"""A path to yes walked by its buttons in a real browser: who owes is asked and acts."""

from typing import Any

import pytest

from tests.chromium import violations
from tests.journeys.conftest import Open
from tests.journeys.hub import ASKERS, CORE
from tests.journeys.test_voucher import act, follow, issue

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("hub")]
REQUESTS = "/my/requests"
LANGUAGES = ["zh", pytest.param("en", marks=pytest.mark.slow)]
KEYS = ("look", "confirm", "accept", "pass")
NAMES = {
    "zh": dict(zip(KEYS, ("预览", "确认", "接受", "转让"), strict=True)),
    "en": dict(zip(KEYS, ("Preview", "Confirm", "Accept", "Pass on"), strict=True)),
}
CONFIRMED = {"zh": 50_000, "en": 100_000}  # Of two receivables of 60,000: one, or both.
DUES = {"zh": "2026-10-08", "en": "2026-10-09"}
PASSED = (1_000, "1100")  # What is asked for, and passed on.
# A document has its account seconds after it was confirmed or accepted.
READY_MS, PAUSE_MS = 20_000, 200


def asked_for(yuan: int) -> str:
    """Return the address of the form for a loan on documents."""
    return f"/my/apply?product=document-finance&core={CORE}&amount={yuan}&tenor_days=60"


def press(page: Any, action: str, count: int) -> None:
    """Press the button of a path to yes, and see that so many requests wait for others."""
    with page.expect_navigation():
        page.locator(f'[data-action="{action}"]').first.click()
    assert page.locator('[data-done="ask"]').count() == 1
    assert page.locator('[data-list="requests-made"] li[data-state="open"]').count() == count


def received(page: Any, kind: str, count: int) -> Any:
    """Return the requests that a firm has been sent, which its navigation counts."""
    page.goto("/")
    entry = page.locator(f'nav.areas a[href="{REQUESTS}"]')
    assert entry.locator("[data-waits]").get_attribute("data-waits") == str(count)
    follow(entry)
    assert violations(page) == []
    rows = f'[data-list="requests-received"] li[data-kind="{kind}"][data-state="open"]'
    assert page.locator(rows).count() == count
    return page.locator(rows)


def is_done(page: Any, yuan: int) -> bool:
    """Return whether the path is walked: what was asked for is met, and there is a yes."""
    page.goto(REQUESTS)
    assert page.locator('[data-list="requests-made"] li[data-state="open"]').count() == 0
    assert page.locator('[data-list="requests-made"] li[data-state="met"]').count() >= 1
    for _ in range(READY_MS // PAUSE_MS):
        page.goto(asked_for(yuan))
        if page.locator("[data-preparing]").count() == 0:
            break
        page.wait_for_timeout(PAUSE_MS)
    is_approved = page.locator('#quote [data-decision="approved"]').count() == 1
    return is_approved and page.locator('#quote [data-action^="ask-"]').count() == 0


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_owes_is_asked_by_buttons_and_what_it_does_is_the_yes(
    desk: Open, language: str
) -> None:
    assert core_confirms(desk, language)
    assert buyer_passes(desk, language)


def core_confirms(desk: Open, language: str) -> bool:
    """Return whether it is a yes once the core has confirmed what it was asked to."""
    names, yuan = NAMES[language], CONFIRMED[language]
    asker, _ = ASKERS[language]
    page = desk(asker.lower(), "supplier", asker, language)
    core = desk("lin", "core", CORE, language)
    page.goto(asked_for(yuan))
    assert page.locator('#quote [data-decision="approved"]').count() == 0
    count = page.locator('[data-action="ask-confirm"]').count()
    assert count in (1, 2)
    for left in reversed(range(count)):
        press(page, "ask-confirm", count - left)
        page.goto(asked_for(yuan))
        assert page.locator('[data-action="asked-confirm"]').count() == count - left

    for left in range(count, 0, -1):
        follow(received(core, "confirm", left).first.locator("a.button"))
        assert "/core/payables/ASKED-" in core.url
        follow(core.get_by_role("button", name=names["look"], exact=True))
        act(core, names["confirm"])
        assert core.locator('[role="alert"][data-code]').count() == 0
    return is_done(page, yuan)


def buyer_passes(desk: Open, language: str) -> bool:
    """Return whether it is a yes once that firm has passed a part of a voucher on."""
    names, due, (yuan, passed) = NAMES[language], DUES[language], PASSED
    first, second = ASKERS[language]
    page = desk(second.lower(), "supplier", second, language)
    buyer = desk(first.lower(), "supplier", first, language)
    core = desk("lin", "core", CORE, language)
    issue(core, names, first, due)
    act(core, names["confirm"])
    buyer.goto("/")
    follow(buyer.locator('[data-list="offered"] a.name'))
    act(buyer, names["accept"])
    held = buyer.url

    page.goto(asked_for(yuan))
    press(page, "ask-pass", 1)
    assert received(buyer, "pass", 1).locator("a.button").count() == 1
    buyer.goto(held)
    act(buyer, names["pass"], holder=second, amount=passed)
    page.goto("/my")
    follow(page.locator('[data-list="offered"] a.name'))
    act(page, names["accept"])
    return is_done(page, yuan)
