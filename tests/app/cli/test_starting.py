"""What a command loads: it names all others without loading them, and pays for its own needs."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from app.cli.listing import LISTED, load

ROOT = Path(__file__).parent.parent.parent.parent
LOADED = """
import sys
from app.cli import main
try:
    main(sys.argv[1:])
finally:
    print(*sys.modules, file=sys.stderr)
"""
# Never on the way to an answer that a run has computed already.
COMPUTING = {
    *("alembic", "apscheduler", "fastapi", "jinja2", "llvmlite", "neo4j", "networkx", "numba"),
    *(
        "openpyxl",
        "pandas",
        "polars",
        "psycopg",
        "pyvis",
        "rapidfuzz",
        "scipy",
        "starlette",
        "uvicorn",
    ),
}
READING = {"pyarrow", "numpy", "sqlalchemy", "pydantic_settings", "yaml"}
MODULES_MAX = 750


def loaded(home: Path, *arguments: str) -> set[str]:
    said = subprocess.run(
        [sys.executable, "-c", LOADED, *arguments],
        cwd=ROOT,
        env={**os.environ, "DEEPTIER_HOME": str(home), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout, said.stderr
    return set(said.stderr.split())


@pytest.mark.parametrize("option", ["--version", "--help"])
def test_what_needs_no_data_loads_no_library_for_it(kept_home: Path, option: str) -> None:
    found = loaded(kept_home, option)

    assert found & (COMPUTING | READING) == set()
    assert len(found) < 400


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(("cores",), marks=pytest.mark.slow),
        ("limits", "CORE1"),
        pytest.param(("explain", "CORE1", "MILL"), marks=pytest.mark.slow),
    ],
    ids=" ".join,
)
def test_a_reading_command_loads_nothing_that_computes(
    kept_home: Path, command: tuple[str, ...]
) -> None:
    found = loaded(kept_home, *command)

    assert found & COMPUTING == set()
    assert found & {"structlog", "pyarrow.compute", "sqlalchemy.dialects.postgresql"} == set()
    assert len(found) < MODULES_MAX


@pytest.mark.parametrize("name", LISTED)
def test_the_list_says_what_the_command_says(name: str) -> None:
    command: Any = load(name)

    first = command.help.strip().split("\n\n")[0]
    assert " ".join(first.split()) == LISTED[name].says
    assert command.name == name
