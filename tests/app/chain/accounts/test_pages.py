"""Pages of accounts: the list, the stack of a firm or core, one with its ledger, and freezing."""

import re
from collections.abc import Callable
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient

from app.platform.auth import sessions
from app.platform.auth.principals import Role
from app.platform.web.areas import WORK
from tests.app.chain.booked import API, ORDER, STACK, account, resources_of, send, set_up
from tests.app.conftest import NOW, Bearer
from tests.app.logins import add_user

PASSWORD = "a long enough password"  # noqa: S105  # of users who live for one test
CHAIN = WORK + "/accounts/chain:CORE1:MILL"
Read = Callable[..., str]


@pytest.fixture
def read(client: TestClient, bearer: Bearer) -> Read:
    """Return a function that gives a page as an officer reads it."""
    set_up(resources_of(client))
    client.cookies.set("deeptier_language", "en")
    headers = bearer("officer") | {"Accept": "text/html"}

    def page(path: str, status: int = 200) -> str:
        answer = client.get(path, headers=headers)
        assert answer.status_code == status, answer.text
        return answer.text

    return page


def ids(text: str, table: str) -> list[str]:
    rows = re.search(rf'data-list="{table}".*?</table>', text, re.DOTALL)
    return re.findall(r'<tr data-id="([^"]+)"', rows[0]) if rows else []


def test_the_list_is_sorted_filtered_and_searched_by_its_address(
    client: TestClient, read: Read, bearer: Bearer
) -> None:
    text = read(WORK + "/accounts")
    assert ids(text, "accounts") == sorted(STACK)
    assert f'data-total="{len(STACK)}"' in text
    assert ids(read(WORK + "/accounts?sort=total&layer=document"), "accounts") == [
        *("voucher:V1", "receivable:R1")
    ]
    assert ids(read(WORK + "/accounts?query=V1"), "accounts") == ["voucher:V1"]
    found = ids(read(WORK + "/accounts?query=MILL&layer=firm"), "accounts")
    assert found == ["firm:MILL"]
    assert "No account fits these filters." in read(WORK + "/accounts?state=closed")

    send(client, bearer("officer"), "/reservations", ORDER)
    set_up(resources_of(client), {"chain:CORE1:MILL": 1_000_000})
    assert ids(read(WORK + "/accounts?state=excess"), "accounts") == ["chain:CORE1:MILL"]
    assert ids(read(WORK + "/accounts?sort=-excess"), "accounts")[0] == "chain:CORE1:MILL"
    assert ids(read(WORK + "/accounts?sort=available"), "accounts")[0] == "chain:CORE1:MILL"
    assert ids(read(WORK + "/accounts?sort=-use"), "accounts")[0] == "chain:CORE1:MILL"
    lines = read(WORK + "/accounts.csv?layer=chain").splitlines()
    assert len(lines) == 3
    assert any("chain:CORE1:MILL" in line and "10,000.00" not in line for line in lines)


def test_accounts_of_a_firm_stand_as_their_stack(read: Read) -> None:
    text = read(WORK + "/accounts?firm=MILL")
    stack = re.search(r"<ul class=\"tree\" data-stack>.*?</section>", text, re.DOTALL)
    assert stack is not None
    assert re.findall(r'<li data-id="([^"]+)"', stack[0]) == [
        "bank",
        "firm:MILL",
        "core:CORE1",
        "chain:CORE1:MILL",
        "receivable:R1",
        "relation:CORE1:MILL",
        "voucher:V1",
        "chain:own:MILL",
    ]
    core = read(WORK + "/accounts?core=CORE1")
    assert re.findall(r'<li data-id="([^"]+)"', core) == ["bank", "core:CORE1", "chain:CORE1:MILL"]


def test_an_account_shows_its_uses_and_what_moved_it(
    client: TestClient, read: Read, bearer: Bearer
) -> None:
    use = send(client, bearer("officer"), "/reservations", ORDER).json()["id"]
    text = read(CHAIN)

    assert '<main id="main" tabindex="-1" data-state="open">' in text
    assert 'data-figure="pending" data-fen="3000000"' in text
    assert 'data-figure="available" data-fen="7000000"' in text
    assert ids(text, "uses") == [use]
    assert ids(text, "events") == ["2", "1"]
    older = read(f"{CHAIN}?before=2")
    assert ids(older, "events") == ["1"]
    for wrong in ("x", "-1", "9" * 30, "99"):
        read(f"{CHAIN}?before={wrong}")
    read(WORK + "/accounts/none", 404)


@pytest.fixture
def officer(client: TestClient, read: Read) -> TestClient:  # it sets the book up
    """Return a browser in which an officer is signed in."""
    return signed_in(client, "officer")


