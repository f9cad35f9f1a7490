"""The documents against the code: every setting, command and route is there; README runs."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main

from app.cli import app as commands
from app.config import Settings

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = "\n".join(
    path.read_text(encoding="utf-8") for path in [ROOT / "README.md", *ROOT.glob("docs/*.md")]
)


def steps() -> list[str]:
    block = re.search(r"```console\n(.*?)```", README, re.DOTALL)
    assert block is not None
    return block[1].strip().splitlines()


@pytest.mark.parametrize("field", sorted(Settings.model_fields))
def test_every_setting_is_in_the_readme(field: str) -> None:
    assert f"`DEEPTIER_{field.upper()}`" in README


def test_every_command_is_in_the_documents() -> None:
    named = typer.main.get_command(commands).commands  # type: ignore[attr-defined]

    missing = [name for name in named if f"deeptier {name}" not in PAGES]

    assert missing == []


def test_every_local_link_leads_somewhere() -> None:
    for page in [ROOT / "README.md", ROOT / "ARCHITECTURE.md", *ROOT.glob("docs/**/*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_the_make_targets_of_the_readme_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")

    for target in set(re.findall(r"make (\w+)", README)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_the_commands_of_the_readme_run(tmp_path: Path) -> None:
    environment = {**os.environ, "DEEPTIER_HOME": str(tmp_path / "var"), "PYTHONPATH": str(ROOT)}
    for step in steps():
        said = subprocess.run(
            [sys.executable, "-m", "app.cli", *step.split()[1:]],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert said.returncode == 0, f"{step}: {said.stderr}"
