"""Pages of a firm's loans: lists, plan and statement to the fen, paying with figures before."""

import csv
import html
import io
import re

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx import Response

from app.books.ledger.proof import verify
from tests.app.chain.papers.conftest import Browse, form_of, ids
from tests.app.lending.borrowing.test_asking_pages import code
from tests.app.lending.servicing.lent import opened

PLACE = "/my/loans"


@pytest.fixture(scope="module")
def lent(served: FastAPI) -> FastAPI:
    """Return the service with two loans: in six parts over six months, and at once."""
    parts = {"repayment": "equal_principal", "days": None, "months": 6, "amount_fen": 1_200_000}
    opened(served.state.resources, "PARTS", **parts)
    opened(served.state.resources, "BULLET", amount_fen=300_000)
    return served


@pytest.fixture
def mill(lent: FastAPI, browse: Browse) -> TestClient:
    return browse("mill", "supplier", "MILL")


def pay(browser: TestClient, loan: str, **typed: str) -> Response:
    """Return the answer to the form of a payment, filled in."""
    action = f"{PLACE}/{loan}/repay"
    fields = form_of(browser.get(f"{PLACE}/{loan}").text, action)
    told = {name: html.unescape(value) for name, value in fields.items()} | {"act": ""}
    return browser.post(action, data=told | typed)


def rows(text: str, table: str) -> list[dict[str, str]]:
    """Return what the rows of a table carry for machines."""
    found = re.search(rf'data-list="{table}".*?</table>', text, re.DOTALL)
    assert found is not None
    lines = re.findall(r"<tr (data-id=[^>]*)>", found[0])
    return [dict(re.findall(r'data-([\w-]+)="([^"]*)"', each)) for each in lines]


def test_loans_are_listed_with_what_is_paid_next(mill: TestClient) -> None:
    page = mill.get(PLACE).text

    assert sorted(ids(page, "loans")) == ["BULLET", "PARTS"]
    assert ids(page, "loans")[0] == "PARTS"
    found = [*csv.DictReader(io.StringIO(mill.get(f"{PLACE}.csv").text.lstrip("\ufeff")))]
    assert [each["Next due (CNY)"] for each in found] == [*("2045.00", "3033.75")]
    assert mill.get(f"{PLACE}.xlsx").status_code == 200


def test_a_prepayment_is_shown_both_ways_before_it_is_made(mill: TestClient) -> None:
    shown = mill.post(
        f"{PLACE}/PARTS/repay", data={"act": "preview", "amount": "6,000", "prepay": "1"}
    ).headers["location"]
    page = mill.get(shown.partition("#")[0]).text

    assert 'data-rows="6" data-refused="0" data-fen="600000" data-left-fen="600000"' in page
    lower, shorten = (
        next(each for each in rows(page, "ways") if each["id"] == name)
        for name in ("lower", "shorten")
    )
    assert (lower["rows"], shorten["rows"]) == ("6", "3")
    assert int(shorten["saved-fen"]) > int(lower["saved-fen"]) > 0
    assert rows(mill.get(f"{PLACE}/PARTS").text, "statement")[-1]["kind"] == "draw"


