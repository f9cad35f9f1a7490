"""What a path to yes offers to do by pages: each button acts once, and who is asked sees it."""

import re

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.books.ledger.proof import verify
from app.lending.borrowing import own_chains
from tests.app.chain.booked import PLENTY, set_up
from tests.app.chain.papers.conftest import Browse, form_of

REQUESTS, HELD, CLAIMS, PAYABLES = (
    *("/my/requests", "/my/vouchers", "/my/receivables"),
    "/core/payables",
)
ASKED = "/my/apply?product=document-finance&core=CORE1&amount=10000&tenor_days=60"
OF_ORE = {"firm:ORE": PLENTY, "chain:CORE1:ORE": 0, "relation:CORE1:ORE": 0}


@pytest.fixture
def ore(browse: Browse, served: FastAPI) -> TestClient:
    set_up(served.state.resources, OF_ORE)
    return browse("ore", "supplier", "ORE")


def actions(text: str) -> list[str]:
    return re.findall(r'data-action="([\w-]+)"', text)


def test_a_firm_without_documents_asks_its_buyer_for_a_voucher_once(
    ore: TestClient, browse: Browse, served: FastAPI
) -> None:
    shown = ore.get(ASKED).text
    assert '<p data-step="pass" data-firm="MILL">' in shown
    assert actions(shown) == ["ask-pass"]
    form = form_of(shown, REQUESTS)
    assert (form["kind"], form["of"], form["core"]) == ("pass", "MILL", "CORE1")
    done = [ore.post(REQUESTS, data=form) for _ in range(2)]
    assert {each.headers["location"] for each in done} == {f"{REQUESTS}?done=ask"}

    for language, words in (("en", "Asked on 2026-06-30"), ("zh", "已于 2026-06-30 请求")):
        ore.cookies.set("deeptier_language", language)
        shown = ore.get(ASKED).text
        assert actions(shown) == ["asked-pass", "see"]
        assert words in shown
    mill = browse("mill", "supplier", "MILL")
    assert 'data-asked="1"' in mill.get(HELD).text
    page = mill.get(REQUESTS).text
    assert 'data-list="requests-received" data-total="1"' in page
    assert re.search(rf'href="{REQUESTS}"(?:(?!</a>).)*data-waits="1"', page, re.DOTALL)
    assert ore.get(REQUESTS).text.count('data-state="open"') == 1
    assert verify(served.state.resources.records).ok


def test_a_core_is_asked_by_the_page_of_a_receivable_and_sees_it_among_its_payables(
    browse: Browse,
) -> None:
    part, core = browse("part", "supplier", "PART"), browse("debtor", "core", "CORE2")
    page = part.get(f"{CLAIMS}/R3").text
    form = form_of(page, REQUESTS)
    assert actions(page) == ["ask-confirm"]
    forged = part.post(REQUESTS, data=form | {"csrf": "x"})
    assert forged.status_code == 403
    assert "data-asked" not in core.get(PAYABLES).text
    assert part.post(REQUESTS, data=form).status_code == 303

    assert "data-asked=" in part.get(f"{CLAIMS}/R3").text
    listed = core.get(PAYABLES).text
    assert re.search(rf'href="{REQUESTS}"(?:(?!</a>).)*data-waits="1"', listed, re.DOTALL)
    assert 'data-asked-for="1"' in listed
    assert 'data-asked="2026-06-30"' in listed
    assert 'data-asked="2026-06-30"' in core.get(f"{PAYABLES}/R3").text

    areas = core.get(REQUESTS).text.partition("</nav>")[0]
    assert re.findall(r'href="([^"]*)" aria-current="page"', areas) == [REQUESTS]
    assert areas.count("aria-current") == 1

    others = browse("mill", "supplier", "MILL")
    refused = others.post(REQUESTS, data=form_of_others(others, form))
    assert (refused.status_code, 'data-code="not_found"' in refused.text) == (404, True)
    withdrawn = re.search(rf'action="({REQUESTS}/\w+/withdraw)"', part.get(REQUESTS).text)
    assert withdrawn is not None
    ended = part.post(withdrawn[1], data=form_of(part.get(REQUESTS).text, withdrawn[1]))
    assert ended.headers["location"] == f"{REQUESTS}?done=withdraw"
    assert "data-asked" not in core.get(PAYABLES).text


def test_a_document_is_offered_once_it_has_its_account(
    browse: Browse, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = "/my/apply?product=document-finance&core=CORE1"
    mill, paper = browse("mill", "supplier", "MILL"), "receivable:R1"
    page = mill.get(asked).text
    assert "data-preparing" not in page
    assert re.search(rf'value="{paper}"[^>]* checked', page)
    monkeypatch.setattr(own_chains, "accounts_of", lambda *_: ())
    page = mill.get(asked).text
    assert f'data-preparing="{paper}"' in page
    assert "being prepared" in page
    assert f'value="{paper}"' not in page


def form_of_others(browser: TestClient, form: dict[str, str]) -> dict[str, str]:
    """Return a form as somebody else would send it."""
    own = form_of(browser.get("/my/apply").text, "/my/apply")
    return form | {"csrf": own["csrf"], "key": "another"}
