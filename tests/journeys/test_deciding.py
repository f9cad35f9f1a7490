"""J4 and J8: people decide what is referred, the first of them cannot; an auditor replays it."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI
from httpx import Client

from app.platform.auth import sessions
from app.platform.web.areas import WORK
from tests.chromium import violations
from tests.journeys.conftest import Open, cookie_of
from tests.journeys.hub import CORE, TIER1
from tests.journeys.test_confirming import twice
from tests.journeys.test_voucher import follow

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("hub")]
LOOKS_MAX = 100
FIRMS = {"zh": TIER1[2], "en": TIER1[1]}  # Each language takes the credit of a firm of its own.
KEYS = ("recommend", "decide", "next", "replay", "verify", "reload")
NAMES = {
    "zh": dict(zip(KEYS, ("推荐", "决定", "下一件", "重放", "校验", "刷新进度"), strict=True)),
    "en": dict(
        zip(KEYS, ("Recommend", "Decide", "Next", "Replay", "Verify", "Reload"), strict=True)
    ),
}
ASKED: dict[str, Any] = {
    "core": CORE,
    "product": "data-credit",
    "amount_fen": 400_000_000,
    "tenor_days": 90,
    "repayment": "bullet",
    "purpose": "working_capital",
}


@pytest.fixture
def referred(hub: FastAPI, address: str) -> Callable[[str], str]:
    """Return what gives an application of a firm that people decide."""

    def applied(firm: str) -> str:
        """Return its id."""
        cookie = cookie_of(hub.state.resources, firm.lower(), "supplier", firm)
        with Client(base_url=f"{address}/api/v1", cookies={sessions.COOKIE: cookie}) as client:
            token = client.get("/session").json()["csrf"]
            headers = {"X-CSRF-Token": token, "Idempotency-Key": str(uuid4())}
            answer = client.post("/applications", json=ASKED, headers=headers)
        assert (answer.status_code, answer.json()["state"]) == (201, "referred"), answer.text
        return str(answer.json()["id"])

    return applied


def state_of(page: Any) -> str:
    return str(page.locator("main").get_attribute("data-state"))


@pytest.mark.parametrize("language", ["zh", pytest.param("en", marks=pytest.mark.slow)])
def test_one_officer_recommends_another_decides_and_an_auditor_replays_it(
    desk: Open, referred: Callable[[str], str], language: str
) -> None:
    names, name = NAMES[language], referred(FIRMS[language])
    first, second = (desk(each, "officer", None, language) for each in ("olga", "omar"))

    first.goto(WORK)
    follow(first.locator(f'tr[data-id="{name}"] a.name'))
    assert state_of(first) == "referred"
    assert first.locator('[data-decision="referred"] [data-way]').count() > 0
    assert first.get_by_role("button", name=names["decide"], exact=True).count() == 0
    first.fill('[name="amount"]', "2,000,000")
    first.fill("#recommend-comment", "账款按期收回" if language == "zh" else "pays in time")
    with first.expect_navigation():
        twice(first, names["recommend"])
    assert state_of(first) == "recommended"
    assert first.get_by_role("button", name=names["decide"], exact=True).count() == 0
    assert first.locator('[data-waits] [data-against="same_person"]').count() == 1

    second.goto(WORK)
    follow(second.get_by_role("link", name=names["next"], exact=True))
    assert second.url.endswith(name)
    view = second.locator('[data-view-by="olga"]')
    assert view.locator('[data-figure="recommended"]').get_attribute("data-fen") == "200000000"
    assert violations(second) == []
    with second.expect_navigation():
        twice(second, names["decide"])
    assert state_of(second) == "approved", second.locator('[role="alert"]').all_inner_texts()
    offered = second.locator('[data-figure="offered"]').get_attribute("data-fen")
    assert offered == "200000000"
    first.reload()
    assert (state_of(first), first.locator("form#decide").count()) == ("approved", 0)
    audited(desk("alan", "auditor", None, language), name, names)


def audited(page: Any, application: str, names: dict[str, str]) -> None:
    """J8: replay the decision on an application, and check the chain of events."""
    page.goto("/audit")
    row = page.locator("tr", has=page.locator(f'a[href$="/applications/{application}"]'))
    follow(row.locator("a.name"))
    with page.expect_navigation():
        page.get_by_role("button", name=names["replay"], exact=True).click()
    assert page.locator('[data-same="true"]').count() == 1
    page.locator("nav.areas").get_by_role("link").last.click()  # The events.
    with page.expect_navigation():
        page.get_by_role("button", name=names["verify"], exact=True).click()
    for _ in range(LOOKS_MAX):
        if page.locator("[data-ok]").count():
            break
        with page.expect_navigation():
            page.get_by_role("link", name=names["reload"], exact=True).click()
    told = page.locator("[data-ok]")
    assert told.get_attribute("data-ok") == "true"
    assert int(told.get_attribute("data-events")) > 1
