"""Pages of receivables: read by whom, looked at before they are confirmed, all or none."""

import re

import pytest
import sqlalchemy as sa
from fastapi import FastAPI

from app.chain.papers.receivables import acts_of
from app.chain.receivables.schemas import NUMBERS_MAX
from app.chain.receivables.tables import receivables
from app.platform.web.areas import WORK
from tests.app.chain.papers.conftest import Browse, form_of, ids

LOOK, DO = "/core/confirming", "/core/confirming/done"


def test_each_sees_what_it_owes_or_is_owed_and_the_bank_all(browse: Browse) -> None:
    core, firm, bank = (
        browse("core 2", "core", "CORE2"),
        browse("part", "supplier", "PART"),
        browse("officer", "officer"),
    )
    assert ids(core.get("/core/payables").text, "receivables") == ["R3"]
    assert ids(firm.get("/my/receivables").text, "receivables") == ["R3"]
    assert ids(bank.get(WORK + "/receivables?sort=number").text, "receivables") == [
        "R1",
        "R2",
        "R3",
    ]
    assert ids(bank.get(WORK + "/receivables?query=白云").text, "receivables") == ["R2"]
    assert ids(bank.get(WORK + "/receivables?state=confirmed").text, "receivables") == ["R1"]
    assert firm.get("/core/payables").status_code == 403
    assert bank.get("/core/payables").status_code == 403
    assert core.get("/core/payables/R1").status_code == 404
    assert firm.get("/my/receivables/R1").status_code == 404
    assert 'class="cash" value="100000000"' in core.get("/core/payables/R3").text


def test_a_number_finds_what_is_the_readers_own(browse: Browse) -> None:
    core, firm, bank, other = (
        browse("core 2", "core", "CORE2"),
        browse("part", "supplier", "PART"),
        browse("officer", "officer"),
        browse("mill", "supplier", "MILL"),
    )
    places = {core: "/core/payables", firm: "/my/receivables", bank: WORK + "/receivables"}
    for reader, place in places.items():
        assert reader.get("/search?q=R3").headers["location"] == f"{place}/R3"
        assert 'data-list="receivable" data-total="1"' in reader.get("/search?q=r3").text
    for text in ("R3", "r3"):
        found = other.get(f"/search?q={text}")
        assert (found.status_code, "data-total" in found.text) == (200, False)


def test_the_list_comes_as_a_file_with_what_is_shown(browse: Browse) -> None:
    bank = browse("officer", "officer")
    text = bank.get(WORK + "/receivables.csv?state=open&sort=number").text
    assert [line.split(",")[0] for line in text.splitlines()[1:]] == ["R2", "R3"]
    assert bank.get(WORK + "/receivables.xlsx").content[:2] == b"PK"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("number\nR3\nR1\nNO\nR3\n", ["R1", "NO", "R3"]),
        ("编号,金额\nR9,1\n", ["R9"]),
    ],
)
def test_a_file_with_a_wrong_row_names_it_and_offers_nothing(
    browse: Browse, content: str, told: list[str]
) -> None:
    core = browse("core 2", "core", "CORE2")
    fields = form_of(core.get("/core/payables").text, LOOK)
    page = core.post(LOOK, data=fields, files={"file": ("a.csv", content.encode())})
    assert page.status_code == 200
    assert ids(page.text, "wrong") == told
    assert DO not in page.text


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.csv", "one,two\n1,2\n"), ("a.pdf", "x"), ("a.csv", ""), ("a.xlsx", "PK no workbook")],
)
def test_a_file_without_numbers_is_refused_in_words(
    browse: Browse, name: str, content: str
) -> None:
    core = browse("core 2", "core", "CORE2")
    fields = form_of(core.get("/core/payables").text, LOOK)
    page = core.post(LOOK, data=fields, files={"file": (name, content.encode())})
    assert (page.status_code, 'role="alert" data-code="malformed"' in page.text) == (422, True)
    assert name in page.text


WHOLE = [
    ("a.pdf", b"x", "须为 CSV 或 Excel 文件"),
    ("a.csv", b"", "文件是空的"),
    ("a.csv", b"one,two\n1,2\n", "缺少以下任一列名"),
    ("a.xlsx", b"PK no workbook", "工作簿文件损坏"),
    ("a.csv", b'number\n"R1', "第 2 行：引号没有闭合"),
    ("a.csv", b"number,<i>,<i>\n1,2,3\n", "第 1 行：列名“&lt;i&gt;”出现两次"),
    ("a.csv", b"number,b\n1,2\n1,2,3\n", "行无法读取（该行有"),
    ("a.csv", b"number\n" + b"x" * (8 * 2**20), "超过 8 MiB"),
    ("a.csv", b"number\n" + b"\nx\n" * (NUMBERS_MAX + 1), "行；请分成几个文件"),
]


@pytest.mark.parametrize(("place", "look"), [("payables", LOOK), ("vouchers", "/core/issuing")])
@pytest.mark.parametrize(("name", "content", "words"), WHOLE)
def test_a_file_that_is_refused_whole_is_told_of_in_the_readers_language(
    browse: Browse, place: str, look: str, name: str, content: bytes, words: str
) -> None:
    core = browse("core 2 zh", "core", "CORE2", "zh")
    if place == "vouchers":
        content = content.replace(b"number", b"holder,due_on,amount", 1)
        content = content.replace(b"\nx\n", b"\nx,2026-09-30,1\n")
    fields = form_of(core.get(f"/core/{place}").text, look)
    answer = core.post(look, data=fields, files={"file": (name, content)})
    said = re.search(r'role="alert" data-code="malformed">(.*?)</p>', answer.text)
    assert (answer.status_code, said is not None) == (422, True)
    assert said is not None
    assert words in said[1]
    assert name in said[1]
    assert re.search(r"[a-z]{3,} [a-z]{3,} [a-z]{3,}", said[1]) is None  # No English sentence.


