"""Pages on which a firm asks, is answered, accepts, signs and draws; each sees its own alone."""

import html
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx import Response

from app.books.ledger.proof import verify
from app.platform.web.areas import WORK
from tests.app.chain.papers.conftest import Browse, form_of, ids
from tests.app.lending.servicing.test_agreed_fees import charges

APPLY, PLACE = "/my/apply", "/my/applications"
ON_PAPER = {
    "product": "document-finance",
    "core": "CORE1",
    "amount": "20,000",
    "tenor_days": "90",
    "tenor_months": "",
    "repayment": "bullet",
    "purpose": "working_capital",
    "documents": "receivable:R1",
}


@pytest.fixture
def mill(browse: Browse) -> TestClient:
    return browse("mill", "supplier", "MILL")


def apply(browser: TestClient, **typed: str) -> Response:
    """Return the answer to the form of an application, filled in."""
    carried = form_of(browser.get(APPLY).text, APPLY)
    fields = {name: carried[name] for name in ("csrf", "key")}
    return browser.post(APPLY, data=fields | ON_PAPER | typed)


def act(browser: TestClient, address: str, act: str, **typed: str) -> Response:
    """Return the answer to a form of the page of an application, filled in."""
    shown = browser.get(address)
    fields = form_of(shown.text, f"{address}/{act}")
    return browser.post(
        f"{address}/{act}", data={k: html.unescape(v) for k, v in fields.items()} | typed
    )


def state(text: str) -> str:
    found = re.search(r'<main[^>]*data-state="(\w+)"', text)
    assert found is not None
    return found[1]


def code(text: str) -> str:
    found = re.search(r'role="alert" data-code="(\w+)"', text)
    return found[1] if found else ""


