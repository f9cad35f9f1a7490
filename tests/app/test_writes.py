"""Scenarios over the interface, and what a request meets when something is wrong."""

from typing import Any

import pytest
from fastapi import APIRouter
from fastapi.testclient import TestClient

from app.main import BODY_BYTES_MAX, create_app
from app.platform.auth.rules import OPEN, allow
from app.platform.config import Settings
from graph.errors import GraphError, NotConverged, StageRefused, StoreError, StoreUnavailable
from tests.app.conftest import NOW

SCENARIOS = "/api/v1/scenarios"


def test_a_scenario_is_run_once_and_read_by_round(client: TestClient, bearer: Any) -> None:
    headers = bearer("officer")
    first = client.post(SCENARIOS, json={"close": ["MILL"]}, headers=headers)
    again = client.post(SCENARIOS, json={"close": ["MILL", "MILL"]}, headers=headers)
    read = client.get(first.headers["location"], headers=headers)
    rounds = [
        client.get(f"{first.headers['location']}/rounds/{each['round']}", headers=headers).json()
        for each in read.json()["rounds"]
    ]

    assert first.status_code == 201
    assert again.json() == first.json() == read.json()
    assert first.json()["id"] == first.json()["scenario"]
    assert read.headers["etag"].startswith('"v1-')
    assert sum(each["loss_fen"] for each in rounds) == read.json()["loss_fen"]
    assert rounds[0]["items"][0]["id"] == "MILL"


HIT = {"firms": ["MILL"], "share": 0.5}


@pytest.mark.parametrize(
    "body",
    [
        {"name": "half", "hits": [HIT]},
        {"scenarios": [{"name": "half", "hits": [HIT]}]},
        {
            "scenarios": [{"name": "all", "close": ["MILL"]}, {"name": "half", "hits": [HIT]}],
            "name": "half",
        },
    ],
)
def test_a_scenario_is_posted_in_the_language_of_files(
    client: TestClient, bearer: Any, body: dict[str, Any]
) -> None:
    headers = bearer("risk")
    posted = client.post(SCENARIOS, json=body, headers=headers)
    whole = client.post(SCENARIOS, json={"close": ["MILL"]}, headers=headers)

    assert posted.status_code == 201, posted.text
    assert (posted.json()["name"], posted.json()["hit_firms"]) == ("half", 1)
    assert posted.json()["hits"] == [{"firms": ["MILL"], "down": 0.5, "up": 0.5}]
    assert 0 < posted.json()["loss_fen"] < whole.json()["loss_fen"]
    assert client.get(posted.headers["location"], headers=headers).json() == posted.json()
    assert "hits" not in whole.json()


def test_cores_are_who_somebody_decided_are_cores(client: TestClient, bearer: Any) -> None:
    headers = bearer("admin")
    hit = {"cores": ["CORE1"], "reach": "suppliers", "tiers_max": 1, "share": 0.1}

    posted = client.post(SCENARIOS, json={"hits": [hit]}, headers=headers)
    none = client.post(SCENARIOS, json={"hits": [hit | {"cores": ["MILL"]}]}, headers=headers)

    assert posted.status_code == 201, posted.text
    assert posted.json()["hit_firms"] > 0
    assert (none.status_code, none.json()["code"]) == (422, "malformed")
    assert "'MILL' is no core" in none.json()["detail"]


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"hits": []}, 422, "body.hits"),
        ({"hits": [{"firms": ["MILL"]}]}, 422, "a hit loses something"),
        ({"hits": [{"share": 0.5}]}, 422, "a hit selects by at least one of"),
        ({"hits": [HIT | {"share": 1.5}]}, 422, "body.hits.0.share"),
        ({"hits": [HIT | {"shaer": 1}]}, 422, "body.hits.0.shaer"),
        ({"hits": [HIT | {"up": 1}]}, 422, "up: stands beside share"),
        ({"hits": [{"regions": ["nowhere"], "share": 1}]}, 404, "no firm of region 'nowhere'"),
        ({"hits": [HIT] * 101}, 422, "at most 100"),
        ({"hits": [{"firms": ["A"] * 10_001, "share": 1}]}, 422, "at most 10000"),
        ({"hits": [{"firms": ["MILL", "MILL"], "share": 1}]}, 422, "stands twice"),
        ({"scenarios": [{"name": "a", "hits": [HIT]}], "name": "b"}, 422, "no scenario 'b'"),
        ({"scenarios": [{"name": "a", "combines": ["b"]}]}, 422, "combines"),
        ({"scenarios": [{"name": "a", "close": ["A"]}], "close": ["A"]}, 422, "close"),
        ({"channels": ["orders"]}, 422, "one of close, hits, scenarios"),
    ],
)
def test_what_the_language_does_not_know_is_refused_by_name(
    client: TestClient, bearer: Any, body: dict[str, Any], status: int, said: str
) -> None:
    answer = client.post(SCENARIOS, json=body, headers=bearer("risk"))

    assert (answer.status_code, answer.json()["status"]) == (status, status), answer.text
    assert said in answer.json()["detail"]
    assert len(answer.text) < 4000


