"""Pages of the book for cores, holders, officers and auditors: everybody can use them."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI
from httpx import Client

from app.platform.auth import sessions
from app.platform.auth.principals import Role
from app.platform.web.areas import WORK
from tests.chromium import violations
from tests.journeys.conftest import Open, cookie_of
from tests.journeys.hub import CORE, TIER1, TIER2

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("hub")]
CHAIN = f"{WORK}/accounts/chain%3A{CORE}%3A{TIER1[0]}"
SLOW = pytest.mark.slow
LOOKS = [("en", "light"), *(pytest.param(*each, marks=SLOW) for each in (("zh", "dark"),))]
LENT: dict[str, Any] = {"core": CORE, "product": "data-credit", "amount_fen": 400_000_000}
LENT |= {"tenor_days": 90, "repayment": "bullet"}
READERS: dict[str, tuple[Any, ...]] = {
    "lin": ("core", CORE, "/core", "/core/payables", "/core/vouchers", "/core/vouchers/VOUCHER"),
    "axle": ("supplier", TIER1[0], "/my", "/my/vouchers", "/my/vouchers/PART", "/my/receivables"),
    "cast": ("supplier", TIER1[2], "/my/apply", "/my/applications", "/my/loans", "/my/calendar"),
    "olga": ("officer", None, f"{CHAIN}/reserve", f"{WORK}/uses/USE", CHAIN, "/groups/BOLT", WORK,
             f"{WORK}/applications", f"{WORK}/applications/ASKED", f"{WORK}/loans",
             f"{WORK}/portfolio"),
    "alan": ("auditor", None, "/audit/events", "/audit/events/1", "/audit", "/decisions/DECIDED"),
}  # fmt: skip


@pytest.fixture(scope="module")
def known() -> dict[str, str]:
    """Return the ids that addresses stand for, once they are made."""
    return {}


@pytest.fixture
def made(hub: FastAPI, address: str, known: dict[str, str]) -> Callable[[str], str]:
    """Return what gives the address of a page of a voucher in parts, and of a use."""

    def send(name: str, role: Role, firm: str | None, path: str, body: Any = None) -> Any:
        """Return what the interface answers to somebody's order."""
        cookies = {sessions.COOKIE: cookie_of(hub.state.resources, name, role, firm)}
        with Client(base_url=f"{address}/api/v1", cookies=cookies) as client:
            token = client.get("/session").json()["csrf"]
            headers = {"X-CSRF-Token": token, "Idempotency-Key": str(uuid4())}
            answer = client.post(path, json=body or {}, headers=headers)
        assert answer.is_success, answer.text
        return answer.json()

    if not known:
        holder: tuple[str, Role, str] = ("axle", "supplier", TIER1[0])
        asked = {"holder": TIER1[0], "amount_fen": 9_000_000, "due_on": "2026-10-20"}
        root = send("lin", "core", CORE, "/vouchers", asked)["id"]
        send(*holder, f"/vouchers/{root}/accept")
        split = {"parts": [4_000_000, 5_000_000]}
        part = send(*holder, f"/vouchers/{root}/split", split)["children"][0]["id"]
        passed = send(*holder, f"/vouchers/{part}/pass", {"holder": TIER2})["children"][0]["id"]
        send("ells", "supplier", TIER2, f"/vouchers/{passed}/accept")
        paper = [{"kind": "receivable", "number": "OLD1"}]
        order = {"core": CORE, "firm": TIER1[0], "product": "any", "amount_fen": 100}
        order |= {"documents": paper, "seconds": 600}
        use = send("olga", "officer", None, "/reservations", order)["id"]
        known.update(VOUCHER=root, PART=part, USE=use)
        asked = send("disc", "supplier", TIER1[3], "/applications", LENT)
        known.update(ASKED=asked["id"], DECIDED=asked["decision"]["id"])

    def filled(path: str) -> str:
        """Return the address that a path stands for."""
        for name, value in known.items():
            path = path.replace(name, value)
        return path

    return filled


@pytest.mark.parametrize(("language", "theme"), LOOKS)
@pytest.mark.parametrize("reader", READERS)
def test_everybody_can_read_and_use_the_pages_of_the_book(
    desk: Open,
    made: Callable[[str], str],
    address: str,
    reader: str,
    language: str,
    theme: str,
) -> None:
    """A page is loaded as on a phone, then its window is made as wide as on a desk."""
    role, firm, *paths = READERS[reader]
    page = desk(reader, role, firm, language)
    page.context.add_cookies([{"name": "deeptier_theme", "value": theme, "url": address}])
    for path in paths:
        page.set_viewport_size({"width": 390, "height": 844})
        assert page.goto(made(path)).status == 200, path
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
        page.set_viewport_size({"width": 1440, "height": 900})
        assert violations(page) == [], path


@pytest.mark.parametrize("language", ["zh", pytest.param("en", marks=SLOW)])
def test_a_refused_reservation_names_what_lacks_and_keeps_what_was_typed(
    desk: Open, language: str
) -> None:
    page = desk("olga", "officer", None, language)
    page.goto(f"{CHAIN}/reserve")
    typed = {"product": "any", "amount": "99,999,999", "documents": "OLD1"}
    for field, value in typed.items():
        page.fill(f'[name="{field}"]', value)
    page.locator("main form button").click()
    alert = page.locator('[role="alert"][data-code="limit_exceeded"]')
    lacks = alert.locator('[data-list="lacks"] li')
    named = {lacks.nth(at).get_attribute("data-id") for at in range(lacks.count())}
    assert {f"chain:{CORE}:{TIER1[0]}", "receivable:OLD1"} <= named
    assert {field: page.input_value(f'[name="{field}"]') for field in typed} == typed
    assert violations(page) == []
