"""The command `accounts`: the caps of a firm or core, for people and for programs."""

import json
from pathlib import Path

import pytest

from app.cli import main
from app.platform.config import Settings
from app.platform.deps import open_resources
from tests.app.chain.booked import set_up
from tests.app.conftest import NOW


def test_accounts_of_a_firm_are_listed_for_people_and_for_programs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_resources(Settings(home=tmp_path), now=lambda: NOW) as resources:
        set_up(resources)
    monkeypatch.setenv("DEEPTIER_HOME", str(tmp_path))

    with pytest.raises(SystemExit, match="0"):
        main(["accounts", "--firm", "MILL", "--core", "CORE1"])
    lines = capsys.readouterr().out.split("\n")
    assert any(line.startswith("chain:CORE1:MILL") and "100,000.00" in line for line in lines)
    assert not any(line.startswith("bank") for line in lines)

    with pytest.raises(SystemExit, match="0"):
        main(["accounts", "--core", "CORE2", "--json"])
    (item,) = json.loads(capsys.readouterr().out)["items"]
    assert (item["id"], item["available_fen"], item["from"]["run"]) == (
        *("core:CORE2", 10**12),
        "run-1",
    )
