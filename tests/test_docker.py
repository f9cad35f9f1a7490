"""The container files say what the settings say, and start nothing as root."""

from pathlib import Path
from typing import Any

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
    assert all("-slim" in image for image in instructions("FROM"))
    assert not any(word in DOCKERFILE for word in ("gcc", "build-essential", "apt-get"))


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
