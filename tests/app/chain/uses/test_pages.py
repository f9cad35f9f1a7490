"""Pages of reservations: by forms alone, every account that lacks named, each form once."""

import re
from urllib.parse import quote

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.books.ledger.reading import accounts_of
from app.platform.deps import Resources
from app.platform.web.areas import WORK
from tests.app.chain.booked import STACK, set_up
from tests.app.chain.papers.conftest import Browse, browse, form_of, ids, served

__all__ = ["browse", "served"]
CHAIN = f"{WORK}/accounts/{quote('chain:CORE1:MILL', safe='')}"
RESERVE = CHAIN + "/reserve"
ORDER = {"product": "any", "amount": "10,000.5", "documents": "", "seconds": "60"}


@pytest.fixture(scope="module")
def resources(served: FastAPI) -> Resources:
    found: Resources = served.state.resources
    set_up(found, STACK)
    return found


@pytest.fixture
def officer(browse: Browse, resources: Resources) -> TestClient:  # the accounts are set
    return browse("olga", "officer")


def pending(resources: Resources, *names: str) -> list[int]:
    found = accounts_of(resources.records, names, resources.now())
    return [each.figures.pending for each in found]


def reserved(officer: TestClient, **changes: str) -> str:
    """Return where the page of a reservation is that was made by the form."""
    form = form_of(officer.get(RESERVE).text, RESERVE)
    done = officer.post(RESERVE, data=form | ORDER | changes)
    assert done.status_code == 303, done.text
    return done.headers["Location"].partition("?")[0]


def test_an_officer_reserves_by_the_form_and_twice_sent_it_counts_once(
    officer: TestClient, resources: Resources
) -> None:
    assert f'href="{RESERVE}"' in officer.get(CHAIN).text
    form = form_of(officer.get(RESERVE).text, RESERVE) | ORDER
    first, again = officer.post(RESERVE, data=form), officer.post(RESERVE, data=form)
    assert (first.status_code, again.status_code) == (303, 303)
    assert first.headers["Location"] == again.headers["Location"]
    assert pending(resources, "bank", "chain:CORE1:MILL") == [1_000_050, 1_000_050]

    place = first.headers["Location"]
    text = officer.get(place).text
    assert 'data-done="reserve"' in text
    assert ids(text, "path")[:2] == ["bank", "firm:MILL"]
    assert ids(officer.get(CHAIN).text, "uses") == [place.partition("?")[0].rpartition("/")[2]]
    use = place.partition("?")[0]
    assert f'href="{use}"' in officer.get(CHAIN).text

    void = form_of(officer.get(use).text, use + "/void")
    assert officer.post(use + "/void", data=void).status_code == 303
    assert 'data-state="void"' in officer.get(use).text
    assert pending(resources, "bank", "chain:CORE1:MILL") == [0, 0]


def told_by(text: str, place: str) -> dict[str, tuple[str, str]]:
    """Return what the rows of a list call their accounts, and what stands beside."""
    part = text.partition(f'data-list="{place}"')[2].partition("</table>")[0].partition("</ul>")[0]
    rows = re.findall(
        r'data-id="([^"]+)">(?:<th scope="row">)?<a class="name" href="[^"]+">([^<]+)</a>'
        r" <small>(.*?)</small>",
        part,
    )
    return {account: (name, re.sub("<[^>]+>", "", beside)) for account, name, beside in rows}


@pytest.mark.parametrize(
    ("language", "firm", "chain"),
    [
        ("en", ("临江钢铁有限公司", "Firm · firm:MILL"), "Firm in a chain · chain:CORE1:MILL"),
        ("zh", ("临江钢铁有限公司", "企业 · firm:MILL"), "链上额度 · chain:CORE1:MILL"),
    ],
)
def test_accounts_of_a_use_are_called_by_names_with_their_ids_beside(
    browse: Browse, resources: Resources, language: str, firm: tuple[str, str], chain: str
) -> None:
    officer = browse(f"olga {language}", "officer", None, language)
    place = reserved(officer, amount="1")
    told = told_by(officer.get(place).text, "path")
    form = form_of(officer.get(RESERVE).text, RESERVE)
    lacks = officer.post(RESERVE, data=form | ORDER | {"amount": "999999999"}).text

    assert told["firm:MILL"] == firm
    assert told["chain:CORE1:MILL"][1] == chain
    assert told_by(lacks, "lacks")["chain:CORE1:MILL"] == told["chain:CORE1:MILL"]
    assert set(told_by(officer.get(RESERVE).text, "papers")) == {"receivable:R1", "voucher:V1"}
    void = form_of(officer.get(place).text, place + "/void")
    assert officer.post(place + "/void", data=void).status_code == 303


def test_every_account_that_lacks_is_named_with_what_it_has(
    officer: TestClient, resources: Resources
) -> None:
    form = form_of(officer.get(RESERVE).text, RESERVE)
    asked = ORDER | {"amount": "150,000", "documents": "R1\nvoucher:V1"}
    refused = officer.post(RESERVE, data=form | asked)
    assert (refused.status_code, 'data-code="limit_exceeded"' in refused.text) == (409, True)
    lacks = re.search(r'data-list="lacks">(.*?)</ul>', refused.text, re.DOTALL)
    assert lacks is not None
    assert re.findall(r'data-id="([^"]+)"', lacks[1]) == ["chain:CORE1:MILL", "voucher:V1"]
    assert "100,000.00 of" in lacks[1]
    assert 'value="150,000"' in refused.text  # What was typed stays.
    assert pending(resources, "bank", "voucher:V1") == [0, 0]


