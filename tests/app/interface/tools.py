"""
Tools that read what the service gives as other people's do, installed once and kept in `var`.

`python -m tests.app.interface.tools tsc --project tsconfig.json` runs one of them in the
project's folder: `package-lock.json` beside this file says at which version.
"""

import fcntl
import hashlib
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
KEPT = ROOT / "var" / "interface"
FILES = ("requirements.txt", "package.json", "package-lock.json", "lint.cjs", "usage.ts")
SECONDS_MAX = 300


class ToolsMissing(Exception):
    """The tools cannot be installed here; the message says why."""


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


def kept_tools() -> Tools:
    """
    Return the tools, installed where they are not yet.

    Raises:
        ToolsMissing: There is no npm, or no network.
    """
    wanted = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in FILES)).hexdigest()
    folder = KEPT / wanted[:16]
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "whole").exists():
            missing = _install(folder)
            if missing is not None:
                raise ToolsMissing(missing)
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


def main(words: list[str]) -> int:
    """Run a tool in the project's folder and return its status; one that is missing fails in CI."""
    try:
        tool = kept_tools().folder / "node_modules" / ".bin" / words[0]
    except ToolsMissing as missing:
        sys.stderr.write(f"not checked, {words[0]} cannot be installed here: {missing}\n")
        return int(os.environ.get("CI") == "true")
    return subprocess.run([tool, *words[1:]], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
