"""Access ends when it should: a password changed, a user disabled, a token revoked."""

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient

from app.main import create_app
from app.platform.auth import sessions, tokens, users
from app.platform.auth.errors import WrongPassword
from app.platform.auth.principals import ROLES
from app.platform.auth.tables import sessions as sessions_table
from app.platform.auth.tables import tokens as tokens_table
from app.platform.auth.tokens import issue, issue_to
from app.platform.auth.users import _hasher  # As the service has it, before tests hash cheaply.
from app.platform.config import Settings
from app.platform.records import Records, open_records
from tests.app.logins import add_user

NOW = dt.datetime(2026, 7, 15, 9, tzinfo=dt.UTC)
KEY = b"k" * 32
PASSWORD = "correct horse battery"  # noqa: S105  # of a test
OTHER = "another long password"
API = "/api/v1"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def records(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Records]:
    if request.param == "postgres":
        url = str(request.getfixturevalue("empty_postgres_url"))
    else:
        url = f"sqlite:///{tmp_path / 'records.db'}"
    with open_records(url) as records:
        add_user(records, "lin", PASSWORD, role="officer", now=NOW)
        yield records


def test_a_password_that_is_kept_is_dear_to_guess() -> None:
    made = re.match(r"\$argon2id\$v=19\$m=(\d+),t=(\d+),p=\d+\$", _hasher().hash(PASSWORD))

    assert made is not None
    assert int(made[1]) >= 2**16  # KiB of memory a try.
    assert int(made[2]) >= 3
    assert users._hasher is not _hasher


def holding(records: Records) -> tuple[int, int]:
    """Return how many sessions and tokens lin holds."""
    found = users.account(records, "lin", now=NOW)
    return found.sessions, found.tokens


def give_access(records: Records) -> str:
    lin = users.check_password(records, "lin", PASSWORD)
    cookie = sessions.begin(records, KEY, lin, now=NOW).cookie
    issue_to(records, KEY, lin, days=2, now=NOW)
    return cookie


def test_a_new_password_ends_every_session_and_token(records: Records) -> None:
    cookie = give_access(records)
    assert holding(records) == (1, 1)

    assert users.set_password(records, "lin", OTHER, now=NOW)

    assert holding(records) == (0, 0)
    assert sessions.find(records, KEY, cookie, now=NOW) is None


def test_a_disabled_user_has_no_access_left_and_gets_none(records: Records) -> None:
    cookie = give_access(records)

    ended = users.set_active(records, "lin", active=False, now=NOW)

    assert (ended.sessions, ended.tokens) == (1, 1)
    assert sessions.find(records, KEY, cookie, now=NOW) is None
    with pytest.raises(WrongPassword):
        users.check_password(records, "lin", PASSWORD)


def test_who_is_enabled_again_signs_in_anew(records: Records) -> None:
    cookie = give_access(records)
    users.set_active(records, "lin", active=False, now=NOW)

    users.set_active(records, "lin", active=True, now=NOW)

    assert sessions.find(records, KEY, cookie, now=NOW) is None
    assert users.check_password(records, "lin", PASSWORD).name == "lin"


def test_a_password_that_changes_while_somebody_signs_in_lets_nobody_in(records: Records) -> None:
    checked = users.check_password(records, "lin", PASSWORD)
    users.set_password(records, "lin", OTHER, now=NOW)

    with pytest.raises(WrongPassword):
        sessions.begin(records, KEY, checked, now=NOW)
    assert holding(records) == (0, 0)


def test_tokens_of_nobody_stay_when_a_user_goes(records: Records) -> None:
    issue(records, KEY, role="officer", firm=None, days=2, now=NOW)

    users.set_active(records, "lin", active=False, now=NOW)

    with records.reading() as connection:
        assert connection.execute(sa.select(tokens_table.c.revoked_at)).scalars().all() == [None]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path)


@pytest.fixture
def client(settings: Settings) -> Iterator[TestClient]:
    app = create_app(settings, now=lambda: NOW)
    records = app.state.resources.records
    add_user(records, "ada", PASSWORD, role="admin", now=NOW)
    add_user(records, "lin", PASSWORD, role="officer", now=NOW)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def records_of(client: TestClient) -> Records:
    found: Records = client.app.state.resources.records  # type: ignore[attr-defined]
    return found


def admin(client: TestClient, settings: Settings) -> dict[str, str]:
    ada = users.user_named(records_of(client), "ada")
    token = issue_to(records_of(client), settings.signing_key(), ada, days=1, now=NOW)
    return {"Authorization": f"Bearer {token}"}


