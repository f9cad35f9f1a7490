"""The container files say what the settings say, and start nothing as root."""

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import yaml

ROOT = Path(__file__).parent.parent
DOCKERFILE = (ROOT / "docker" / "Dockerfile").read_text(encoding="utf-8")


@pytest.fixture
def compose() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load(
        (ROOT / "docker" / "compose.yml").read_text(encoding="utf-8")
    )
    return read


def instructions(name: str) -> list[str]:
    joined = DOCKERFILE.replace("\\\n", " ")
    return [line.split(None, 1)[1] for line in joined.splitlines() if line.startswith(f"{name} ")]


def test_the_image_runs_as_a_user_without_rights() -> None:
    assert instructions("USER")[-1] == "deeptier"
    assert DOCKERFILE.rindex("USER deeptier") < DOCKERFILE.index("ENTRYPOINT")


def test_the_image_is_slim_and_compiles_nothing() -> None:
    assert instructions("ARG")[0].endswith("-slim")
    assert [image.split()[0] for image in instructions("FROM")] == ["${BASE}", "${BASE}"]
    assert not any(word in DOCKERFILE for word in ("gcc", "build-essential"))


def test_only_the_stage_that_is_thrown_away_installs_anything() -> None:
    served = DOCKERFILE[DOCKERFILE.rindex("FROM ") :]

    assert not any(word in served for word in ("apt-get", "pip"))
    assert "trim.py" in DOCKERFILE


def trim_module() -> ModuleType:
    spec = importlib.util.spec_from_file_location("trim", ROOT / "docker" / "trim.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_what_is_trimmed_from_the_image_is_there_to_trim() -> None:
    packages = Path(np.__file__).parents[1]

    trim = trim_module()
    missing = [part for part in trim.PARTS + trim.STRIPPED if not list(packages.glob(part))]

    assert missing == []


def test_the_image_has_a_health_check_that_exists() -> None:
    assert "healthcheck.py" in instructions("HEALTHCHECK")[0]
    assert (ROOT / "docker" / "healthcheck.py").is_file()


def test_every_service_restarts_and_says_when_it_is_healthy(compose: dict[str, Any]) -> None:
    assert set(compose["services"]) == {"service", "scheduler", "neo4j", "postgres"}
    for name, service in compose["services"].items():
        assert "healthcheck" in service, name
        assert service["restart"] == "unless-stopped", name


def test_data_lives_in_volumes(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        named = [volume.split(":", 1)[0] for volume in service["volumes"]]
        assert set(named) <= set(compose["volumes"]), name
        assert named, name


def test_no_password_stands_in_the_file(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        for key, value in service.get("environment", {}).items():
            if any(word in key for word in ("PASSWORD", "SECRET", "AUTH", "URL")):
                assert "${" in value, key
