"""Where somebody is told by mail is theirs to read, to set and to end."""

import re
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient

from app.platform.auth.addresses import code_of
from app.platform.auth.principals import Role
from app.platform.auth.tables import mail_addresses
from tests.app.conftest import NOW, Bearer
from tests.app.logins import add_user

URL = "/api/v1/session/mail"
PASSWORD = "correct horse battery"  # noqa: S105  # of a test
SignIn = Callable[[str, Role, str | None], dict[str, str]]


@pytest.fixture
def signed_in(client: TestClient) -> SignIn:
    """Signs a new user in; returns what a change is sent with."""

    def sign_in(name: str, role: Role, firm: str | None = None) -> dict[str, str]:
        """Sign them in."""
        records = client.app.state.resources.records  # type: ignore[attr-defined]
        add_user(records, name, PASSWORD, role=role, firm=firm, now=NOW)
        who = client.post("/api/v1/session", json={"name": name, "password": PASSWORD}).json()
        return {"X-CSRF-Token": who["csrf"]}

    return sign_in


def test_an_address_is_ones_own_and_nobody_is_told_that_mail_is_sent_where_none_is(
    client: TestClient, bearer: Bearer, signed_in: SignIn
) -> None:
    csrf = signed_in("Ann", "supplier", "MILL")
    assert client.get(URL).json() == {
        "address": None,
        "language": None,
        "confirmed": False,
        "sends": False,
    }
    sent = {"address": "ann@mill.example", "language": "en"}
    assert client.put(URL, json=sent, headers=csrf).json() == {
        **sent,
        "confirmed": False,
        "sends": False,
    }
    assert client.put(URL, json=sent).status_code == 403  # Not without the session's token.
    other = signed_in("Lin", "admin", None)
    assert client.get(URL).json()["address"] is None
    users = client.get("/api/v1/users", headers=bearer("admin")).json()["items"]
    assert {each["name"]: each["mail"] for each in users} == {
        "Ann": "ann@mill.example",
        "Lin": None,
    }
    assert ">ann@mill.example<" in client.get("/admin/people").text
    own = client.put(URL, json={"address": "lin@bank.example"}, headers=other).json()
    assert (own["address"], own["language"]) == ("lin@bank.example", "zh")
    assert client.put(URL, json={"address": None}, headers=other).json()["address"] is None
    assert client.get(URL, headers=bearer("officer")).status_code == 404  # Nobody's token.


def test_an_address_is_confirmed_by_its_code_on_the_page_or_the_interface(
    client: TestClient, signed_in: SignIn
) -> None:
    resources = client.app.state.resources  # type: ignore[attr-defined]
    sends = {"smtp_host": "mail.bank.example"}
    resources.settings = resources.settings.model_copy(update=sends)
    csrf = signed_in("Ann", "supplier", "MILL")
    confirm = f"{URL}/confirm"
    assert client.post(confirm, json={"code": "A"}, headers=csrf).status_code == 404
    client.put(URL, json={"address": "ann@mill.example", "language": "en"}, headers=csrf)
    assert client.post(confirm, json={"code": "A"}).status_code == 403
    wrong = client.post(confirm, json={"code": "A" * 8}, headers=csrf)
    assert (wrong.status_code, wrong.json()["code"]) == (422, "malformed")
    with resources.records.reading() as connection:
        row = connection.execute(sa.select(mail_addresses)).one()
    code = code_of(resources.settings.signing_key(), row.user, row.address, row.changed_at)

    client.get("/preferences?language=en")
    shown = client.get(f"/mail?code={code}").text
    assert "data-unconfirmed" in shown
    assert f'value="{code}"' in shown
    token = re.search(
        r'action="/mail/confirm"><input type="hidden" name="csrf" value="(\w+)"', shown
    )
    assert token is not None
    refused = client.post("/mail/confirm", data={"csrf": token[1], "code": "other"})
    assert (refused.status_code, "not the code sent last" in refused.text) == (422, True)
    assert client.post("/mail/confirm", data={"csrf": "x", "code": code}).status_code == 403
    done = client.post("/mail/confirm", data={"csrf": token[1], "code": code})
    assert 'data-done="confirm"' in done.text
    assert "data-unconfirmed" not in done.text
    assert client.get(URL).json()["confirmed"] is True


@pytest.mark.parametrize(
    "address",
    [
        "ann@mill.example\r\nBcc: all@bank.example",
        "ann@mill.example\n",
        "ann@mill.example, all@bank.example",
        "Ann <ann@mill.example>",
        "安@mill.example",
        "ann@磨.example",
        "ann",
        "ann@mill",
        "a" * 65 + "@mill.example",
        "ann@" + "a." * 130 + "example",
        "",
    ],
)
def test_what_is_no_address_is_refused(client: TestClient, signed_in: SignIn, address: str) -> None:
    csrf = signed_in("Ann", "supplier", "MILL")
    refused = client.put(URL, json={"address": address}, headers=csrf)

    assert (refused.status_code, refused.json()["code"]) == (422, "malformed")
    assert "address" in refused.text
    assert client.get(URL).json()["address"] is None


def test_the_page_keeps_what_was_typed_and_says_whether_mail_is_sent(
    client: TestClient, signed_in: SignIn
) -> None:
    signed_in("Ann", "supplier", "MILL")
    client.get("/preferences?language=en")
    shown = client.get("/mail").text
    assert "No server of mail is set" in shown
    assert 'href="/mail"' in shown
    csrf = re.search(r'action="/mail"><input type="hidden" name="csrf" value="([^"]+)"', shown)
    assert csrf is not None

    form = {"csrf": csrf[1], "address": "ann at mill", "language": "zh"}
    refused = client.post("/mail", data=form)
    assert refused.status_code == 422
    assert 'value="ann at mill"' in refused.text
    assert "This is no address" in refused.text
    kept = client.post("/mail", data=form | {"address": " ann@mill.example "})
    assert "It is saved." in kept.text
    assert client.get(URL).json()["language"] == "zh"
    assert client.post("/mail", data=form | {"csrf": "other"}).status_code == 403
    assert "You are sent no mail" in client.post("/mail", data=form | {"address": ""}).text
    assert client.get(URL).json()["address"] is None
