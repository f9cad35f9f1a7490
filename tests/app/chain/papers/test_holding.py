"""Pages of holders of vouchers: accepted, split, passed on; each sees what is theirs."""

import datetime as dt
import html
import re
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx import Response

from app.chain.papers.issuing import DO
from app.chain.papers.vouchers import LOOK
from app.chain.vouchers import service
from app.chain.vouchers.endings import close
from app.chain.vouchers.repository import WantedVouchers
from app.platform.web.areas import WORK
from tests.app.chain.papers.conftest import Browse, form_of, ids

ISSUED, HELD, ALL = "/core/vouchers", "/my/vouchers", WORK + "/vouchers"
DUE = "2026-09-30"
REFUSED = [
    ("split", {"parts": "1"}, 422, "malformed"),
    ("split", {"parts": "1\nx"}, 422, "malformed"),
    ("split", {"parts": "1\n2"}, 409, "rule"),
    ("pass", {"holder": ""}, 422, "malformed"),
    ("pass", {"holder": "PART"}, 409, "rule"),
    ("pass", {"holder": "ORE", "amount": "1e3"}, 422, "malformed"),
    ("pass", {"holder": "ORE", "amount": "6000"}, 409, "rule"),
]


@pytest.fixture
def core(browse: Browse) -> TestClient:
    return browse("issuer", "core", "CORE1")


@pytest.fixture
def mill(browse: Browse) -> TestClient:
    return browse("mill", "supplier", "MILL")


@pytest.fixture
def ore(browse: Browse) -> TestClient:
    return browse("ore", "supplier", "ORE")


def sent(browser: TestClient, action: str, **typed: Any) -> Response:
    """Return the answer to a form of a page, filled in."""
    shown = browser.get(action.rpartition("/")[0])
    return browser.post(action, data=form_of(shown.text, action) | typed)


def issue(core: TestClient, served: FastAPI, yuan: str = "100000", **more: str) -> str:
    """Issue a voucher to MILL by the pages of its core; return its number."""
    typed = {"holder": "MILL", "amount": yuan, "due_on": DUE} | more
    page = core.post(LOOK, data=form_of(core.get(ISSUED).text, LOOK) | typed).text
    asked = {key: html.unescape(value) for key, value in form_of(page, DO).items()}
    done = core.post(DO, data=asked)
    assert done.status_code == 303, done.text
    found = service.page(served.state.resources, WantedVouchers(issuer="CORE1"))
    return str(max(found, key=lambda row: row["event"])["voucher"])


def accept(browser: TestClient, number: str) -> None:
    assert sent(browser, f"{HELD}/{number}/accept").status_code == 303


def below(page: str) -> list[tuple[str, str, str]]:
    """Return the nodes of the tree of a page: state, fen, tier."""
    return re.findall(r'data-state="(\w+)" data-fen="(\d+)"[^>]* data-tier="(\d)"', page)


def main_of(page: str, number: str) -> str:
    """Return what a page says, but for the number of a voucher and that of the request."""
    said = page.partition("<main")[2].partition("</main>")[0].replace(number, "")
    return re.sub("<code>[0-9a-f]{16}</code>", "", said)


def children(page: str, number: str) -> list[str]:
    found = re.findall(r'<li data-id="([^"]+)"', page)
    return [each for each in found if each != number]


def test_a_voucher_is_split_and_passed_down_and_each_reads_the_part_below(
    browse: Browse, core: TestClient, mill: TestClient, ore: TestClient, served: FastAPI
) -> None:
    number = issue(core, served)
    assert ids(mill.get(HELD).text, "vouchers")[0] == number
    assert "data-waiting" in mill.get(HELD).text
    accept(mill, number)
    split = sent(mill, f"{HELD}/{number}/split", parts="40000\n60,000.00")
    assert split.status_code == 303
    page = mill.get(f"{HELD}/{number}").text
    parts = [("held", "4000000", "1"), ("held", "6000000", "1")]
    assert sorted(below(page)) == [*parts, ("split", "10000000", "1")]

    part = children(page, number)[0]
    passed = sent(mill, f"{HELD}/{part}/pass", holder="ORE", amount="10000")
    assert passed.status_code == 303
    (child,) = children(mill.get(f"{HELD}/{part}").text, part)
    accept(ore, child)
    assert below(ore.get(f"{HELD}/{child}").text) == [("held", "1000000", "2")]
    assert ore.get(f"{HELD}/{part}").status_code == 404
    assert ore.get(f"{HELD}/{number}").status_code == 404
    bank = browse("officer", "officer").get(f"{ALL}/{number}").text
    assert "白云矿业有限公司" in bank
    assert below(bank) == below(core.get(f"{ISSUED}/{number}").text)


