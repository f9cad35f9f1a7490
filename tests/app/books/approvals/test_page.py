"""The page of approvals: what waits, decided with a second look, refused in words."""

import re

from starlette.testclient import TestClient

from app.platform.auth import sessions, users
from app.platform.auth.principals import Role
from app.platform.web.areas import WORK
from tests.app.books.approvals.conftest import CORE, Bank
from tests.app.conftest import NOW
from tests.app.logins import add_user

PASSWORD = "a long enough password"  # noqa: S105  # of a test
RICH = 10**13


def signed_in(bank: Bank, name: str, role: Role, firm: str | None = None) -> TestClient:
    """Return a browser in which somebody is signed in."""
    add_user(bank.resources.records, name, PASSWORD, role=role, firm=firm, now=NOW)
    user = users.user_named(bank.resources.records, name)
    key = bank.resources.settings.signing_key()
    session = sessions.begin(bank.resources.records, key, user, now=NOW)
    browser = TestClient(bank.client.app, follow_redirects=False)
    browser.headers["Accept"] = "text/html"
    browser.cookies.set(sessions.COOKIE, session.cookie)
    browser.cookies.set("deeptier_language", "en")
    return browser


def form_of(page: str, action: str) -> dict[str, str]:
    """Return the fields of a form by the end of its address."""
    found = re.search(rf'action="[^"]*{action}"[^>]*>(.*?)</form>', page, re.DOTALL)
    assert found is not None, action
    return dict(re.findall(r'name="(\w+)" value="([^"]*)"', found[1]))


def waits(page: str, path: str) -> int:
    """Return how much the navigation says waits behind an entry."""
    found = re.search(rf'href="{path}"(?:(?!</a>).)*data-waits="(\d+)"', page, re.DOTALL)
    return int(found[1]) if found else 0


def test_an_officer_approves_what_another_asked_for(bank: Bank) -> None:
    name = bank.ask(bank.token("lin"))
    mo = signed_in(bank, "mo", "officer")
    page = mo.get(WORK + "/approvals").text
    assert waits(page, WORK + "/approvals") == 1
    assert waits(signed_in(bank, "ada", "auditor").get("/rules").text, WORK + "/approvals") == 0
    assert f'data-id="{name}"' in page
    assert "回款已到" in page
    assert "CNY 99,999,999,999.00" in page
    fields = form_of(page, f"{name}/approve")

    done = mo.post(f"{WORK}/approvals/{name}/approve", data=fields)
    again = mo.post(f"{WORK}/approvals/{name}/approve", data=fields)  # The same form, sent twice.

    assert (done.status_code, again.status_code) == (303, 303)
    assert bank.frozen() == RICH - 100
    after = mo.get(done.headers["location"]).text
    assert "Approved and done." in after
    assert waits(after, WORK + "/approvals") == 0
    assert f'data-id="{name}" data-state="approved"' in after
    late = mo.post(f"{WORK}/approvals/{name}/approve", data=fields | {"key": "another"})
    assert late.status_code == 409
    assert 'role="alert" data-code="already_decided"' in late.text


def test_who_asked_for_it_is_told_who_must_act_and_may_withdraw_it(bank: Bank) -> None:
    lin = signed_in(bank, "lin", "officer")
    name = bank.ask(bank.token("lin"))
    page = lin.get(WORK + "/approvals").text
    assert "Another person approves" in page
    assert waits(page, WORK + "/approvals") == 0
    assert f"{name}/approve" not in page
    fields = form_of(page, f"{name}/reject")

    refused = lin.post(f"{WORK}/approvals/{name}/approve", data=fields)
    forged = lin.post(f"{WORK}/approvals/{name}/reject", data=fields | {"csrf": "x"})
    assert (refused.status_code, 'data-code="same_person"' in refused.text) == (409, True)
    assert (forged.status_code, 'data-code="csrf"' in forged.text) == (403, True)
    assert (
        lin.post(f"{WORK}/approvals/{name}/reject", data=fields | {"key": "k"}).status_code == 303
    )
    assert bank.frozen() == RICH


def test_a_core_has_its_own_page_in_its_own_language(bank: Bank) -> None:
    maker = bank.token("a", "core", "CORE1")
    name, of_bank = bank.ask(maker, CORE, core="CORE1"), bank.ask(bank.token("lin"))
    checker = signed_in(bank, "b", "core", "CORE1")
    checker.cookies.set("deeptier_language", "zh")
    page = checker.get("/core/approvals").text
    assert "待批准" in page
    assert waits(page, "/core/approvals") == 1
    assert of_bank not in page
    fields = form_of(page, f"{name}/approve")

    assert checker.get(WORK + "/approvals").status_code == 403
    assert signed_in(bank, "mo", "officer").get("/core/approvals").status_code == 403
    assert checker.post(f"/core/approvals/{of_bank}/approve", data=fields).status_code == 404
    assert checker.post(f"/core/approvals/{name}/approve", data=fields | {"key": "k"}).is_redirect
    assert bank.frozen(CORE) == RICH - 100


def test_an_auditor_reads_and_is_shown_nothing_to_press(bank: Bank) -> None:
    name = bank.ask(bank.token("lin"))
    page = signed_in(bank, "ada", "auditor").get(WORK + "/approvals").text

    assert f'data-id="{name}"' in page
    assert "/approve" not in page
    assert "/reject" not in page
