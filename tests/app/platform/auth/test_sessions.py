"""Signing in over the interface: cookie, CSRF, end, guessing."""

import contextlib
import datetime as dt
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient

from app.main import create_app
from app.platform import audit
from app.platform.auth.errors import TooManyAttempts, UserExists, WrongPassword
from app.platform.auth.principals import RoleScope
from app.platform.auth.tables import sessions, users
from app.platform.auth.users import check_password, set_password, set_user
from app.platform.config import Settings
from app.platform.errors import Malformed
from app.platform.users.desk import WAITING_MAX
from app.platform.users.service import ATTEMPTS_MAX, Attempts
from graph.testing.waiting import WAIT_S, until
from tests.app.conftest import NOW, Clock
from tests.app.logins import add_user

SESSION = "/api/v1/session"
PASSWORD = "correct horse battery"  # noqa: S105  # of a test


@pytest.fixture
def client(tmp_path: Path, clock: Clock) -> Iterator[TestClient]:
    app = create_app(Settings(home=tmp_path, threads=1), now=clock)
    add_user(app.state.resources.records, "lin", PASSWORD, role="auditor", now=NOW)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def sign_in(client: TestClient, password: str = PASSWORD, name: str = "lin") -> int:
    return client.post(SESSION, json={"name": name, "password": password}).status_code


def test_the_cookie_signs_in_and_scripts_cannot_read_it(client: TestClient) -> None:
    answer = client.post(SESSION, json={"name": "lin", "password": PASSWORD})

    assert answer.status_code == 201
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert "SameSite=lax" in answer.headers["set-cookie"]
    assert client.get(SESSION).json()["name"] == "lin"


def test_the_records_hold_neither_password_nor_cookie(client: TestClient) -> None:
    assert sign_in(client) == 201
    with client.app.state.resources.records.reading() as connection:  # type: ignore[attr-defined]
        kept = [
            str(row)
            for table in (users, sessions)
            for row in connection.execute(sa.select(table)).all()
        ]

    assert not any(PASSWORD in row or client.cookies["deeptier_session"] in row for row in kept)


def test_a_wrong_password_and_an_unknown_name_look_the_same(client: TestClient) -> None:
    answers = [
        client.post(SESSION, json={"name": name, "password": "wrong"}) for name in ("lin", "who")
    ]

    assert [a.status_code for a in answers] == [401, 401]
    assert answers[0].json()["detail"] == answers[1].json()["detail"]
    assert answers[0].json()["code"] == "wrong_password"


def test_guessing_is_slowed_down_and_ends_with_time(client: TestClient, clock: Clock) -> None:
    for _ in range(ATTEMPTS_MAX):
        assert sign_in(client, "wrong") == 401
    assert sign_in(client) == 429
    assert sign_in(client, name="other") == 401

    clock.moment += dt.timedelta(minutes=6)

    assert sign_in(client) == 201


def test_a_change_by_session_needs_its_csrf_token(client: TestClient) -> None:
    assert sign_in(client) == 201
    csrf = client.get(SESSION).json()["csrf"]

    refused = client.delete(SESSION)
    forged = client.delete(SESSION, headers={b"X-CSRF-Token": b"\xe9" * 64})
    done = client.delete(SESSION, headers={"X-CSRF-Token": csrf})

    assert (refused.status_code, refused.json()["code"]) == (403, "csrf")
    assert forged.status_code == 403
    assert done.status_code == 204
    assert client.get(SESSION).status_code == 401


def test_a_signed_out_cookie_does_not_come_back(client: TestClient) -> None:
    assert sign_in(client) == 201
    cookie = client.cookies["deeptier_session"]
    csrf = client.get(SESSION).json()["csrf"]
    client.delete(SESSION, headers={"X-CSRF-Token": csrf})
    client.cookies.set("deeptier_session", cookie)

    assert client.get(SESSION).status_code == 401


def test_nobody_is_kept_out_by_others_who_guess_under_their_name(client: TestClient) -> None:
    assert sign_in(client) == 201
    mark = client.cookies["deeptier_device"]
    client.cookies.clear()
    for _ in range(ATTEMPTS_MAX):
        assert sign_in(client, "wrong") == 401
    refused = client.post(SESSION, json={"name": "lin", "password": PASSWORD})

    client.cookies.set("deeptier_device", mark)
    assert sign_in(client) == 201
    client.cookies.clear()
    client.cookies.set("deeptier_device", mark)
    assert sign_in(client, name="mo") == 401  # The mark of another user is none.
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_attempts")
    assert 1 <= int(refused.headers["Retry-After"]) <= 300


def test_a_browser_with_a_mark_is_slowed_down_too(client: TestClient) -> None:
    assert sign_in(client) == 201
    codes = [sign_in(client, "wrong") for _ in range(ATTEMPTS_MAX + 1)]

    assert codes == [401] * ATTEMPTS_MAX + [429]


class Slow:
    """A check of passwords that waits until it is let."""

    def __init__(self) -> None:
        self.let, self.begun = threading.Event(), threading.Event()
        self.tried = 0

    def __call__(self, *_: object) -> None:
        self.tried += 1
        self.begun.set()
        assert self.let.wait(WAIT_S)
        raise WrongPassword("wrong")


