"""The documents against the code: every setting, command and route is there; README runs."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main

from app.cli import app as commands
from app.platform.config import Settings

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
ABOUT_THE_CODE = [ROOT / name for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md")]
EVERY_PAGE = [*ABOUT_THE_CODE, *ROOT.glob("docs/**/*.md")]
PAGES = "\n".join(
    path.read_text(encoding="utf-8") for path in [ROOT / "README.md", *ROOT.glob("docs/*.md")]
)


def steps() -> list[str]:
    block = re.search(r"```console\n(.*?)```", README, re.DOTALL)
    assert block is not None
    return block[1].strip().splitlines()


def test_every_setting_is_in_the_readme() -> None:
    named = [f"`DEEPTIER_{field.upper()}`" for field in Settings.model_fields]

    assert [name for name in named if name not in README] == []


def test_every_command_is_in_the_documents() -> None:
    named = typer.main.get_command(commands).commands  # type: ignore[attr-defined]

    missing = [name for name in named if f"deeptier {name}" not in PAGES]

    assert missing == []


def test_every_local_link_leads_somewhere() -> None:
    for page in EVERY_PAGE:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_every_place_in_the_code_that_a_page_names_is_there() -> None:
    named = re.compile(r"`((?:app|graph|ingestion|tests|docker)/[\w./-]+)`")
    for page in EVERY_PAGE:
        for place in named.findall(page.read_text(encoding="utf-8")):
            there = (ROOT / place, ROOT / f"{place}.py", ROOT / place.replace("N.yml", "2.yml"))
            assert any(path.exists() for path in there), f"{page.name}: {place}"


def test_the_architecture_names_every_district_and_domain() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    folders = [path.parent for path in (ROOT / "app").glob("*/*/__init__.py")]
    domains = [each for each in folders if each.parent.name not in {"cli", "jobs", "policy"}]
    missing = [
        f"{each.parent.name}/{each.name}"
        for each in domains
        if not re.search(rf"^\| `app/{each.parent.name}` .*`{each.name}`", text, re.MULTILINE)
    ]

    assert len(domains) > 15
    assert missing == []


def test_the_make_targets_of_the_readme_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")

    for target in set(re.findall(r"make (\w+)", README)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def said(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Return what a shell said to lines in which `deeptier` is this command."""
    shim = folder / "bin" / "deeptier"
    shim.parent.mkdir(exist_ok=True)
    shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m app.cli "$@"\n', encoding="utf-8")
    shim.chmod(0o755)
    environment = {name: each for name, each in os.environ.items() if "DEEPTIER" not in name}
    path = f"{shim.parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-e", "-c", script],
        cwd=folder,
        env={**environment, "PATH": path, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_the_readme_runs_top_to_bottom_and_leaves_the_first_economy_as_it_was(
    tmp_path: Path,
) -> None:
    first = said(
        "deeptier demo var/demo --cores 2 --firms 40 --months 6 --seed 7\n"
        "deeptier ingest demo var/demo\ndeeptier cores --json",
        tmp_path,
    )
    assert first.returncode == 0, first.stderr

    walked = said("\n".join(steps()), tmp_path)
    assert walked.returncode == 0, walked.stderr
    assert "C001" in walked.stdout

    again = said("deeptier ingest demo var/small", tmp_path)
    assert (again.returncode, again.stdout) == (1, "")
    assert "C001 is " in again.stderr
    assert "DEEPTIER_HOME" in again.stderr
    after = said("deeptier cores --json", tmp_path)
    assert after.stdout == first.stdout[first.stdout.index('{\n  "items"') :]
