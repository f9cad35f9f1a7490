"""People: named by tokens and users, each in a unit, the same person whatever they come with."""

import jwt
import pytest
from fastapi.testclient import TestClient

from app.platform.auth import tokens, users
from app.platform.auth.principals import Principal, RoleScope
from app.platform.auth.tokens import Bearer, issue_to, read
from app.platform.errors import Malformed
from app.platform.records import Records
from tests.app.conftest import NOW
from tests.app.conftest import Bearer as Headers
from tests.app.logins import add_user

KEY = b"k" * 32
PASSWORD = "correct horse battery"  # noqa: S105  # of a test


@pytest.fixture
def records(client: TestClient) -> Records:
    found: Records = client.app.state.resources.records  # type: ignore[attr-defined]
    return found


def given(records: Records, name: str | None, scope: RoleScope) -> Principal:
    token = issue_to(records, KEY, Bearer(name, scope), days=1, now=NOW)
    return read(token, KEY, now=NOW)[1]


def test_a_token_names_a_person_and_their_unit(records: Records) -> None:
    lin = given(records, "lin", RoleScope("officer", None, "branch"))

    assert (lin.person, lin.role, lin.unit, lin.account) == ("lin", "officer", "branch", "lin")
    assert given(records, "lin", RoleScope("core", "C1")).person == "lin"
    assert given(records, "lin", RoleScope("admin")).person == "lin"
    listed = tokens.given_out(records, now=NOW)
    assert {(each.user, each.role, each.unit) for each in listed} == {
        ("lin", "officer", "branch"),
        ("lin", "core", "head"),
        ("lin", "admin", "head"),
    }


def test_tokens_that_name_nobody_are_one_person_a_role_and_firm(records: Records) -> None:
    one, other = (given(records, None, RoleScope("core", "C1")) for _ in range(2))

    assert one.person == other.person
    assert one.account != other.account  # Their work is counted apart.
    assert given(records, None, RoleScope("core", "C2")).person != one.person
    assert given(records, None, RoleScope("supplier", "C1")).person != one.person


@pytest.mark.parametrize("name", ["", " lin", "lin\n", "token:officer", "x" * 121, "a\0b"])
def test_nobody_has_a_name_that_is_none_or_that_of_others(records: Records, name: str) -> None:
    with pytest.raises(Malformed):
        given(records, name, RoleScope("officer"))
    with pytest.raises(Malformed):
        users.set_user(records, name, PASSWORD, scope=RoleScope("officer"), now=NOW)


def test_who_becomes_a_user_later_is_the_same_person_and_their_tokens_end_with_them(
    records: Records,
) -> None:
    token = issue_to(records, KEY, Bearer("lin", RoleScope("admin")), days=9, now=NOW)
    name, before = read(token, KEY, now=NOW)
    users.set_user(records, "lin", PASSWORD, scope=RoleScope("officer"), now=NOW)
    lin = users.user_named(records, "lin")
    after = read(issue_to(records, KEY, lin, days=1, now=NOW), KEY, now=NOW)[1]

    assert before.person == after.person == "lin"
    assert users.account(records, "lin", now=NOW).tokens == 2
    users.set_active(records, "lin", active=False, now=NOW)
    assert tokens.is_revoked(records, name)


def test_a_session_and_a_token_of_a_user_are_one_person_in_one_unit(client: TestClient) -> None:
    records = client.app.state.resources.records  # type: ignore[attr-defined]
    add_user(records, "lin", PASSWORD, role="officer", now=NOW, unit="outlet")
    key = client.app.state.resources.settings.signing_key()  # type: ignore[attr-defined]
    token = issue_to(records, key, users.user_named(records, "lin"), days=1, now=NOW)
    by_token = client.get("/api/v1/session", headers={"Authorization": f"Bearer {token}"}).json()
    client.post("/api/v1/session", json={"name": "lin", "password": PASSWORD})
    by_session = client.get("/api/v1/session").json()

    assert by_session | {"csrf": None} == by_token
    assert (by_token["name"], by_token["unit"]) == ("lin", "outlet")


def test_a_token_from_before_there_were_units_is_of_the_head_office(
    records: Records,
) -> None:
    token = issue_to(records, KEY, Bearer(None, RoleScope("risk")), days=1, now=NOW)
    claims = jwt.decode(token, KEY, algorithms=["HS256"], options={"verify_exp": False})
    del claims["unit"]
    old = jwt.encode(claims, KEY, algorithm="HS256")

    assert read(old, KEY, now=NOW)[1].unit == "head"


def test_units_are_listed_to_the_bank_alone(client: TestClient, bearer: Headers) -> None:
    found = client.get("/api/v1/organisation/units", headers=bearer("officer")).json()

    assert [each["id"] for each in found["items"]][:2] == ["head", "branch"]
    assert found["items"][1]["parent"] == "head"
    for role, firm in (("core", "CORE1"), ("supplier", "MILL")):
        answer = client.get("/api/v1/organisation/units", headers=bearer(role, firm))
        assert answer.status_code == 403


def test_administrators_see_who_works_where_and_who_decides(
    client: TestClient, bearer: Headers, records: Records
) -> None:
    add_user(records, "lin", PASSWORD, role="officer", now=NOW, unit="branch")
    add_user(records, "<b>mo", PASSWORD, role="core", firm="CORE1", now=NOW)
    who = bearer("admin") | {"Accept": "text/html"}
    for language, unit in (("en", "Branch"), ("zh", "分行")):
        client.cookies.set("deeptier_language", language)
        shown = client.get("/admin/people?unit=branch", headers=who).text
        assert unit in shown
        assert 'data-id="lin"' in shown
        assert 'mo"' not in shown
        assert 'data-id="outlet"' in shown  # The tree of units, below.
    every = client.get("/admin/people", headers=who).text
    assert "&lt;b&gt;mo" in every
    assert "<b>mo" not in every
    lines = client.get("/admin/people.csv?role=officer", headers=who).text.splitlines()
    assert len(lines) == 2
    for role in ("officer", "risk", "auditor"):
        assert client.get("/admin/people", headers=bearer(role)).status_code == 403