def test_a_share_that_is_no_number_is_malformed(client: TestClient, bearer: Any) -> None:
    for share in ("NaN", "Infinity", "1e999", "true", '"1"', "null"):
        body = b'{"hits":[{"firms":["MILL"],"share":%s}]}' % share.encode()
        answer = client.post(SCENARIOS, content=body, headers=bearer("risk"))
        assert answer.status_code == 422, (share, answer.text)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"close": ["NONE"]}, 404),
        ({"close": ["MILL"], "version": 9}, 404),
        ({"close": []}, 422),
        ({"close": ["MILL"], "channels": ["rumours"]}, 422),
        ({"close": "MILL"}, 422),
        ({"close": ["MILL"], "channel": ["orders"]}, 422),
        ({}, 422),
    ],
)
def test_a_scenario_that_cannot_be_is_refused(
    client: TestClient, bearer: Any, body: dict[str, Any], status: int
) -> None:
    answer = client.post(SCENARIOS, json=body, headers=bearer("risk"))

    assert answer.status_code == answer.json()["status"] == status


def test_a_round_past_the_last_is_not_there(client: TestClient, bearer: Any) -> None:
    headers = bearer("risk")
    place = client.post(SCENARIOS, json={"close": ["SHOP"]}, headers=headers).headers["location"]

    assert client.get(f"{place}/rounds/999", headers=headers).status_code == 404
    assert client.get(f"{place}/rounds/-1", headers=headers).status_code == 422
    assert client.get(f"{place}/rounds/x", headers=headers).status_code == 422


def test_a_body_that_is_not_json_is_malformed(client: TestClient, bearer: Any) -> None:
    answer = client.post(SCENARIOS, content=b"{", headers=bearer("risk"))

    assert (answer.status_code, answer.json()["code"]) == (422, "malformed")
    assert answer.json()["errors"][0]["place"].startswith("body")


@pytest.mark.parametrize("announced", [True, False])
def test_a_body_past_its_bound_is_413(client: TestClient, bearer: Any, announced: bool) -> None:  # noqa: FBT001  # a parameter of the test
    body = b" " * (BODY_BYTES_MAX + 1)
    sent: Any = body if announced else iter([body[: len(body) // 2], body[len(body) // 2 :]])

    answer = client.post(SCENARIOS, content=sent, headers=bearer("risk"))

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


FAULTS = {
    "crash": (RuntimeError("secret detail"), 500, "failed"),
    "store": (StoreError("broken"), 500, "failed"),
    "away": (StoreUnavailable("no server"), 503, "unready"),
    "busy": (StageRefused("another import"), 409, "conflict"),
    "restless": (NotConverged("still moved"), 503, "not_converged"),
    "graph": (GraphError("secret detail"), 500, "failed"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_a_problem_with_a_trace_and_no_secrets(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    error, status, code = FAULTS[name]
    router = APIRouter()

    @router.get("/fault", dependencies=[allow(OPEN)])
    def fault() -> None:
        raise error

    app = create_app(settings)
    app.include_router(router, prefix="/api/v1")
    monkeypatch.setattr("app.platform.auth.gate.OPEN", frozenset({("GET", "/api/v1/fault")}))
    with TestClient(app, raise_server_exceptions=False) as client:
        answer = client.get("/api/v1/fault")

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["trace_id"] == answer.headers["x-trace-id"]
    assert "content-security-policy" in answer.headers
    assert "secret detail" not in answer.text


def test_a_database_that_is_gone_is_not_ready(settings: Settings) -> None:
    away = settings.model_copy(
        update={"graph_url": "postgresql+psycopg://bank:hidden@127.0.0.1:1/nowhere"}
    )
    with TestClient(create_app(away), raise_server_exceptions=False) as client:
        answer = client.get("/readyz")
        alive = client.get("/healthz")

    assert (answer.status_code, alive.status_code) == (503, 200)
    assert "hidden" not in answer.text


def test_figures_name_the_route_of_head_however_it_ends(
    settings: Settings, bearer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> None:
        raise RuntimeError("broken")

    with TestClient(create_app(settings, now=lambda: NOW), raise_server_exceptions=False) as client:
        monkeypatch.setattr("app.chain.firms.service.firm_document", crash)
        for path in ("/api/v1/firms/MILL", "/api/v1/versions", "/healthz", "/api/v1/imports"):
            client.head(path, headers=bearer("risk"))
        text = client.get("/metrics").text

    for route, status in (
        ("/api/v1/firms/{firm}", 500),
        ("/api/v1/versions", 200),
        ("/healthz", 200),
        ("/api/v1/imports", 405),
    ):
        assert f'{{method="HEAD",route="{route}",status="{status}"}} 1.0' in text


def test_metrics_count_routes_not_paths(client: TestClient, bearer: Any) -> None:
    headers = bearer("risk")
    client.get("/api/v1/firms/MILL", headers=headers)
    client.get("/api/v1/firms/ORE", headers=headers)
    client.get("/favourites/x", headers=headers)

    text = client.get("/metrics").text

    counted = 'deeptier_requests_total{method="GET",route="/api/v1/firms/{firm}",status="200"} 2.0'
    assert counted in text
    assert "favourites" not in text
    assert "deeptier_version 1.0" in text
