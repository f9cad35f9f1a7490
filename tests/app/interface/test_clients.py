"""Clients made from the description by two generators, and two linters' recommended rules."""

import json
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn

from app.main import create_app
from app.platform.auth.tokens import issue
from app.platform.config import Settings
from tests.app.conftest import NOW
from tests.app.interface.tools import HERE, Tools

# One process waits for the tools.
pytestmark = [pytest.mark.xdist_group("interface"), pytest.mark.slow]


@pytest.fixture(scope="module")
def served(kept_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Yield the address of a running service and a token of risk's."""
    home = Path(shutil.copytree(kept_home, tmp_path_factory.mktemp("clients") / "home"))
    app = create_app(Settings(home=home), now=lambda: NOW)
    records, key = app.state.resources.records, app.state.resources.settings.signing_key()
    token = issue(records, key, role="risk", firm=None, days=1, now=NOW)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}", token
    server.should_exit = True
    thread.join()


def test_linters_have_nothing_to_say(tools: Tools, description_file: Path) -> None:
    assert json.loads(tools.run("node", "lint.cjs", description_file)) == []


def test_a_python_client_reads_a_limit(
    tools: Tools, description_file: Path, served: tuple[str, str], tmp_path: Path
) -> None:
    said = tools.run(
        *(tools.python / "openapi-python-client", "generate", "--fail-on-warning"),
        *("--path", description_file, "--output-path", tmp_path / "made", "--meta", "none"),
        *("--config", HERE / "generator.yml"),
    )
    read = tools.run(tools.python / "python", HERE / "usage.py", tmp_path, *served, "CORE1", "MILL")
    found = json.loads(read)

    assert "warning" not in said.lower()
    assert found["limit"]["firm"]["id"] == "MILL"
    assert found["limit"]["limit_fen"] > 0
    assert found["limit"]["derivation"]["op"] == "floor"
    assert "MILL" in [each["id"] for each in found["chain"]["firms"]]
    assert found["code"] == "not_found"


def test_types_for_scripts_name_the_main_routes(tools: Tools, description_file: Path) -> None:
    place = tools.folder / f"types-{description_file.parent.name}"
    place.mkdir(exist_ok=True)
    shutil.copy(HERE / "usage.ts", place)
    modules = tools.folder / "node_modules" / ".bin"
    made = _said(
        tools, modules / "openapi-typescript", description_file, "-o", place / "interface.ts"
    )
    tools.run(modules / "tsc", "--noEmit", "--strict", "--skipLibCheck", place / "usage.ts")
    shutil.rmtree(place)

    assert "warn" not in made.lower()
    assert "error" not in made.lower()


def _said(tools: Tools, *words: str | Path) -> str:
    """Return all that a command said: this generator greets on standard error."""
    said = subprocess.run(
        [str(word) for word in words], cwd=tools.folder, capture_output=True, text=True, check=True
    )
    return said.stdout + said.stderr
