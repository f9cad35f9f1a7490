"""The description of the interface as a whole; `tests/app/interface` has the rest."""

import re

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.main import create_app
from app.platform.config import Settings


@pytest.fixture
def served(settings: Settings) -> FastAPI:
    return create_app(settings)


def test_the_description_names_problems_and_money(served: FastAPI) -> None:
    described = served.openapi()

    assert "Problem" in described["components"]["schemas"]
    for path, methods in described["paths"].items():
        if not path.startswith("/api/v1"):
            continue
        for method, route in methods.items():
            statuses = set(route["responses"])
            assert "401" in statuses, (method, path)
            assert route["summary"], (method, path)
    fen = [
        (name, field)
        for name, each in described["components"]["schemas"].items()
        for field, shape in each.get("properties", {}).items()
        if field.endswith("_fen")
        and not {"integer", "FenChange"} & set(re.findall(r"\w+", str(shape)))
    ]
    assert fen == []
    change = described["components"]["schemas"]["FenChange"]["properties"]
    assert {field: shape["type"] for field, shape in change.items()} == {
        "before": "integer",
        "after": "integer",
    }


def test_the_description_is_open_to_all_and_its_pages_are_not_in_it(
    served: FastAPI,
) -> None:
    with TestClient(served) as client:
        described = client.get("/api/v1/openapi.json")

    assert described.status_code == 200
    assert all(
        path.startswith("/api/v1") or path in ("/healthz", "/readyz", "/metrics")
        for path in described.json()["paths"]
    )
