"""Which domain answers a path: seen at a glance, and never otherwise than by asking each route."""

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient
from starlette.types import Scope

from app.platform.http.routing import Router


def served(*paths: str, prefix: str = "") -> TestClient:
    """Return a client of one domain with a route at each path, which says where it stands."""
    router = Router()
    for path in paths:
        router.add_api_route(path, lambda path=path: path)
    app = FastAPI()
    app.include_router(router, prefix=prefix)
    return TestClient(app)


@pytest.mark.parametrize(
    ("paths", "prefix", "asked", "answers"),
    [
        (["/things", "/things/{name}"], "/api/v1", "/api/v1/things", "/things"),
        (["/things", "/things/{name}"], "/api/v1", "/api/v1/things/api", "/things/{name}"),
        (["/things", "/things/{name}"], "", "/things/of/it", None),
        (["/things"], "/api/v1", "/things", None),
        (["/things"], "", "/thing", None),
        (["/"], "", "/", "/"),
        (["", "/more"], "/things", "/things", ""),
        (["/things.{kind}"], "", "/things.csv", "/things.{kind}"),
        (["/things", "/{name}/parts"], "", "/other/parts", "/{name}/parts"),
    ],
)
def test_a_path_is_answered_by_the_route_that_is_meant(
    paths: list[str], prefix: str, asked: str, answers: str | None
) -> None:
    found = served(*paths, prefix=prefix).get(asked)

    assert (found.json() if found.status_code == 200 else None) == answers


def test_a_route_that_was_added_in_another_way_is_found() -> None:
    router, within = Router(), Router()
    router.add_api_route("/things", lambda: "things")
    within.add_api_route("/parts", lambda: "parts")
    router.include_router(within)
    app = FastAPI()
    app.include_router(router)

    assert TestClient(app).get("/parts").json() == "parts"


def test_routes_of_other_domains_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def matches(self: APIRouter, scope: Scope) -> object:
        """Note that the routes of a domain are asked."""
        asked.append(scope["path"])
        return walked(self, scope)

    walked = APIRouter.matches
    monkeypatch.setattr(APIRouter, "matches", matches)
    client = served("/things", "/things/{name}")

    assert client.get("/others").status_code == 404
    assert asked == []
    assert client.get("/things").status_code == 200
    assert "/things" in asked