def test_nothing_chosen_is_refused_in_the_readers_language(browse: Browse) -> None:
    core = browse("core 2 zh", "core", "CORE2", "zh")
    fields = form_of(core.get("/core/payables").text, LOOK)
    assert "请选择或列出" in core.post(LOOK, data=fields).text


def test_what_is_confirmed_was_looked_at_and_counts_once(browse: Browse, served: FastAPI) -> None:
    core = browse("core 2", "core", "CORE2")
    fields = form_of(core.get("/core/payables").text, LOOK)
    page = core.post(LOOK, data=fields | {"numbers": "R3"}).text
    assert 'class="cash" value="100000000"' in page
    assert 'data-rows="1" data-refused="0" data-fen="100000000" data-left-fen="50000000"' in page
    sent = form_of(page, DO)
    assert sent["numbers"] == "R3"

    forged = core.post(DO, data=sent | {"csrf": "x"})
    assert (forged.status_code, 'data-code="csrf"' in forged.text) == (403, True)
    done, again = core.post(DO, data=sent), core.post(DO, data=sent)
    assert (done.status_code, again.status_code) == (303, 303)
    assert "Confirmed;" in core.get(done.headers["location"]).text
    late = core.post(DO, data=sent | {"key": "another"})
    assert (late.status_code, 'data-code="wrong_state"' in late.text) == (409, True)

    one = core.get("/core/payables/R3").text
    assert 'data-state="confirmed"' in one
    settle = form_of(one, "/core/payables/R3/settle")
    assert core.post("/core/payables/R3/settle", data=settle).status_code == 303
    assert 'data-state="paid"' in core.get("/core/payables/R3").text


def test_two_hundred_of_a_file_wait_for_a_second_person_who_approves_them(
    browse: Browse, served: FastAPI
) -> None:
    numbers = [f"BULK{n}" for n in range(200)]
    row = {"debtor": "CORE1", "creditor": "MILL", "amount_fen": 6_000_000, "paid_fen": 0}
    row |= {"occupied_fen": 0, "issued_on": "2026-06-20", "due_on": "2026-09-20", "before": ""}
    row |= {"registry_id": None, "state": "open", "confirmed": 0, "here": 0, "event": 1}
    with served.state.resources.records.writing() as connection:
        rows = [row | {"receivable": each, "number": each} for each in numbers]
        connection.execute(sa.insert(receivables), rows)
    maker, checker = browse("maker", "core", "CORE1"), browse("checker", "core", "CORE1")
    fields = form_of(maker.get("/core/payables").text, LOOK)
    given = {"file": ("a.csv", "\n".join(["number", *numbers]).encode())}
    page = maker.post(LOOK, data=fields, files=given).text
    assert 'data-rows="200" data-refused="0" data-fen="1200000000"' in page
    assert "data-two" in page
    asked = maker.post(DO, data=form_of(page, DO))
    assert asked.headers["location"] == "/core/payables?done=asked"
    assert 'data-state="open"' in maker.get("/core/payables/BULK7").text

    waiting = checker.get("/core/approvals").text
    (approval,) = ids(waiting, "approvals")
    place = f"/core/approvals/{approval}/approve"
    assert f'action="{place}"' not in maker.get("/core/approvals").text
    assert checker.post(place, data=form_of(waiting, place)).status_code == 303
    assert 'data-state="confirmed"' in maker.get("/core/payables/BULK7").text
    assert 'data-figure="occupied" data-fen="1200000000"' in maker.get("/core/payables").text


def test_who_comes_back_without_a_choice_is_led_to_the_list(browse: Browse) -> None:
    core = browse("core 2", "core", "CORE2")
    for address in (LOOK, DO):
        assert core.get(address).headers["location"] == "/core/payables"
    fields = form_of(core.get("/core/payables").text, LOOK)
    assert core.post(LOOK, data=fields).status_code == 422


def test_an_amount_beyond_the_limit_is_told_before_the_click(browse: Browse) -> None:
    firm = browse("mill as a core", "core", "MILL")
    fields = form_of(firm.get("/core/payables").text, LOOK)
    page = firm.post(LOOK, data=fields | {"numbers": "R2"}).text
    assert 'data-lacks="200000000"' in page
    assert DO not in page


def test_a_dispute_needs_a_reason_and_is_withdrawn(browse: Browse) -> None:
    firm = browse("mill as a core", "core", "MILL")
    place = "/core/payables/R2"
    sent = form_of(firm.get(place).text, place + "/dispute")
    refused = firm.post(place + "/dispute", data=sent | {"reason": " "})
    assert (refused.status_code, 'data-code="malformed"' in refused.text) == (422, True)
    assert firm.post(place + "/dispute", data=sent | {"reason": "<b>late"}).status_code == 303
    page = firm.get(place).text
    assert 'data-state="disputed"' in page
    back = form_of(page, place + "/withdraw-dispute")
    assert firm.post(place + "/withdraw-dispute", data=back).status_code == 303
    assert 'data-state="open"' in firm.get(place).text


def test_what_is_confirmed_is_settled_on_its_page_whoever_has_lent_on_it() -> None:
    states = ("confirmed", "financing", "financed", "replaced", "paid")
    acts = [acts_of({"state": state}) for state in states]
    assert acts == [("settle",)] * 3 + [()] * 2
