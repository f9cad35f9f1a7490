"""The interface against its own description: whatever is sent, what comes back is as described."""

import datetime as dt
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from app.auth.tokens import issue
from app.config import Settings
from app.main import create_app

NOW = dt.datetime(2026, 7, 15, 9, tzinfo=dt.UTC)
CHECKS = [
    not_a_server_error,
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
]
EXAMPLES = 12


@pytest.fixture(scope="module")
def served(kept_home: Path) -> Iterator[tuple[FastAPI, dict[str, str]]]:
    with tempfile.TemporaryDirectory() as folder:
        given = Settings(
            home=kept_home, records_url=f"sqlite:///{folder}/records.db"
        )  # Writes of this test stay its own; without its records no version has a run.
        copy = Settings(home=kept_home)
        app = create_app(copy, now=lambda: NOW)
        records = app.state.resources.records
        token = issue(records, given.signing_key(), role="admin", firm=None, days=1, now=NOW)
        with TestClient(app):
            yield app, {"Authorization": f"Bearer {token}"}


@pytest.fixture
def described(served: tuple[FastAPI, dict[str, str]]) -> Any:
    app, _ = served
    return schemathesis.openapi.from_asgi("/api/v1/openapi.json", app)


schema = schemathesis.pytest.from_fixture("described")


@schema.exclude(path_regex="imports|metrics").parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_as_described(case: Any, served: tuple[FastAPI, dict[str, str]]) -> None:
    _, headers = served

    case.call_and_validate(headers=headers, checks=CHECKS)


def test_the_description_names_problems_and_money(served: tuple[FastAPI, dict[str, str]]) -> None:
    app, _ = served
    described = app.openapi()

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
        if field.endswith("_fen") and "integer" not in str(shape)
    ]
    assert fen == []


def test_the_description_is_open_to_all_and_its_pages_are_not_in_it(
    served: tuple[FastAPI, dict[str, str]],
) -> None:
    app, _ = served
    with TestClient(app) as client:
        described = client.get("/api/v1/openapi.json")

    assert described.status_code == 200
    assert all(
        path.startswith("/api/v1") or path in ("/healthz", "/readyz", "/metrics")
        for path in described.json()["paths"]
    )
