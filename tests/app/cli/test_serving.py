"""The service as a process: its address, its logins, its end."""

import json
import os
import re
import signal
import stat
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.cli.logins import FILE, demo_logins
from app.platform.config import Settings
from app.platform.deps import open_resources
from app.platform.errors import Absent
from graph.testing.waiting import WAIT_S

ROOT = Path(__file__).parent.parent.parent.parent


def test_demo_logins_are_made_once_with_two_persons_where_one_checks_the_other(
    settings: Settings, home: Path
) -> None:
    with open_resources(settings) as resources:
        first = demo_logins(resources)
        again = demo_logins(resources)

    assert first == again
    roles = Counter(each.role for each in first)
    assert roles.pop("supplier") in range(1, 4)
    assert roles == {"risk": 1, "officer": 3, "core": 2, "auditor": 1, "admin": 1}
    assert {each.unit for each in first if each.role == "officer"} == {
        *("head", "branch", "technology"),
    }
    assert {each.firm for each in first if each.role == "core"} == {"CORE1"}
    assert {each.firm for each in first if each.role == "supplier"} <= {"MILL", "PART", "ORE"}
    assert stat.S_IMODE((home / FILE).stat().st_mode) == 0o600
    assert len({each.password for each in first}) == len(first)


def test_demo_logins_need_limits(tmp_path: Path) -> None:
    with open_resources(Settings(home=tmp_path)) as resources, pytest.raises(Absent):
        demo_logins(resources)


@pytest.fixture
def served(home: Path) -> Iterator[tuple[str, list[str]]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "app.cli", "serve", "--demo", "--quiet-bank"],
        cwd=ROOT,
        env={**os.environ, "DEEPTIER_HOME": str(home), "DEEPTIER_PORT": "0"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    lines = []
    for line in process.stdout:
        lines.append(line.strip())
        if line.startswith("serving on "):
            break
    try:
        yield lines[-1].removeprefix("serving on "), lines[:-1]
    finally:
        process.send_signal(signal.SIGTERM)
        errors = process.stderr.read()
        process.wait(timeout=WAIT_S)
        process.stdout.close()
        process.stderr.close()
        assert "Traceback" not in errors, errors


@pytest.mark.slow
def test_it_says_where_and_signs_in_who_it_names(served: tuple[str, list[str]]) -> None:
    address, lines = served
    logins = [re.fullmatch(r"sign in as (\S+) with (\S+) · .+ · .+", line) for line in lines]
    assert len(logins) >= 9
    assert all(logins)
    assert logins[0] is not None
    body = json.dumps({"name": logins[0][1], "password": logins[0][2]}).encode()

    with urllib.request.urlopen(f"{address}/readyz", timeout=WAIT_S) as answer:  # noqa: S310  # our own address
        assert json.load(answer) == {"status": "ready", "version": 1}
    request = urllib.request.Request(  # noqa: S310  # our own address
        f"{address}/api/v1/session", body, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=WAIT_S) as answer:  # noqa: S310  # our own address
        assert json.load(answer)["role"] == "risk"
    with urllib.request.urlopen(f"{address}/metrics", timeout=WAIT_S) as answer:  # noqa: S310  # our own address
        assert b"deeptier_version 1.0" in answer.read()
