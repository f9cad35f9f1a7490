"""Questions about a scenario: its rounds, whose loss it is, another beside it, what would help."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from app import cli
from app.platform.config import Settings
from app.platform.deps import open_resources
from app.policy import in_force, shipped
from app.risk.stress import choices
from app.risk.stress.asking import fen_of
from app.risk.stress.repository import ScenarioFolder
from app.risk.stress.schemas import closure
from app.risk.stress.service import ScenarioStores, run_scenario
from graph.errors import Damaged, InvalidInput

SCENARIOS = "/api/v1/scenarios"
HITS = [{"firms": ["MILL"], "share": 1}, {"firms": ["ORE"], "down": 0.5, "unpaid": 1}]


@pytest.fixture
def read(client: TestClient, bearer: Any) -> Any:
    def get(path: str, **query: Any) -> Any:
        answer = client.get(path, params=query or None, headers=bearer("auditor"))
        assert answer.status_code == 200, answer.text
        return answer.json()

    return get


@pytest.fixture
def place(client: TestClient, bearer: Any) -> str:
    posted = client.post(SCENARIOS, json={"name": "x", "hits": HITS}, headers=bearer("risk"))
    assert posted.status_code == 201, posted.text
    return str(posted.headers["location"])


def whole(read: Any, path: str) -> list[dict[str, Any]]:
    """Return the items of all pages, three at a time."""
    items, cursor = [], None
    while True:
        page = read(path, size=3, **({"cursor": cursor} if cursor else {}))
        items += page["items"]
        assert page["items"]
        cursor = page["next"]
        if cursor is None:
            return items


def test_an_attribution_sums_to_the_loss_to_the_fen(read: Any, place: str) -> None:
    losses, found = read(place), read(f"{place}/attribution", size=1000)

    assert {part["id"] for part in found["players"]} == {"MILL", "ORE"}
    assert sum(part["loss_fen"] for part in found["players"]) == losses["loss_fen"]
    assert found["loss_fen"] == losses["loss_fen"] > 0
    assert (found["by"], found["exact"], found["next"]) == ("firm", True, None)
    carried = sum(trade["inputs_fen"] + trade["orders_fen"] for trade in found["items"])
    assert found["first_fen"] + carried == found["production_fen"]
    assert found["production_fen"] == sum(firm["production_fen"] for firm in losses["firms"])
    assert found["payments_fen"] == sum(firm["payments_fen"] for firm in losses["firms"])
    assert whole(read, f"{place}/attribution") == found["items"]


def test_rounds_lead_to_the_losses_and_say_why(read: Any, place: str) -> None:
    losses, found = read(place), read(f"{place}/rounds", size=1000)
    last = {(each["id"], each["channel"]): each["after"] for each in found["items"]}

    assert found["changes"] == len(found["items"]) > 3
    for firm in losses["firms"]:
        reached = [last.get((firm["id"], way), "0") for way in ("production", "orders")]
        assert max(reached, key=float) == firm["loss_share"]
    shocks = [each for each in found["items"] if each["reason"] == "shock"]
    assert {each["id"] for each in shocks} == {"MILL", "ORE"}
    assert all(each["round"] == 0 and each["through"] is None for each in shocks)
    assert all(each["through"] for each in found["items"] if each["round"])
    assert whole(read, f"{place}/rounds") == found["items"]


def test_a_scenario_of_payments_alone_has_an_attribution_and_no_rounds(
    client: TestClient, bearer: Any, read: Any
) -> None:
    body = {"close": ["CORE1"], "channels": ["payments"]}
    posted = client.post(SCENARIOS, json=body, headers=bearer("risk"))
    found = read(f"{posted.headers['location']}/attribution")

    assert found["loss_fen"] == found["payments_fen"] == posted.json()["loss_fen"]
    assert (found["production_fen"], found["items"]) == (0, [])
    assert read(f"{posted.headers['location']}/rounds")["items"] == []


def test_two_scenarios_stand_side_by_side(
    client: TestClient, bearer: Any, read: Any, place: str
) -> None:
    other = client.post(SCENARIOS, json={"close": ["SHOP"]}, headers=bearer("risk")).json()
    one, path = read(place), f"{place}/compare?with={other['id']}"
    found = read(path)

    assert found["with"]["scenario"] == other["id"]
    assert found["difference_fen"] == other["loss_fen"] - one["loss_fen"]
    assert sum(firm["difference_fen"] for firm in found["items"]) == found["difference_fen"]
    assert sum(each["with_loss_fen"] for each in found["rounds"]) == other["loss_fen"]
    gaps = [(-abs(firm["difference_fen"]), firm["id"]) for firm in found["items"]]
    assert gaps == sorted(gaps)
    same = read(f"{place}/compare?with={one['id']}")
    assert all(firm["difference_fen"] == 0 for firm in same["items"])


@pytest.mark.parametrize("part", ["rounds", "attribution", "compare"])
def test_what_is_not_there_or_not_for_a_reader_is_refused(
    client: TestClient, bearer: Any, place: str, part: str
) -> None:
    name = place.rpartition("/")[2]
    risk, query = bearer("risk"), {"with": name}

    for nobody in ("scenario-1-0123456789abcdef", f"{name}.rounds", "..%2F..%2Fgraph.db"):
        answer = client.get(f"{SCENARIOS}/{nobody}/{part}", params=query, headers=risk)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    for role, firm in (("core", "CORE1"), ("supplier", "MILL")):
        answer = client.get(f"{place}/{part}", params=query, headers=bearer(role, firm))
        assert answer.status_code == 403
    bad = client.get(f"{place}/{part}", params={**query, "cursor": "x"}, headers=risk)
    assert (bad.status_code, bad.json()["code"]) == (422, "malformed")


def test_a_comparison_names_another_scenario_that_is_there(
    client: TestClient, bearer: Any, place: str
) -> None:
    headers = bearer("risk")

    assert client.get(f"{place}/compare", headers=headers).status_code == 422
    missing = client.get(f"{place}/compare?with=none", headers=headers)
    assert missing.status_code == 404


def test_a_scenario_of_another_policy_is_to_be_posted_again(
    client: TestClient, bearer: Any, home: Path
) -> None:
    with open_resources(Settings(home=home)) as resources:
        reader = resources.store.reader(1)
        policy = in_force(shipped(), reader.version.as_of)
        older = dataclasses.replace(policy, version="older")
        document = run_scenario(ScenarioStores.under(reader, home), closure(["MILL"]), older)

    answer = client.get(f"{SCENARIOS}/{document['scenario']}/rounds", headers=bearer("risk"))

    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


def test_a_damaged_part_is_computed_again(read: Any, place: str, home: Path) -> None:
    before = read(f"{place}/attribution")
    kept = home / "runs" / "scenarios" / f"{place.rpartition('/')[2]}.attribution"
    (kept / "scenario.json").write_text("{}", encoding="utf-8")

    assert read(f"{place}/attribution") == before


def run(home: Path, *arguments: str) -> Any:
    settings = {"DEEPTIER_HOME": str(home), "COLUMNS": "200"}
    return CliRunner().invoke(cli.app, ["stress", *arguments], env=settings)


def told(home: Path, *arguments: str) -> dict[str, Any]:
    said = run(home, *arguments, "--json")
    assert said.exit_code == 0, (said.output, said.exception)
    found: dict[str, Any] = json.loads(said.stdout)
    return found


@pytest.mark.parametrize("question", [["--replay"], ["--attribute"], ["--compare", "other"]])
def test_the_command_answers_with_the_document_of_the_interface(
    client: TestClient, bearer: Any, home: Path, tmp_path: Path, question: list[str]
) -> None:
    file = tmp_path / "two.json"
    scenarios = [{"name": "x", "hits": HITS}, {"name": "other", "close": ["SHOP"]}]
    file.write_text(json.dumps({"scenarios": scenarios}), encoding="utf-8")
    asked = ["--scenario", str(file), "--name", "x"]

    found = told(home, *asked, *question)
    shown = run(home, *asked, *question)

    assert shown.exit_code == 0, (shown.output, shown.exception)
    part = {"--replay": "rounds", "--attribute": "attribution"}.get(question[0], "compare")
    query = {"with": found["with"]["scenario"]} if part == "compare" else {}
    path = f"{SCENARIOS}/{found['scenario']}/{part}"
    read = client.get(path, params={**query, "size": 1000}, headers=bearer("risk"))
    assert read.json() == found


def test_a_stored_scenario_that_comes_out_otherwise_is_told(home: Path) -> None:
    document = told(home, "--close", "MILL")
    kept = ScenarioFolder(home / "runs" / "scenarios")
    figures = kept.table(document["scenario"])
    (home / "runs" / "scenarios" / document["scenario"]).rename(home / "away")
    kept.save(document | {"loss_fen": document["loss_fen"] + 1}, figures)

    said = run(home, "--scenario", document["scenario"], "--replay")

    assert isinstance(said.exception, Damaged)


def test_support_saves_no_more_than_its_bound_and_costs_no_more_than_its_budget(
    home: Path,
) -> None:
    found = told(home, "--close", "MILL", "--rescue", "1000000")

    assert found["loss_fen"] - found["loss_after_fen"] == found["saved_fen"]
    assert sum(firm["saved_fen"] for firm in found["supported"]) == found["saved_fen"]
    assert found["saved_fen"] <= found["saved_fen_max"]
    assert found["cost_fen"] <= found["budget_fen"] == 100_000_000
    assert run(home, "--close", "MILL", "--rescue", "1000000").exit_code == 0


def test_the_fewest_failures_reach_the_loss_and_say_what_is_excluded(home: Path) -> None:
    found = told(home, "--reverse", "1000")
    among = told(home, "--reverse", "1000", "--close", "MILL")

    assert found["breaks"]
    assert found["loss_fen"] >= found["threshold_fen"] == 100_000
    assert found["excluded"] == len(found["firms"]) - 1 == 0
    assert [firm["id"] for firm in among["firms"]] == ["MILL"]
    assert not told(home, "--reverse", "99999999999999")["breaks"]
    assert "proven" in run(home, "--reverse", "1000").stdout


def test_who_is_left_out_of_a_question_is_counted(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ["--close", "MILL", "--close", "PART", "--close", "ORE"]
    alone = {firm: told(home, "--reverse", "1000", "--close", firm) for firm in asked[1::2]}
    losses = told(home, "--close", "MILL")["firms"]
    monkeypatch.setattr(choices, "FAILING_MAX", 1)
    monkeypatch.setattr(choices, "SUPPORTED_MAX", 1)

    fewest = told(home, "--reverse", "1000", *asked)
    rescued = told(home, "--close", "MILL", "--rescue", "1000000")

    costliest = max(alone, key=lambda firm: alone[firm]["loss_fen"])
    assert (fewest["candidates"], fewest["left_out"]) == (1, 2)
    assert [firm["id"] for firm in fewest["firms"]] == [costliest]
    assert rescued["candidates"] == 1
    assert rescued["left_out"] == sum(firm["production_fen"] > 0 for firm in losses) - 1 > 0


def test_a_comparison_with_what_is_neither_beside_it_nor_a_file_names_what_was_asked(
    home: Path, tmp_path: Path
) -> None:
    file = tmp_path / "two.json"
    beside = [{"name": "x", "close": ["MILL"]}, {"name": "y", "close": ["NOBODY"]}]
    file.write_text(json.dumps({"scenarios": beside}), encoding="utf-8")
    asked = ["--scenario", str(file), "--name", "x"]

    assert "NOBODY" in str(run(home, *asked, "--compare", "y").exception)
    assert "no-such" in str(run(home, *asked, "--compare", "no-such").exception)


def test_one_question_is_asked_at_a_time(home: Path) -> None:
    said = run(home, "--close", "MILL", "--replay", "--attribute")

    assert said.exit_code == 2
    assert "--replay and --attribute are two questions" in said.output


@pytest.mark.parametrize("written", ["", "0", "-1", "1.005", "1e3", "NaN", "９", "9" * 19, "1 000"])
def test_what_is_no_amount_is_refused(written: str) -> None:
    with pytest.raises(InvalidInput, match="--rescue"):
        fen_of("--rescue", written)
