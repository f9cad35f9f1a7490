"""The interface against its own description: whatever is sent, what comes back is as described."""

import datetime as dt
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from app.auth.tokens import issue
from app.config import Settings
from app.main import create_app
from tests.app.computing import Here

NOW = dt.datetime(2026, 7, 15, 9, tzinfo=dt.UTC)
CHECKS = [
    not_a_server_error,
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
]
EXAMPLES = 15
Served = tuple[FastAPI, dict[str, str]]


def operations() -> list[tuple[str, str]]:
    paths = create_app(Settings()).openapi()["paths"]
    return sorted(
        (path, method.upper()) for path in paths for method in paths[path] if "imports" not in path
    )


@pytest.fixture(scope="module")
def served(kept_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    home = Path(shutil.copytree(kept_home, tmp_path_factory.mktemp("interface") / "home"))
    app = create_app(Settings(home=home), now=lambda: NOW, computer=Here)
    records, key = app.state.resources.records, Settings(home=home).signing_key()
    token = issue(records, key, role="admin", firm=None, days=1, now=NOW)
    with TestClient(app):
        yield app, {"Authorization": f"Bearer {token}"}
    # Each call of schemathesis starts and ends the application: the last has opened them again.
    app.state.resources.records.close()
    app.state.resources.store.close()


KNOWN = {"core": "CORE1", "firm": "MILL"}


@pytest.mark.parametrize("known", [False, True], ids=["any", "known"])
@pytest.mark.parametrize(("path", "method"), operations())
def test_every_answer_is_as_described(
    path: str, method: str, served: Served, *, known: bool
) -> None:
    app, headers = served
    described = schemathesis.openapi.from_asgi("/api/v1/openapi.json", app)

    @given(case=described[path][method].as_strategy())
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    def holds(case: schemathesis.Case) -> None:
        if known:  # Else nearly everything is not found.
            case.path_parameters |= {
                name: KNOWN[name] for name in case.path_parameters.keys() & KNOWN.keys()
            }
        case.call_and_validate(headers=headers, checks=CHECKS)

    holds()


def test_the_description_names_problems_and_money(served: Served) -> None:
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
    served: Served,
) -> None:
    app, _ = served
    with TestClient(app) as client:
        described = client.get("/api/v1/openapi.json")

    assert described.status_code == 200
    assert all(
        path.startswith("/api/v1") or path in ("/healthz", "/readyz", "/metrics")
        for path in described.json()["paths"]
    )
