"""The command `portfolio`: what to lend, for people and for programs."""

import json

import pytest
from fastapi.testclient import TestClient

from app.cli import main
from app.platform.config import Settings

pytestmark = pytest.mark.xdist_group("groups")


def test_it_proposes_and_shows_what_more_of_each_cap_earns(
    client: TestClient,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("DEEPTIER_HOME", str(settings.home))
    monkeypatch.setenv("DEEPTIER_POLICY", str(settings.policy))

    with pytest.raises(SystemExit, match="0"):
        main(["portfolio", "--budget", "300000"])
    told = capsys.readouterr().out
    assert "would be lent 300,000.00" in told
    assert "budget: one more 1,000,000 yuan of budget asked for earns" in told
    assert "data-credit" in told

    with pytest.raises(SystemExit, match="0"):
        main(["portfolio", "--json"])
    document = json.loads(capsys.readouterr().out)
    assert document["budget_fen"] is None
    assert document["items"]


def test_a_budget_that_is_no_amount_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["portfolio", "--budget", "much"])
    assert "--budget" in capsys.readouterr().err