def signed_in(client: TestClient, role: Role) -> TestClient:
    resources = resources_of(client)
    add_user(resources.records, role, "a long enough password", role=role, now=NOW)
    answer = client.post(
        f"{API}/session", json={"name": role, "password": "a long enough password"}
    )
    assert answer.status_code == 201
    client.headers["Accept"] = "text/html"
    client.follow_redirects = False
    assert client.cookies.get(sessions.COOKIE)
    return client


def fields(text: str, kind: str = "freeze") -> dict[str, str]:
    form = re.search(rf'<form method="post" action="[^"]*/{kind}".*?</form>', text, re.DOTALL)
    assert form is not None
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form[0]))


def test_an_officer_freezes_by_the_form_and_twice_sent_it_counts_once(
    officer: TestClient, bearer: Bearer
) -> None:
    form = fields(officer.get(CHAIN).text) | {"amount": "40,000.5", "reason": "signal"}
    for _ in range(2):
        done = officer.post(f"{CHAIN}/freeze", data=form)
        assert (done.status_code, done.headers["Location"]) == (
            303,
            f"{WORK}/accounts/{quote('chain:CORE1:MILL', safe='')}",
        )
    frozen = account(officer, bearer("officer"), "chain:CORE1:MILL")
    assert frozen["frozen_fen"] == 4_000_050
    assert "signal" in officer.get(CHAIN).text

    whole = fields(officer.get(CHAIN).text) | {"amount": "", "reason": "stop"}
    officer.post(f"{CHAIN}/freeze", data=whole)
    text = officer.get(CHAIN).text
    assert 'data-state="frozen"' in text
    assert f'action="{WORK}/accounts/chain%3ACORE1%3AMILL/freeze"' not in text


def test_a_release_is_asked_for_by_the_form_and_waits(officer: TestClient, bearer: Bearer) -> None:
    send(officer, bearer("officer"), "/accounts/chain:CORE1:MILL/freeze", {"reason": "stop"})
    form = fields(officer.get(CHAIN).text, "unfreeze") | {"reason": "paid"}
    asked = officer.post(f"{CHAIN}/unfreeze", data=form)
    assert asked.status_code == 303
    text = officer.get(asked.headers["Location"]).text
    assert re.search(r'role="status" data-approval="[0-9a-f]+"', text)
    assert f'href="{WORK}/approvals">' in text.partition("data-approval=")[2].partition("</p>")[0]
    assert 'data-state="frozen"' in text
    form = fields(text, "unfreeze") | {"reason": "paid"}
    again = officer.post(f"{CHAIN}/unfreeze", data=form)
    assert (again.status_code, 'data-code="wrong_state"' in again.text) == (409, True)


def test_a_freezing_that_is_refused_keeps_what_was_typed(
    officer: TestClient, bearer: Bearer
) -> None:
    wrong = (
        ({"amount": "100,001"}, 409, "limit_exceeded"),
        ({"amount": "1e3"}, 422, "malformed"),
        ({"amount": "0"}, 422, "malformed"),
        ({"amount": "1.005"}, 422, "malformed"),
        ({"reason": " "}, 422, "malformed"),
        ({"csrf": "x"}, 403, "csrf"),
        ({"key": ""}, 422, "key_required"),
    )
    for change, status, code in wrong:
        form = fields(officer.get(CHAIN).text) | {"amount": "7.25", "reason": "typed <b>"}
        refused = officer.post(f"{CHAIN}/freeze", data=form | change)
        assert refused.status_code == status, change
        assert f'role="alert" id="refused" data-code="{code}"' in refused.text
        if "reason" not in change:
            assert 'value="typed &lt;b&gt;"' in refused.text
    assert account(officer, bearer("officer"), "chain:CORE1:MILL")["frozen_fen"] == 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"amount": "1e3"}, "金额须为正数"),
        ({"reason": " "}, "须写明原因"),
        ({"csrf": "x"}, "另一会话"),
    ],
)
def test_a_freezing_that_is_refused_is_told_in_the_readers_language(
    officer: TestClient, change: dict[str, str], words: str
) -> None:
    officer.cookies.set("deeptier_language", "zh")
    form = fields(officer.get(CHAIN).text) | {"amount": "7.25", "reason": "x"}
    assert words in officer.post(f"{CHAIN}/freeze", data=form | change).text


def test_others_of_the_bank_read_and_do_not_freeze(client: TestClient, read: Read) -> None:
    read(CHAIN)
    auditor = signed_in(client, "auditor")
    assert "/freeze" not in auditor.get(CHAIN).text
    assert auditor.post(f"{CHAIN}/freeze", data={"reason": "x"}).status_code == 403


def test_a_core_or_supplier_has_no_such_page(client: TestClient, bearer: Bearer) -> None:
    for who in (bearer("core", "CORE1"), bearer("supplier", "MILL")):
        for path in (WORK + "/accounts", CHAIN, WORK + "/accounts.csv"):
            assert client.get(path, headers=who).status_code == 403
