"""The bank's pages of loans: all of them, one with its plan and statement, what two officers do."""

import re
from decimal import Decimal
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.platform.auth import sessions, users
from app.platform.auth.principals import Role
from app.platform.deps import Resources
from app.platform.web.areas import WORK
from tests.app.chain.booked import resources_of, send, set_up
from tests.app.conftest import NOW, Bearer
from tests.app.lending.servicing.lent import opened
from tests.app.lending.servicing.test_moving import closed
from tests.app.logins import add_user

PASSWORD = "a long enough password"  # noqa: S105  # of a test
ALL = WORK + "/loans"


@pytest.fixture
def resources(client: TestClient) -> Resources:
    found = resources_of(client)
    set_up(found)
    return found


def browser(
    client: TestClient, name: str, role: Role = "officer", firm: str | None = None
) -> TestClient:
    """Return a browser in which somebody is signed in."""
    resources = resources_of(client)
    add_user(resources.records, name, PASSWORD, role=role, firm=firm, now=NOW)
    user, key = users.user_named(resources.records, name), resources.settings.signing_key()
    made = TestClient(client.app, follow_redirects=False)
    made.headers["Accept"] = "text/html"
    cookie = sessions.begin(resources.records, key, user, now=NOW).cookie
    made.cookies.update({sessions.COOKIE: cookie, "deeptier_language": "en"})
    return made


