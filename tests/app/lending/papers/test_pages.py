"""Pages of papers: a firm hands in and withdraws, an officer takes or refuses, each told why."""

import re
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx import Response

from app.platform.web.areas import WORK
from tests.app.chain.papers.conftest import Browse, browse, form_of
from tests.app.lending.borrowing.conftest import served

__all__ = ["browse", "served"]
OWN, QUEUE = "/my/papers", f"{WORK}/papers"
ORDERS = b"number,buyer,amount_yuan\nO1,CORE1,1000\n"


@pytest.fixture
def mill(browse: Browse) -> TestClient:
    return browse("mill", "supplier", "MILL")


def handed(browser: TestClient, content: bytes, name: str, **typed: str) -> Response:
    fields = form_of(browser.get(OWN).text, OWN)
    carried = {each: fields[each] for each in ("csrf", "key")} | {"kind": "orders"} | typed
    return browser.post(OWN, data=carried, files={"file": (name, content)})


def ids(text: str) -> list[str]:
    return re.findall(r'<li data-id="(\w+)" data-kind', text)


def pressed(browser: TestClient, page: str, address: str, **typed: str) -> Response:
    return browser.post(address, data=form_of(browser.get(page).text, address) | typed)


def test_a_firm_hands_in_and_an_officer_takes_one_and_refuses_the_other(
    mill: TestClient, browse: Browse
) -> None:
    made = [handed(mill, ORDERS + row, "<b>o.csv") for row in (b"1,2,3\n", b"4,5,6\n")]
    named = [handed(mill, ORDERS + row, "o.csv") for row in (b"1,2,3\n", b"4,5,6\n")]
    second, first = ids(mill.get(OWN).text)
    officer = browse("olga", "officer")

    assert [each.status_code for each in (*made, *named)] == [422, 422, 303, 303]
    assert "its name is none" in made[0].text
    assert ids(officer.get(QUEUE).text)[:2] == [second, first]
    assert pressed(officer, QUEUE, f"{QUEUE}/{first}/take").status_code == 303
    silent = pressed(officer, QUEUE, f"{QUEUE}/{second}/refuse", reason=" ")
    assert (silent.status_code, 'data-code="malformed"' in silent.text) == (422, True)
    told = "not <i>yours</i>"
    assert pressed(officer, QUEUE, f"{QUEUE}/{second}/refuse", reason=told).status_code == 303
    shown = mill.get(OWN).text
    assert re.findall(r'data-state="(taken|refused)"', shown) == ["refused", "taken"]
    assert "not &lt;i&gt;yours&lt;/i&gt;" in shown
    assert browse("rita", "risk").get(QUEUE).text.count("/take") == 0
    assert browse("ore", "supplier", "ORE").get(OWN).text.count(first) == 0


def test_a_firm_withdraws_what_waits_and_reads_what_stands_against_it(
    browse: Browse, served: FastAPI
) -> None:
    part = browse("part", "supplier", "PART", "zh")
    assert handed(part, ORDERS, "订单.csv").status_code == 303
    (paper,) = ids(part.get(OWN).text)
    fields = form_of(part.get(OWN).text, f"{OWN}/{paper}/withdraw")

    wrong = handed(part, b"a,b\n1,=2\n", "o.csv")
    assert (wrong.status_code, "第 2 行第 2 列会被表格软件当作公式" in wrong.text) == (422, True)
    other = handed(part, b"<html>", "o.csv")
    assert (other.status_code, "文件内容须为 CSV" in other.text) == (415, True)
    assert part.post(f"{OWN}/{paper}/withdraw", data=fields).status_code == 303
    fields["key"] += "again"
    late = part.post(f"{OWN}/{paper}/withdraw", data=fields)
    assert (late.status_code, "已撤回" in late.text) == (409, True)
    assert list(Path(served.state.resources.home / "papers").rglob(f"*-{paper}")) == []


def test_a_firm_that_is_asked_for_a_statement_is_led_to_where_it_hands_it_in(
    mill: TestClient,
) -> None:
    shown = mill.get(f"{OWN}?kind=statement").text
    assert '<option value="statement" selected>' in shown
    assert '<a class="button" href="/my/papers">' in mill.get("/my/apply").text