def test_an_administrator_disables_a_user_at_once(client: TestClient, settings: Settings) -> None:
    headers = admin(client, settings)
    lin = TestClient(client.app, raise_server_exceptions=False)
    signed = lin.post(f"{API}/session", json={"name": "lin", "password": PASSWORD})
    assert (signed.status_code, lin.get(f"{API}/session").status_code) == (201, 200)

    changed = client.patch(f"{API}/users/lin", json={"active": False}, headers=headers)

    assert (changed.status_code, changed.json()["active"]) == (200, False)
    assert lin.get(f"{API}/session").status_code == 401


def test_an_administrator_lists_users_page_by_page(client: TestClient, settings: Settings) -> None:
    headers = admin(client, settings)

    first = client.get(f"{API}/users?size=1", headers=headers).json()
    rest = client.get(f"{API}/users?cursor={first['next']}", headers=headers).json()

    assert [each["name"] for each in first["items"] + rest["items"]] == ["ada", "lin"]
    assert rest["next"] is None
    assert "password" not in str(first)


def test_an_administrator_revokes_a_token_at_once(client: TestClient, settings: Settings) -> None:
    headers = admin(client, settings)
    key = settings.signing_key()
    other = issue(records_of(client), key, role="risk", firm=None, days=1, now=NOW)
    bearer = {"Authorization": f"Bearer {other}"}
    assert client.get(f"{API}/session", headers=bearer).status_code == 200
    listed = client.get(f"{API}/tokens", headers=headers).json()["items"]
    name = next(each["token"] for each in listed if each["role"] == "risk")

    assert client.delete(f"{API}/tokens/{name}", headers=headers).status_code == 204

    assert client.get(f"{API}/session", headers=bearer).status_code == 401
    assert client.delete(f"{API}/tokens/{name}", headers=headers).status_code == 404


def test_nobody_disables_themselves(client: TestClient, settings: Settings) -> None:
    refused = client.patch(
        f"{API}/users/ada", json={"active": False}, headers=admin(client, settings)
    )

    assert (refused.status_code, refused.json()["code"]) == (409, "own_access")


@pytest.mark.parametrize("role", [role for role in ROLES if role != "admin"])
def test_others_reach_nothing_of_it(client: TestClient, settings: Settings, role: Any) -> None:
    firm = "C1" if role in ("core", "supplier") else None
    key = settings.signing_key()
    token = issue(records_of(client), key, role=role, firm=firm, days=1, now=NOW)
    headers = {"Authorization": f"Bearer {token}"}
    for method, path in (
        ("GET", "/users"),
        ("PATCH", "/users/lin"),
        ("DELETE", "/users/lin/access"),
        ("GET", "/tokens"),
        ("DELETE", "/tokens/x"),
    ):
        answer = client.request(method, API + path, headers=headers, json={"active": False})
        assert answer.status_code == 403, path
    with records_of(client).reading() as connection:
        assert connection.execute(sa.select(sessions_table)).all() == []
    assert users.account(records_of(client), "lin", now=NOW).active


def test_a_user_who_is_not_there_is_404(client: TestClient, settings: Settings) -> None:
    headers = admin(client, settings)

    for method, path in (("PATCH", "/users/mo"), ("DELETE", "/users/mo/access")):
        answer = client.request(method, API + path, headers=headers, json={"active": True})
        assert answer.status_code == 404, path


@pytest.mark.parametrize(
    "change",
    [
        {"exp": "9999999999"},
        {"exp": None},
        {"exp": 1e300},
        {"exp": [1]},
        {"iat": "now"},
        {"sub": 7},
        {"sub": ""},
        {"jti": ["x"]},
        {"jti": "x" * 65},
        {"role": ["admin"]},
        {"role": {"a": 1}},
        {"role": None},
        {"firm": 7},
        {"firm": ["C1"]},
        {"role": "core", "firm": {"id": "C1"}},
    ],
    ids=str,
)
def test_a_signed_token_with_a_claim_of_another_type_is_401(
    client: TestClient, settings: Settings, change: dict[str, Any]
) -> None:
    key = settings.signing_key()
    token = issue(records_of(client), key, role="risk", firm=None, days=1, now=NOW)
    claims = jwt.decode(token, key, algorithms=["HS256"], options={"verify_exp": False})
    try:
        forged = jwt.encode({**claims, **change}, key, algorithm="HS256")
    except TypeError:
        pytest.skip("the library does not write such a claim")

    answer = client.get(f"{API}/session", headers={"Authorization": f"Bearer {forged}"})

    assert answer.status_code == 401


def test_tokens_of_no_user_count_each_for_themselves_and_those_of_a_user_together(
    records: Records,
) -> None:
    def account(token: str) -> str:
        return tokens.read(token, KEY, now=NOW)[1].account

    bare = [issue(records, KEY, role="officer", firm=None, days=1, now=NOW) for _ in range(2)]
    lin = users.user_named(records, "lin")
    hers = [issue_to(records, KEY, lin, days=1, now=NOW) for _ in range(2)]

    assert len({account(token) for token in bare}) == 2
    assert {account(token) for token in hers} == {"lin"}