def test_what_is_paid_stands_in_a_statement_that_sums_to_the_fen(
    mill: TestClient, lent: FastAPI
) -> None:
    refused = pay(mill, "PARTS", amount="100", prepay="")
    assert (refused.status_code, code(refused.text)) == (409, "nothing_due")
    assert 'value="100"' in refused.text
    assert pay(mill, "PARTS", amount="0").status_code == 422
    assert pay(mill, "PARTS", amount="999999", prepay="1").status_code == 409
    done = pay(mill, "PARTS", amount="4000.01", prepay="1", mode="shorten")
    assert done.status_code == 303
    page = mill.get(done.headers["location"]).text

    found = rows(page, "statement")
    paid = [each for each in found if each["kind"] == "pay"]
    assert [each["fen"] for each in paid] == ["400001"]
    for each in paid:
        parts = ("principal-fen", "interest-fen", "fees-fen", "penalty-fen")
        assert int(each["fen"]) == sum(int(each[name]) for name in parts)
    assert sum(int(each["change-fen"]) for each in found) == int(found[-1]["outstanding-fen"])
    assert f'data-figure="outstanding" data-fen="{found[-1]["outstanding-fen"]}"' in page
    plan = [
        *csv.DictReader(io.StringIO(mill.get(f"{PLACE}/PARTS/schedule.csv").text.lstrip("\ufeff")))
    ]
    assert sum(round(float(each["Principal (CNY)"]) * 100) for each in plan) == 799_999
    assert mill.get(f"{PLACE}/PARTS/statement.xlsx").status_code == 200
    receipt = mill.get(f"{PLACE}/PARTS/receipts/1.pdf")
    assert (receipt.status_code, receipt.content[:5]) == (200, b"%PDF-")
    assert receipt.content == mill.get(f"{PLACE}/PARTS/receipts/1.pdf").content
    assert verify(lent.state.resources.records).ok


def test_nobody_reads_or_pays_the_loan_of_another(mill: TestClient, browse: Browse) -> None:
    ore, officer = browse("ore", "supplier", "ORE"), browse("olga", "officer")
    token = html.unescape(form_of(ore.get("/my/apply").text, "/my/apply")["csrf"])

    def told(address: str) -> tuple[int, str]:
        """Return how it is refused, without what the request alone has."""
        answer = ore.get(address)
        text = re.sub(r'value="[^"]*"|<code>[^<]*</code>|next=[^"]*', "", answer.text)
        return answer.status_code, text

    for each in ("", "/schedule.csv", "/statement.xlsx", "/receipts/0.pdf"):
        assert told(f"{PLACE}/PARTS{each}") == told(f"{PLACE}/NONE{each}")
        assert told(f"{PLACE}/PARTS{each}")[0] == 404
        assert officer.get(f"{PLACE}/PARTS{each}").status_code == 403
    form = {"csrf": token, "key": "a-key-of-ore", "amount": "1", "prepay": "1"}
    assert ore.post(f"{PLACE}/PARTS/repay", data=form).status_code == 404
    assert ids(ore.get(PLACE).text, "loans") == []
    assert mill.get(f"{PLACE}/PARTS/receipts/99.pdf").status_code == 404


@pytest.mark.parametrize(("by", "periods"), [("month", 12), ("week", 13)])
def test_the_calendar_shows_what_comes_and_what_is_due(
    mill: TestClient, browse: Browse, by: str, periods: int
) -> None:
    page = mill.get(f"/my/calendar?by={by}").text
    twin = re.search(r'class="twin".*?</table>', page, re.DOTALL)
    moves = rows(page, "moves")
    due = [each for each in moves if each["kind"] == "loan"]

    assert twin is not None
    assert twin[0].count('<th scope="row">') == periods
    assert sum(int(each["out-fen"]) > 0 for each in due) == len(due) > 1
    if by == "month":
        total = re.search(r'data-figure="out" data-fen="(\d+)"', page)
        assert total is not None
        assert int(total[1]) == sum(int(each["out-fen"]) for each in due)
    assert browse("olga", "officer").get("/my/calendar").status_code == 403


def test_the_first_page_answers_four_questions(mill: TestClient) -> None:
    page = mill.get("/my").text

    assert re.findall(r'data-answer="(\w+)"', page) == ["amount", "cost", "next", "money"]
    cost = re.search(r'data-answer="cost" data-figure="interest" data-fen="(\d+)"', page)
    assert cost is not None
    assert int(cost[1]) > 0
    assert re.search(r'data-answer="money".*?<time datetime="20\d\d-\d\d-\d\d"', page, re.DOTALL)
    assert 'href="/my/apply"' in page