def test_a_flood_of_sign_ins_is_refused_before_anything_is_computed(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = Slow()
    monkeypatch.setattr("app.platform.users.service.check_password", slow)
    answers: list[Any] = []

    def ask(number: int) -> None:
        body = {"name": f"guest{number}", "password": "wrong"}
        answers.append(client.post(SESSION, json=body))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(WAITING_MAX + 8)]
    for each in threads:
        each.start()
    until(lambda: len(answers) >= len(threads) - WAITING_MAX - 1)
    assert slow.begun.wait(WAIT_S)
    early, tried = list(answers), slow.tried
    assert client.get("/healthz").status_code == 200
    slow.let.set()
    for each in threads:
        each.join()

    assert tried == 1
    assert {each.status_code for each in early} == {503}
    assert {each.json()["code"] for each in early} == {"busy"}
    assert all(int(each.headers["Retry-After"]) >= 1 for each in early)
    assert sum(each.status_code == 401 for each in answers) == WAITING_MAX + 1


def test_guesses_made_at_once_are_no_more_than_guesses_made_in_turn() -> None:
    attempts = Attempts()
    with contextlib.ExitStack() as trying:
        for _ in range(ATTEMPTS_MAX):
            trying.enter_context(attempts.trying("name:lin", NOW))
        with pytest.raises(TooManyAttempts):
            trying.enter_context(attempts.trying("name:lin", NOW))
    attempts.check("name:lin", NOW)


def test_a_session_ends_by_itself(client: TestClient, clock: Clock) -> None:
    assert sign_in(client) == 201
    clock.moment += dt.timedelta(hours=13)

    assert client.get(SESSION).status_code == 401


def test_writes_and_refusals_stand_in_the_audit(client: TestClient) -> None:
    client.get("/api/v1/cores")
    sign_in(client, "wrong")
    sign_in(client)
    client.get("/api/v1/scenarios/none")
    client.post("/api/v1/scenarios", json={}, headers={"X-CSRF-Token": "x"})

    found = client.get("/api/v1/audit?size=3").json()
    rest = client.get(f"/api/v1/audit?cursor={found['next']}").json()["items"]

    rows = [
        (each["actor"], each["action"], each["outcome"], each["status"])
        for each in [*found["items"], *rest]
    ]
    assert rows == [
        ("lin", "POST /api/v1/scenarios", "refused", 403),
        ("sign-in:lin", "POST /api/v1/session", "done", 201),
        ("sign-in:lin", "POST /api/v1/session", "refused", 401),
        ("nobody", "GET /api/v1/cores", "refused", 401),
    ]
    assert all(len(each["trace"]) >= 8 for each in found["items"])


def test_a_flood_of_nobody_fills_neither_the_audit_nor_its_writers(
    client: TestClient, clock: Clock
) -> None:
    for _ in range(150):
        assert client.get("/api/v1/cores").status_code == 401
    clock.moment += dt.timedelta(seconds=1)
    client.get("/api/v1/chains/C1")

    sign_in(client)
    rows = client.get("/api/v1/audit?size=1000").json()["items"]
    nobody = [row["target"] for row in rows if row["actor"] == "nobody"]
    assert len(nobody) == 101
    assert nobody[0] == "after 50 more: /api/v1/chains/C1"


def test_a_write_that_crashes_stands_in_the_audit(client: TestClient) -> None:
    with client.app.state.resources.records.writing() as connection:  # type: ignore[attr-defined]
        connection.execute(sa.text("DROP TABLE sessions"))

    answer = client.post(SESSION, json={"name": "lin", "password": PASSWORD})

    assert answer.status_code in (500, 503)
    assert "sessions" not in answer.json()["detail"] or answer.status_code == 503
    rows = audit.entries(client.app.state.resources.records)  # type: ignore[attr-defined]
    assert [row["outcome"] for row in rows] == ["failed"]


def test_users_are_added_once_with_a_password_worth_the_name(client: TestClient) -> None:
    records = client.app.state.resources.records  # type: ignore[attr-defined]
    with pytest.raises(UserExists):
        set_user(records, "lin", PASSWORD, scope=RoleScope("risk"), now=NOW)
    with pytest.raises(Malformed, match="password"):
        set_user(records, "mo", "short", scope=RoleScope("risk"), now=NOW)
    for name in ("", " mo", "m\no", "m\x1bo", "m\x85o", "m\u2028o", "m\u202eo"):
        with pytest.raises(Malformed, match="a user's name"):
            set_user(records, name, PASSWORD, scope=RoleScope("risk"), now=NOW)
    with pytest.raises(Malformed, match="firm"):
        set_user(records, "mo", PASSWORD, scope=RoleScope("core"), now=NOW)

    assert set_password(records, "lin", "another long password", now=NOW)
    assert not set_password(records, "nobody", "another long password", now=NOW)
    with pytest.raises(WrongPassword):
        check_password(records, "lin", PASSWORD)
    assert check_password(records, "lin", "another long password").role == "auditor"