def read(client: TestClient, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, answer.text
    return answer.text


def listed(text: str) -> list[str]:
    found = re.search(r'data-list="bank_loans".*?</table>', text, re.DOTALL)
    return re.findall(r'<tr data-id="([^"]+)"', found[0]) if found else []


def forms(text: str, act: str) -> dict[str, str]:
    """Return the hidden fields of the last form of an act."""
    found = re.findall(rf'<form method="post" action="[^"]*/{act}">(.*?)</form>', text, re.DOTALL)
    hidden = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', found[0])
    return {name: value for name, value in hidden if value}


def tend(client: TestClient, act: str, loan: str = "L1", /, **typed: str) -> Any:
    """Return the answer to the form of an act, looked at and then confirmed."""
    form, address = forms(read(client, f"{ALL}/{loan}"), act), f"{ALL}/{loan}/{act}"
    look = client.post(address, data=form | typed)
    assert look.status_code == 200, look.text
    assert f'data-preview="{act}"' in look.text
    return look.text, client.post(address, data=forms(look.text, act))


def test_loans_are_listed_by_their_address_with_what_is_provided(
    client: TestClient, resources: Resources
) -> None:
    opened(resources)
    opened(resources, "L2", amount_fen=500_000, repayment="equal_principal", days=None, months=3)
    closed(resources, "2026-08-10")  # A row of the second is late.
    ann = browser(client, "ann")
    assert listed(read(ann, ALL)) == ["L2", "L1"]  # The worst class first.
    assert listed(read(ann, f"{ALL}?state=overdue")) == ["L2"]
    assert listed(read(ann, f"{ALL}?class=normal&sort=-amount")) == ["L1"]
    for sort in ("loan", "firm", "-core", "outstanding", "state", "due", "stage", "product"):
        assert len(listed(read(ann, f"{ALL}?sort={sort}"))) == 2
    assert listed(read(ann, f"{ALL}?query=L2")) == ["L2"]
    assert len(listed(read(ann, f"{ALL}?query=mill"))) == 2
    text = read(ann, ALL)
    assert re.search(r'data-id="special_mention".*?data-fen="500000"', text, re.DOTALL)
    assert "Overdue, 12 days" in text
    assert "No loan fits these filters." in read(ann, f"{ALL}?state=repaid")
    assert len(read(ann, f"{ALL}.csv").splitlines()) == 3
    for role, firm in (("core", "CORE1"), ("supplier", "MILL")):
        outside = browser(client, role, role, firm)  # type: ignore[arg-type]  # both are roles
        for path in (ALL, f"{ALL}/L1", f"{ALL}.csv"):
            read(outside, path, 403)
    read(ann, f"{ALL}/none", 404)


def test_a_repayment_is_taken_back_by_two_officers_who_see_what_it_does(
    client: TestClient, resources: Resources, bearer: Bearer
) -> None:
    opened(resources, amount_fen=10_000_000, rate=Decimal("0.036"))
    closed(resources, "2026-07-14")
    paid = {"amount_fen": 4_000_000, "prepay": True}
    assert send(client, bearer("supplier", "MILL"), "/loans/L1/repayments", paid).is_success
    ann = browser(client, "ann")
    page = read(ann, f"{ALL}/L1")
    assert 'data-state="active"' in page
    assert 'data-figure="outstanding" data-fen="6015000"' in page
    assert 'data-list="plan"' in page
    assert '/write-off"' not in page

    look, done = tend(ann, "reverse", n="1", reason="sent by mistake")
    assert re.search(r'data-effect="outstanding">60,150.00|CNY 60,150.00', look)
    assert "CNY 100,000.00" in look
    assert done.status_code == 303
    asked = read(ann, done.headers["location"])
    name = re.search(r'data-approval="(\w+)"', asked)
    assert name is not None
    assert 'data-figure="outstanding" data-fen="6015000"' in asked  # Nothing is done yet.
    assert send(client, bearer("officer"), f"/approvals/{name[1]}/approve").is_success
    after = read(ann, f"{ALL}/L1")
    assert 'data-figure="outstanding" data-fen="10000000"' in after
    assert f"{ALL}/L1/reverse" not in after


def test_terms_are_looked_at_refused_with_what_was_typed_and_asked_for(
    client: TestClient, resources: Resources
) -> None:
    opened(resources)
    closed(resources, "2026-10-20")
    ann, ada = browser(client, "ann"), browser(client, "ada", "auditor")
    terms = {"repayment": "equal_principal", "tenor_months": "6", "reason": "a slow season"}
    form = forms(read(ann, f"{ALL}/L1"), "restructure")
    wrong = ann.post(f"{ALL}/L1/restructure", data=form | terms | {"rate": "five"})
    assert (wrong.status_code, 'data-code="malformed"' in wrong.text) == (422, True)
    assert all(each in wrong.text for each in ("five", "a slow season"))
    both = ann.post(f"{ALL}/L1/restructure", data=form | terms | {"rate": "5%", "tenor_days": "9"})
    assert both.status_code == 422
    look, done = tend(
        ann, "restructure", **terms, rate="5%", capitalise="interest", waive="penalty"
    )
    assert "Overdue → <b>Restructured</b>" in look
    assert done.status_code == 303
    twice = ann.post(f"{ALL}/L1/restructure", data=forms(look, "restructure") | {"key": "other"})
    assert (twice.status_code, 'data-code="wrong_state"' in twice.text) == (409, True)
    forged = ann.post(f"{ALL}/L1/restructure", data=form | terms | {"rate": "5%", "csrf": "x"})
    assert (forged.status_code, 'data-code="csrf"' in forged.text) == (403, True)
    page = read(ada, f"{ALL}/L1")
    assert "/restructure" not in page
    assert ada.post(f"{ALL}/L1/restructure", data={}).status_code == 403


def test_what_is_in_default_is_written_off_and_recovered_after(
    client: TestClient, resources: Resources, bearer: Bearer
) -> None:
    opened(resources)
    closed(resources, "2027-01-10")
    ann = browser(client, "ann")
    look, done = tend(ann, "write-off", reason="gone")
    assert re.search(r"In default → <b>Written off</b>", look)
    name = done.headers["location"].partition("asked=")[2]
    assert send(client, bearer("officer"), f"/approvals/{name}/approve").is_success
    page = read(ann, f"{ALL}/L1")
    assert 'data-state="written_off"' in page
    assert "/restructure" not in page
    much = ann.post(
        f"{ALL}/L1/recover",
        data=forms(page, "recover") | {"amount": "99,999,999", "reference": "r"},
    )
    assert (much.status_code, 'value="99,999,999"' in much.text) == (409, True)
    _, back = tend(ann, "recover", amount="1,000", reference="bank-1")
    assert back.status_code == 303
