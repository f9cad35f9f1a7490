"""Pages of vouchers of a core: tried before they are issued, all or none, and read as a tree."""

import re

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from tests.app.chain.booked import send
from tests.app.chain.papers.conftest import Browse, form_of, ids

LOOK, DO, LIST = "/core/issuing", "/core/issuing/done", "/core/vouchers"
DUE = "2026-09-30"


def issued(core: TestClient, **fields: str) -> str:
    """Issue one voucher by its form; return its number."""
    before = set(ids(core.get(LIST).text, "vouchers"))
    sent = form_of(core.get(LIST).text, LOOK) | {"holder": "PART", "due_on": DUE} | fields
    page = core.post(LOOK, data=sent)
    assert page.status_code == 200, page.text
    assert core.post(DO, data=unescaped(form_of(page.text, DO))).status_code == 303
    (number,) = set(ids(core.get(LIST).text, "vouchers")) - before
    return number


def unescaped(fields: dict[str, str]) -> dict[str, str]:
    return {name: text.replace("&#34;", '"').replace("&amp;", "&") for name, text in fields.items()}


def test_a_file_of_vouchers_is_tried_row_by_row_and_a_wrong_one_stops_all(browse: Browse) -> None:
    core = browse("core 2", "core", "CORE2")
    fields = form_of(core.get(LIST).text, LOOK)
    rows = [
        "持有人,金额,到期日,追索",
        f"PART,100.5,{DUE},是",
        f"NOBODY,1,{DUE},",
        f"PART,1.005,{DUE},",
        "PART,1,2026-02-30,",
        f"PART,99999999999,{DUE},",
        f"PART,200,{DUE},maybe",
        "PART,2,2026年9月1日,否",
    ]
    page = core.post(LOOK, data=fields, files={"file": ("v.csv", "\n".join(rows).encode())})
    assert page.status_code == 200
    assert re.findall(r'data-line="(\d+)" data-why="(\w+)"', page.text) == [
        ("3", "rule"),
        ("4", "malformed"),
        ("5", "malformed"),
        ("6", "limit_exceeded"),
        ("7", "malformed"),
    ]
    assert 'data-rows="2" data-refused="5" data-fen="10250"' in page.text
    assert DO not in page.text
    assert "Nothing was done: there is no trade" not in page.text
    assert page.text.count("The amount is positive") == 1


def test_vouchers_of_a_file_are_issued_together_and_once(browse: Browse) -> None:
    core = browse("core 2", "core", "CORE2")
    fields = form_of(core.get(LIST).text, LOOK)
    rows = f"holder,amount,due_on\nPART,1000,{DUE}\nPART,2000,2026/10/1\n"
    page = core.post(LOOK, data=fields, files={"file": ("v.csv", rows.encode())}).text
    left = int(re.findall(r'data-left-fen="(\d+)"', page)[0])
    before = ids(core.get(LIST).text, "vouchers")
    sent = unescaped(form_of(page, DO))
    assert core.post(DO, data=sent | {"csrf": "x"}).status_code == 403
    assert core.post(DO, data=sent | {"vouchers": "[1]"}).status_code == 422
    done, again = core.post(DO, data=sent), core.post(DO, data=sent)
    assert (done.status_code, again.status_code) == (303, 303)
    text = core.get(done.headers["location"]).text
    assert len(ids(text, "vouchers")) == len(before) + 2
    assert f'data-figure="available" data-fen="{left}"' in text


def test_who_comes_back_without_a_voucher_is_led_to_the_list(browse: Browse) -> None:
    core = browse("core 2", "core", "CORE2")
    for address in (LOOK, DO):
        assert core.get(address).headers["location"] == LIST


def test_what_was_typed_stays_beside_what_stands_against_it(browse: Browse) -> None:
    core = browse("core 2", "core", "CORE2")
    sent = form_of(core.get(LIST).text, LOOK) | {
        "holder": '"><b>x',
        "amount": "12",
        "due_on": DUE,
    }
    page = core.post(LOOK, data=sent)
    assert (page.status_code, 'data-code="rule"' in page.text) == (409, True)
    assert "<b>x" not in page.text
    assert 'value="&#34;&gt;&lt;b&gt;x"' in page.text


def test_a_voucher_is_read_as_a_tree_disputed_and_cancelled(
    browse: Browse, served: FastAPI
) -> None:
    core = browse("core 2", "core", "CORE2")
    number = issued(core, amount="300")
    place = f"{LIST}/{number}"
    page = core.get(place).text
    assert f'<li data-id="{number}" data-state="issued" data-fen="30000"' in page
    dispute = form_of(page, place + "/dispute")
    assert core.post(place + "/dispute", data=dispute).status_code == 422
    assert core.post(place + "/dispute", data=dispute | {"reason": "wrong"}).status_code == 303
    cancel = form_of(core.get(place).text, place + "/cancel")
    assert core.post(place + "/cancel", data=cancel).status_code == 303
    assert 'data-state="cancelled"' in core.get(place).text
    assert core.post(place + "/cancel", data=cancel | {"key": "other-key"}).status_code == 409


def test_who_holds_a_cores_paper_is_told_once_it_is_accepted(
    browse: Browse, served: FastAPI
) -> None:
    core, firm = browse("core 2", "core", "CORE2"), browse("part", "supplier", "PART")
    number = issued(core, amount="700")
    token = {"X-CSRF-Token": firm.get("/api/v1/session").json()["csrf"]}
    assert send(firm, token, f"/vouchers/{number}/accept").status_code == 200
    text = core.get(LIST).text
    assert ids(text, "holders") == ["PART"]
    assert "cancel" not in core.get(f"{LIST}/{number}").text.split("</nav>")[1]
    answer = core.get(LIST + ".csv?state=held").text
    assert number in answer


@pytest.mark.parametrize("path", [LIST, LIST + ".csv", LIST + "/V1"])
def test_others_do_not_come_to_the_vouchers_of_a_core(browse: Browse, path: str) -> None:
    assert browse("part", "supplier", "PART").get(path).status_code == 403
    assert browse("officer", "officer").get(path).status_code == 403


def test_a_voucher_of_another_core_is_not_there(browse: Browse) -> None:
    number = issued(browse("core 2", "core", "CORE2"), amount="1")
    other = browse("core 1", "core", "CORE1")
    assert other.get(f"{LIST}/{number}").status_code == 404
    sent = form_of(other.get(LIST).text, LOOK) | {"key": "k" * 32}
    assert other.post(f"{LIST}/{number}/cancel", data=sent).status_code == 404