def test_fees_are_told_in_yuan_with_what_the_loan_costs_in_a_year(
    browse: Browse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    charges(tmp_path, monkeypatch)
    for language, words in (
        ("en", "Prepayment fee: of a prepayment, 1% of the principal repaid early"),
        ("zh", "提前还款费：提前还款时，提前归还本金的 1%"),
    ):
        browser = browse("mill", "supplier", "MILL", language)
        shown = browser.get(f"{APPLY}?{urlencode(ON_PAPER)}").text
        first = browser.get("/my").text

        # 0.1 % of 20,000 yuan at the draw, 5 yuan on the due day.
        assert 'data-figure="fees" data-fen="2500">25.00<' in shown
        assert '<dd data-figure="effective_rate">3.08%</dd>' in shown
        assert f'<p class="muted" data-fee>{words}</p>' in shown
        assert ("无费用" if language == "zh" else "no fees") not in first


def test_a_firm_asks_accepts_signs_and_files_an_account(mill: TestClient, served: FastAPI) -> None:
    made = apply(mill)
    address = made.headers["location"].partition("?")[0]
    shown = mill.get(made.headers["location"]).text

    assert (made.status_code, state(shown)) == (303, "approved")
    assert 'data-decision="approved"' in shown
    assert 'data-done="apply"' in shown
    assert ids(shown, "plan") == ["1"]
    assert [act(mill, address, each).status_code for each in ("accept", "sign", "account")] == [
        *(303, 303, 422),
    ]
    assert act(mill, address, "account", account="6222 0001").status_code == 303
    signed = mill.get(address).text
    assert state(signed) == "signed"
    assert 'data-filing="6222 0001"' in signed
    refused = act(mill, address, "draw", account="6222 0001")
    assert (refused.status_code, code(refused.text)) == (409, "rule")
    assert 'value="6222 0001"' in refused.text
    assert state(refused.text) == "signed"
    assert act(mill, address, "withdraw").status_code == 303
    assert state(mill.get(address).text) == "withdrawn"
    assert verify(served.state.resources.records).ok


def test_the_form_shows_every_product_and_keeps_nothing(mill: TestClient) -> None:
    before = ids(mill.get(PLACE).text, "applications")
    page = mill.get(APPLY).text
    moved = mill.post(APPLY, data=ON_PAPER | {"act": "quote"})
    quoted = mill.get(moved.headers["location"]).text

    offers = re.findall(r'<li data-id="([\w-]+)" data-outcome="(\w*)"', page)
    assert sorted(name for name, _ in offers) == [
        "data-credit",
        "document-finance",
        "order-finance",
    ]
    assert 'data-figure="amount" data-fen="2000000"' in quoted
    assert 'value="20,000"' in quoted
    assert "csrf" not in moved.headers["location"]
    assert ids(mill.get(PLACE).text, "applications") == before
    for word in ("pd", "lgd", "ftp", "capital cost"):
        assert not re.search(rf"\b{word}\b", quoted.lower()), word


@pytest.mark.parametrize(
    ("typed", "status", "told"),
    [
        ({"amount": "1e3"}, 422, "malformed"),
        ({"tenor_months": "3"}, 422, "malformed"),
        ({"tenor_days": "x"}, 422, "malformed"),
        ({"repayment": "equal_principal"}, 409, "rule"),
        ({"documents": "receivable:NONE"}, 409, "rule"),
        ({"product": "none"}, 404, "not_found"),
        ({"core": "NONE"}, 404, "not_found"),
        ({"csrf": "x"}, 403, "csrf"),
    ],
)
def test_what_is_refused_stays_as_it_was_typed(
    mill: TestClient, typed: dict[str, str], status: int, told: str
) -> None:
    before = ids(mill.get(PLACE).text, "applications")
    refused = apply(mill, **typed)

    assert (refused.status_code, code(refused.text)) == (status, told)
    assert f'value="{(ON_PAPER | typed)["amount"]}"' in refused.text
    assert ids(mill.get(PLACE).text, "applications") == before


def test_a_form_that_is_sent_twice_counts_once(mill: TestClient) -> None:
    carried = form_of(mill.get(APPLY).text, APPLY)
    fields = {name: carried[name] for name in ("csrf", "key")} | ON_PAPER | {"amount": "10000"}
    first, second = (mill.post(APPLY, data=fields) for _ in range(2))

    assert first.headers["location"] == second.headers["location"]
    address = first.headers["location"].partition("?")[0]
    stale = form_of(mill.get(address).text, f"{address}/withdraw")
    assert act(mill, address, "accept").status_code == 303
    late = mill.post(f"{address}/withdraw", data={k: html.unescape(v) for k, v in stale.items()})
    assert (late.status_code, code(late.text), state(late.text)) == (409, "stale", "offer_accepted")
    assert act(mill, address, "withdraw").status_code == 303


def test_what_is_somebody_elses_is_as_if_it_were_not_there(
    mill: TestClient, browse: Browse, served: FastAPI
) -> None:
    made = (
        apply(mill, amount="9000", documents="receivable:R1").headers["location"].partition("?")[0]
    )
    ore, officer = browse("ore", "supplier", "ORE"), browse("olga", "officer")

    def told(browser: TestClient, address: str, **form: Any) -> tuple[int, str]:
        """Return how it is refused, without what the request alone has."""
        answer = browser.post(address, data=form) if form else browser.get(address)
        text = re.sub(r'value="[^"]*"|<code>[^<]*</code>|next=[^"]*', "", answer.text)
        return answer.status_code, text.replace(address, "")

    assert told(ore, made) == told(ore, f"{PLACE}/none")
    carried = form_of(ore.get(APPLY).text, APPLY)
    for each in ("accept", "withdraw", "sign", "account"):
        fields = {
            "csrf": html.unescape(carried["csrf"]),
            "key": f"{each}-key-of-ore",
            "account": "1",
        }
        assert told(ore, f"{made}/{each}", **fields)[0] == 404, each
    assert mill.post(f"{made}/{'none'}", data={}).status_code == 422
    for address in (APPLY, PLACE, f"{PLACE}.csv", made):
        assert officer.get(address).status_code == 403, address
    assert ids(ore.get(PLACE).text, "applications") == []
    assert ids(mill.get(f"{PLACE}?turn=firm").text, "applications") != []
    assert mill.get(f"{PLACE}.csv").text.count("\r\n") >= 2
    assert act(mill, made, "withdraw").status_code == 303


def test_every_page_counts_what_waits_and_the_search_finds_it(
    mill: TestClient, browse: Browse
) -> None:
    def waits(path: str = "/my/calendar") -> list[tuple[str, str]]:
        """Return the counts of the navigation, by where they lead."""
        return re.findall(r'href="(/my[^"]*)"[^>]*>.*?data-waits="(\d+)"', mill.get(path).text)

    before = dict(waits())
    made = apply(mill, amount="8000", documents="receivable:R1").headers["location"]
    address = made.partition("?")[0]
    name = address.rpartition("/")[2]

    assert dict(waits())[PLACE] == str(int(before.get(PLACE, "0")) + 1)
    assert dict(waits("/my/none")) == {}
    assert mill.get(f"/search?q={name}").headers["location"] == address
    assert f'href="{address}"' in mill.get(f"/search?q={name[:8]}").text
    ore = browse("ore", "supplier", "ORE").get(f"/search?q={name}")
    assert (ore.status_code, name in re.sub(r'value="[^"]*"|next=[^"]*', "", ore.text)) == (
        200,
        False,
    )
    officer = browse("olga", "officer").get(f"/search?q={name}")
    assert officer.headers["location"] == f"{WORK}/applications/{name}"
    assert act(mill, address, "withdraw").status_code == 303
    assert dict(waits()) == before
