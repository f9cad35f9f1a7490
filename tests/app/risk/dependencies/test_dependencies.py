"""The commands `weak-points` and `dependence` on a small economy."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from app import cli
from app.platform.config import Settings
from app.platform.deps import open_resources

MILLION = 100 * 10**6  # In fen.


def run(home: Path, *arguments: str) -> Any:
    settings = {"DEEPTIER_HOME": str(home), "COLUMNS": "200"}
    return CliRunner().invoke(cli.app, arguments, env=settings)


def told(home: Path, *arguments: str) -> dict[str, Any]:
    said = run(home, *arguments, "--json")
    assert said.exit_code == 0, (said.output, said.exception)
    found: dict[str, Any] = json.loads(said.stdout)
    return found


def test_weak_points_say_what_a_core_buys_of_whom_it_cannot_go_around(home: Path) -> None:
    found = told(home, "weak-points", "CORE1")
    by_id = {point["id"]: point for point in found["points"]}

    # MILL lives on ORE alone: without ORE, or without MILL, 40 of 49 million are lost.
    assert found["core"]["id"] == "CORE1"
    assert found["policy"]
    assert found["purchases_fen"] == pytest.approx(49 * MILLION, rel=1e-6)
    assert by_id["ORE"]["starved_fen"] == pytest.approx(40 * MILLION, rel=1e-6)
    assert by_id["MILL"]["cut_off"] == 1
    assert by_id["MILL"]["cut_off_fen"] == pytest.approx(20 * MILLION, rel=1e-6)
    # The least that parts it from raw inputs: what ORE sells, and what PART sells it.
    assert found["trade_cut"]["value_fen"] == pytest.approx(29 * MILLION, rel=1e-6)
    assert found["firm_cut"]["firms"] == 2
    cut = found["trade_cut"]["core_side"]
    assert sum(trade["amount_fen"] for trade in cut) == found["trade_cut"]["value_fen"]


def test_tiers_that_are_asked_for_are_followed(home: Path) -> None:
    near = told(home, "weak-points", "CORE1", "--tiers", "1")

    assert (near["tiers"], near["firms"]) == (1, 2)
    assert run(home, "weak-points", "CORE1", "--tiers", "0").exit_code == 2


def test_weak_points_are_of_cores(home: Path) -> None:
    assert "is no core" in str(run(home, "weak-points", "MILL").exception)
    assert "is no core" in str(run(home, "weak-points", "NONE").exception)


def test_a_worse_rating_is_passed_on_to_who_depends_on_the_firm(home: Path) -> None:
    found = told(home, "dependence", "--if", "CORE1=R12")
    by_id = {item["id"]: item for item in found["items"]}

    assert (found["against"], found["changed"]) == (None, 1)
    with open_resources(Settings(home=home)) as resources:
        equity = resources.store.reader().columns("firms", ["equity_fen"])["equity_fen"]
    assert found["equity_unknown"] == equity.null_count
    # MILL sells all it makes to CORE1 and is owed by it; ORE depends on MILL in turn.
    assert float(by_id["MILL"]["pd_network"]) > float(by_id["MILL"]["pd"]) == 0.00121
    assert by_id["MILL"]["chains"][0]["firms"] == ["CORE1", "MILL"]
    assert by_id["ORE"]["chains"][0]["firms"] == ["CORE1", "MILL", "ORE"]
    notches = [-float(item["notches"]) for item in found["items"]]
    assert notches == sorted(notches)


def test_a_better_rating_takes_risk_off(home: Path) -> None:
    found = told(home, "dependence", "--if", "CORE1=R1")
    (mill,) = (item for item in found["items"] if item["id"] == "MILL")

    assert float(mill["notches"]) < 0
    assert mill["chains"][0]["firms"] == ["CORE1", "MILL"]


def test_a_version_against_itself_moves_nobody(home: Path) -> None:
    found = told(home, "dependence", "--against", "1")

    assert (found["changed"], found["items"]) == (0, [])
    assert found["against"]["version"] == 1


def test_both_commands_tell_people(home: Path) -> None:
    points = run(home, "weak-points", "CORE1")
    risk = run(home, "dependence", "--if", "CORE1=R12")

    assert points.exit_code == risk.exit_code == 0, points.output + risk.output
    assert "ORE" in points.stdout
    assert "CORE1 > MILL > ORE" in risk.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "there is no version before 1"),
        (["--if", "NONE=R1"], "NONE"),
        (["--if", "MILL=R99"], "no value for 'R99'"),
        (["--against", "9"], "9"),
    ],
)
def test_what_cannot_be_compared_is_refused(home: Path, arguments: list[str], said: str) -> None:
    found = run(home, "dependence", *arguments)

    assert found.exit_code != 0
    assert said in str(found.exception)


def test_a_supposed_rating_is_written_as_a_pair(home: Path) -> None:
    for wrong in ("MILL", "=R1", "MILL="):
        said = run(home, "dependence", "--if", wrong)
        assert (said.exit_code, "FIRM=RATING" in said.output) == (2, True)
    both = run(home, "dependence", "--if", "MILL=R1", "--against", "1")
    assert both.exit_code == 2
