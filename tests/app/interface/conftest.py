"""The description of the interface, and the tools that read it."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from app.main import create_app
from app.platform.config import Settings
from tests.app.interface.tools import Tools, ToolsMissing, kept_tools


@pytest.fixture(scope="session")
def description() -> dict[str, Any]:
    """Return the description of the interface."""
    return create_app(Settings()).openapi()


@pytest.fixture(scope="session")
def description_file(description: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("interface") / "openapi.json"
    file.write_text(json.dumps(description, ensure_ascii=False), encoding="utf-8")
    return file


@pytest.fixture(scope="session")
def tools() -> Tools:
    """Return the tools; without npm or network there are none: a failure where CI is set."""
    try:
        return kept_tools()
    except ToolsMissing as missing:
        end = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        end(f"clients cannot be made here: {missing}")
