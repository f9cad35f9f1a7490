"""The application around its routes: probes, problems, headers, the rule on every route."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import APIRouter
from fastapi.testclient import TestClient

from app import main
from app.main import create_app
from app.platform.auth.rules import OPEN, allow
from app.platform.config import Settings


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with TestClient(create_app(Settings(home=tmp_path)), raise_server_exceptions=False) as client:
        yield client


def test_is_alive_before_anything_is_published(client: TestClient) -> None:
    assert client.get("/healthz").json()["status"] == "alive"


def test_an_unknown_path_is_a_problem(client: TestClient) -> None:
    answer = client.get("/nowhere")

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "not_found"
    assert answer.json()["trace_id"] == answer.headers["x-trace-id"]


def test_a_wrong_method_is_a_problem(client: TestClient) -> None:
    answer = client.post("/healthz")

    assert answer.status_code == answer.json()["status"] == 405
    assert answer.headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize("path", ["/api/v1/cores", "/api/v1/nowhere", "/api/v1"])
def test_without_a_token_the_interface_says_401_first(client: TestClient, path: str) -> None:
    answer = client.get(path)

    assert answer.status_code == 401
    assert answer.json()["code"] == "unauthenticated"
    assert answer.headers["www-authenticate"] == "Bearer"


def test_a_gateway_s_trace_id_is_kept(client: TestClient) -> None:
    assert client.get("/healthz", headers={"X-Trace-Id": "abcd1234"}).headers["x-trace-id"] == (
        "abcd1234"
    )
    assert client.get("/healthz", headers={"X-Trace-Id": "<x>"}).headers["x-trace-id"] != "<x>"


def test_every_answer_carries_the_security_headers(client: TestClient) -> None:
    policy = client.get("/nowhere").headers["content-security-policy"]

    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy


def test_a_body_past_its_bound_is_refused(client: TestClient) -> None:
    answer = client.post("/api/v1/session", content=b"x" * (main.BODY_BYTES_MAX + 1))

    assert answer.status_code in (404, 413)


def test_what_is_added_to_one_application_is_not_in_another(tmp_path: Path) -> None:
    one, other = (create_app(Settings(home=tmp_path / name)) for name in ("one", "other"))
    one.get("/own", dependencies=[allow(OPEN)])(lambda: {"home": str(tmp_path)})

    with TestClient(one) as first, TestClient(other) as second:
        assert first.get("/own").status_code == 200
        assert second.get("/own").status_code == 404
        assert {each.get("/readyz").status_code for each in (first, second)} == {503}
    assert (tmp_path / "one").is_dir()
    assert (tmp_path / "other").is_dir()


def test_a_route_without_a_rule_keeps_the_application_from_starting(tmp_path: Path) -> None:
    app = create_app(Settings(home=tmp_path))
    bare = APIRouter()
    bare.get("/bare")(lambda: None)
    app.include_router(bare)

    with pytest.raises(RuntimeError, match="/bare declares 0 rules"):
        main.rules_of(app)