def test_what_is_used_is_given_back_in_parts(officer: TestClient, resources: Resources) -> None:
    use = reserved(officer, documents="V1 R1", amount="30000")
    assert pending(resources, "voucher:V1", "receivable:R1") == [2_000_000, 1_000_000]
    form = form_of(officer.get(use).text, use + "/post")
    more = officer.post(use + "/post", data=form | {"amount": "30,000.01"})
    assert (more.status_code, 'data-code="rule"' in more.text) == (409, True)
    form = form_of(officer.get(use).text, use + "/post")
    for _ in range(2):
        assert officer.post(use + "/post", data=form | {"amount": "20,000"}).status_code == 303
    late = officer.post(use + "/void", data=form | {"key": "late"})
    assert (late.status_code, 'data-code="already_decided"' in late.text) == (409, True)

    text = officer.get(use).text
    assert 'data-state="posted"' in text
    give = form_of(text, use + "/release")
    assert officer.post(use + "/release", data=give | {"amount": "5000"}).status_code == 303
    give = form_of(officer.get(use).text, use + "/release")
    assert officer.post(use + "/release", data=give | {"amount": "15000"}).status_code == 303
    assert 'data-state="released"' in officer.get(use).text


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"amount": "1e3"}, 422, "malformed"),
        ({"amount": "0"}, 422, "malformed"),
        ({"amount": "9" * 23}, 422, "malformed"),
        ({"product": " "}, 422, "malformed"),
        ({"seconds": "0"}, 422, "malformed"),
        ({"seconds": "1.5"}, 422, "malformed"),
        ({"seconds": "9" * 11}, 422, "malformed"),
        ({"documents": "NONE<b>"}, 422, "malformed"),
        ({"documents": "R1 receivable:R1"}, 422, "malformed"),
        ({"csrf": "x"}, 403, "csrf"),
        ({"key": ""}, 422, "key_required"),
    ],
)
def test_a_wrong_field_is_told_and_nothing_is_held(
    officer: TestClient, resources: Resources, change: dict[str, str], status: int, code: str
) -> None:
    before = pending(resources, *STACK)
    form = form_of(officer.get(RESERVE).text, RESERVE)
    refused = officer.post(RESERVE, data=form | ORDER | change)
    assert (refused.status_code, f'data-code="{code}"' in refused.text) == (status, True)
    assert "NONE<b>" not in refused.text
    assert pending(resources, *STACK) == before


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"amount": "1e3"}, "金额须为正数"),
        ({"product": " "}, "请填写产品"),
        ({"seconds": "0"}, "保留时间须为"),
        ({"documents": "NONE"}, "单据 NONE 没有账户"),
    ],
)
def test_a_wrong_field_is_told_in_the_readers_language_and_what_was_typed_stays(
    browse: Browse, resources: Resources, change: dict[str, str], words: str
) -> None:
    officer = browse("olga zh", "officer", None, "zh")
    form = form_of(officer.get(RESERVE).text, RESERVE)
    refused = officer.post(RESERVE, data=form | ORDER | {"documents": "R1"} | change)
    said = re.search(r'role="alert" data-code="malformed"><p>(.*?)</p>', refused.text)
    assert said is not None
    assert words in said[1]
    assert re.search("[a-z]{3,} [a-z]{3,}", said[1]) is None  # No English.
    if "documents" not in change:
        assert ">\nR1</textarea>" in refused.text


def test_others_do_not_reserve_and_what_is_not_there_is_not_found(
    browse: Browse, officer: TestClient, resources: Resources
) -> None:
    use = reserved(officer)
    for place in (f"{WORK}/accounts/bank/reserve", f"{WORK}/accounts/none/reserve"):
        assert officer.get(place).status_code == 404
        assert officer.post(place, data=ORDER).status_code == 404
    assert officer.get(f"{WORK}/uses/none").status_code == 404
    assert officer.post(f"{WORK}/uses/none/void").status_code == 404
    assert officer.post(f"{use}/steal").status_code in (404, 422)
    auditor = browse("alan", "auditor")
    assert f"{use}/void" not in auditor.get(use).text
    for other in (auditor, browse("rita", "risk"), browse("cora", "core", "CORE1")):
        assert other.get(RESERVE).status_code == 403
        assert other.post(RESERVE, data=ORDER).status_code == 403
        assert other.post(use + "/void").status_code == 403
    assert browse("cora", "core", "CORE1").get(use).status_code == 403
    assert 'data-state="reserved"' in officer.get(use).text
    form = form_of(officer.get(use).text, use + "/void")
    officer.post(use + "/void", data=form)


def test_a_firm_without_a_core_is_served_in_chinese(browse: Browse, resources: Resources) -> None:
    officer = browse("olga", "officer", language="zh")
    place = f"{WORK}/accounts/{quote('chain:own:MILL', safe='')}/reserve"
    form = form_of(officer.get(place).text, place)
    lacks = officer.post(place, data=form | ORDER)  # Without a core the product needs a budget.
    assert (lacks.status_code, 'data-id="product:any"' in lacks.text) == (409, True)
    assert "额度不足" in lacks.text
    done = officer.post(place, data=form | ORDER | {"product": "loan", "key": "own"})
    assert done.status_code == 303
    assert "chain:own:MILL" in ids(officer.get(done.headers["Location"]).text, "path")