def test_a_form_counts_once_and_belongs_to_its_session(
    core: TestClient, mill: TestClient, served: FastAPI
) -> None:
    number = issue(core, served, "5000")
    accept(mill, number)
    action = f"{HELD}/{number}/split"
    split = form_of(mill.get(f"{HELD}/{number}").text, action) | {"parts": "1000 4000"}
    forged = mill.post(action, data=split | {"csrf": "x"})
    assert (forged.status_code, 'data-code="csrf"' in forged.text) == (403, True)
    assert [mill.post(action, data=split).status_code for _ in range(2)] == [303, 303]
    assert len(children(mill.get(f"{HELD}/{number}").text, number)) == 2
    late = mill.post(action, data=split | {"key": "another"})
    assert (late.status_code, 'data-code="wrong_state"' in late.text) == (409, True)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_refused_step_moves_nothing_and_keeps_what_was_typed(
    browse: Browse, core: TestClient, served: FastAPI, language: str
) -> None:
    mill = browse("mill", "supplier", "MILL", language)
    number = issue(core, served, "5000")
    accept(mill, number)
    for act, typed, status, code in REFUSED:
        page = sent(mill, f"{HELD}/{number}/{act}", **typed)
        assert (page.status_code, f'data-code="{code}"' in page.text) == (status, True), typed
        (told,) = re.findall(rf'data-code="{code}">(.*?)</p>', page.text)
        assert bool(re.search("[一-鿿]", told)) == (language == "zh"), told
        assert all(value in page.text for value in typed.values())
        assert below(page.text) == [("held", "500000", "1")]


def test_what_is_rejected_or_disputed_waits_no_longer(
    core: TestClient, mill: TestClient, served: FastAPI
) -> None:
    number = issue(core, served, "5000")
    assert sent(mill, f"{HELD}/{number}/reject").status_code == 303
    assert 'data-state="rejected"' in mill.get(f"{HELD}/{number}").text
    number = issue(core, served, "5000")
    assert sent(core, f"{ISSUED}/{number}/dispute", reason="<b>short").status_code == 303
    assert "/accept" not in mill.get(f"{HELD}/{number}").text


def test_what_is_another_s_is_not_there(
    browse: Browse, core: TestClient, mill: TestClient, served: FastAPI
) -> None:
    number = issue(core, served, "5000")
    fields = form_of(mill.get(f"{HELD}/{number}").text, f"{HELD}/{number}/accept")
    part, bank = browse("part", "supplier", "PART"), browse("officer", "officer")
    absent = part.get(f"{HELD}/{number}")
    assert absent.status_code == 404
    alike = part.get(f"{HELD}/V2026-CORE1-XXXXXXXXXXXX").text
    assert main_of(absent.text, number) == main_of(alike, "V2026-CORE1-XXXXXXXXXXXX")
    assert part.post(f"{HELD}/{number}/accept", data=fields).status_code == 404
    assert number not in part.get(HELD).text + part.get(HELD + ".csv").text
    assert mill.get(f"/search?q={number}").headers["location"] == f"{HELD}/{number}"
    assert core.get(f"/search?q={number}").headers["location"] == f"/core/vouchers/{number}"
    assert bank.get(f"/search?q={number}").headers["location"] == f"{ALL}/{number}"
    assert part.get(f"/search?q={number}").status_code == 200
    assert f'data-id="{number}"' in bank.get(f"/search?q={number[:-1].lower()}").text
    assert f'data-id="{number}"' not in part.get(f"/search?q={number[:-1]}").text
    assert [bank.get(HELD).status_code, core.get(ALL).status_code] == [403, 403]
    assert [core.get(f"{ALL}/{number}").status_code, mill.get(ALL + ".csv").status_code] == [
        403
    ] * 2
    assert bank.post(f"{HELD}/{number}/accept", data=fields).status_code == 403
    assert mill.post(f"{HELD}/{number}/burn", data=fields).status_code in (404, 422)


def test_the_list_of_the_bank_is_filtered_and_comes_as_a_file(
    browse: Browse, core: TestClient, served: FastAPI
) -> None:
    number = issue(core, served, "7000")
    bank = browse("officer", "officer")
    place = f"{ALL}?state=issued&share=whole&due=later&sort=-number&query={number.lower()}"
    assert ids(bank.get(place).text, "vouchers") == [number]
    csv = bank.get(place.replace("?", ".csv?")).text.splitlines()
    assert [line.split(",")[0] for line in csv[1:]] == [number]
    assert "7000.00" in csv[1]
    assert bank.get(f"{ALL}.xlsx").content[:2] == b"PK"
    assert ids(bank.get(f"{ALL}?state=paid").text, "vouchers") == []


def test_views_of_lists_of_documents_are_saved(browse: Browse, mill: TestClient) -> None:
    for place in (HELD, "/my/receivables"):
        fields = form_of(mill.get(f"{place}?state=held").text, "/views")
        assert mill.post("/views", data=fields | {"name": "mine"}).status_code == 303
        assert ">mine</a>" in mill.get(place).text


def test_one_that_replaces_a_receivable_leads_to_it_and_is_settled_when_due(
    core: TestClient, mill: TestClient, served: FastAPI
) -> None:
    number = issue(core, served, "", receivables="R1")
    assert 'href="/my/receivables/R1"' in mill.get(f"{HELD}/{number}").text
    assert f'href="{HELD}/{number}"' in mill.get("/my/receivables/R1").text
    accept(mill, number)
    close(served.state.resources, dt.date.fromisoformat(DUE))
    assert sent(core, f"{ISSUED}/{number}/settle").status_code == 303
    assert 'data-state="settled"' in mill.get(f"{HELD}/{number}").text
