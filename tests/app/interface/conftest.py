"""Tools that read the description as other people's do, installed once and kept in `var`."""

import fcntl
import hashlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app.main import create_app
from app.platform.config import Settings

HERE = Path(__file__).parent
KEPT = HERE.parents[2] / "var" / "interface"
FILES = ("requirements.txt", "package.json", "package-lock.json", "lint.cjs", "usage.ts")
SECONDS_MAX = 300


@dataclass(frozen=True)
class Tools:
    """Where the generators and linters are."""

    folder: Path

    def run(self, *words: str | Path) -> str:
        """Return what a command printed; it may say nothing on the way."""
        said = _run(*words, folder=self.folder)
        assert said.returncode == 0, said.stdout + said.stderr
        assert said.stderr == "", said.stderr
        return said.stdout

    @property
    def python(self) -> Path:
        return self.folder / "python" / "bin"


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
    wanted = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in FILES)).hexdigest()
    folder = KEPT / wanted[:16]
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "whole").exists():
            missing = _install(folder)
            if missing is not None:
                end = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
                end(f"clients cannot be made here: {missing}")
            (folder / "whole").touch()
    return Tools(folder)


def _install(folder: Path) -> str | None:
    """Return why the tools cannot be installed; None where they are."""
    for name in FILES:
        (folder / name).write_bytes((HERE / name).read_bytes())
    quiet = ("--quiet", "--disable-pip-version-check")
    for words in (
        ("npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"),
        (sys.executable, "-m", "venv", "python"),
        ("python/bin/python", "-m", "pip", "install", *quiet, "-r", "requirements.txt"),
    ):
        try:
            said = _run(*words, folder=folder)
        except (FileNotFoundError, subprocess.TimeoutExpired) as error:
            return str(error)
        if said.returncode != 0:
            return f"{' '.join(words[:2])}: {said.stderr.strip()[-400:]}"
    return None


def _run(*words: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(folder / "python" / "bin"), os.environ.get("PATH", "")])
    return subprocess.run(
        [str(word) for word in words],
        cwd=folder,
        env={**os.environ, "PATH": path, "NODE_NO_WARNINGS": "1"},
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )
