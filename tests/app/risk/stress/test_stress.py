"""Stress scenarios: who loses what in fen, round by round, the same for the same question."""

import datetime as dt
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from typer.testing import CliRunner

from app import cli
from app.data.versions import networks
from app.platform.errors import Absent
from app.policy import Policy, in_force, shipped
from app.risk.stress import files, service
from app.risk.stress.schemas import CLOSED_MAX, Channel, closure, id_of
from graph import model
from graph.errors import GraphError, InvalidInput, NotFound
from graph.scenarios import Scenario, parse, read
from graph.stores import open_store
from graph.testing.networks import firms_table, toy, trades_table

AS_OF = dt.date(2024, 6, 30)
YUAN = 100
# Ore goes to steel, steel to cars; each also sells elsewhere. Cars owe steel, steel owes ore.
TRADES = {
    ("ore", "steel"): 400 * YUAN,
    ("ore", "wire"): 100 * YUAN,
    ("steel", "cars"): 900 * YUAN,
    ("wire", "cars"): 100 * YUAN,
}


def receivable(number: str, seller: str, buyer: str, yuan: int, **other: Any) -> dict[str, Any]:
    row = {
        "id": number,
        "number": number,
        "seller": seller,
        "buyer": buyer,
        "amount_fen": yuan * YUAN,
        "issued_on": dt.date(2024, 5, 1),
        "due_on": dt.date(2024, 8, 1),
        "status": "open",
    }
    return row | other


NAMES = ["cars", "idle", "ore", "steel", "wire"]
RECEIVABLES = [
    receivable("1", "steel", "cars", 300),
    receivable("2", "ore", "steel", 200, status="confirmed"),
    receivable("3", "wire", "cars", 50, status="financed"),
    receivable("4", "wire", "cars", 70, status="disputed"),
    receivable("5", "wire", "cars", 90, status="paid", paid_on=dt.date(2024, 6, 1)),
    receivable("6", "wire", "cars", 80, issued_on=dt.date(2024, 7, 2)),
    receivable("7", "wire", "wire", 10),
]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    with open_store(f"sqlite:///{tmp_path}/graph.db") as store:
        stage = store.stage()
        cash = {"steel": 120 * YUAN}
        sectors = dict.fromkeys(["ore", "wire"], "B08") | {"steel": "C31", "cars": "C36"}
        table = firms_table(NAMES, cash_fen=cash, sector=sectors, core={"cars": True})
        stage.write("firms", table)
        stage.write("trades", trades_table(TRADES))
        schema = model.table("receivables").arrow
        stage.write("receivables", pa.Table.from_pylist(RECEIVABLES, schema=schema))
        stage.publish(AS_OF, published_at=dt.datetime(2024, 7, 1, tzinfo=dt.UTC))
    return tmp_path


@pytest.fixture
def policy() -> Policy:
    return in_force(shipped(), AS_OF)


def ask(home: Path, policy: Policy, close: str, *channels: Channel) -> dict[str, Any]:
    with open_store(f"sqlite:///{home}/graph.db") as store:
        place = service.ScenarioStores.under(store.reader(), home)
        return service.run_scenario(place, closure([close], channels), policy)


def by_firm(document: dict[str, Any], key: str) -> dict[str, Any]:
    return {firm["id"]: firm[key] for firm in document["firms"]}


def test_missing_inputs_cost_those_downstream_their_sales(home: Path, policy: Policy) -> None:
    found = ask(home, policy, "ore", "production")

    # Ore is all that steel and wire buy; both are all that cars buys; cars sells nothing.
    assert by_firm(found, "loss_fen") == {"steel": 90000, "ore": 50000, "wire": 10000, "cars": 0}
    assert by_firm(found, "loss_share") == {"steel": "1", "ore": "1", "wire": "1", "cars": "1"}
    assert by_firm(found, "round") == {"ore": 0, "steel": 1, "wire": 1, "cars": 2}
    assert [r["loss_fen"] for r in found["rounds"]] == [50000, 100000, 0, 0]
    assert (found["loss_fen"], found["others_fen"]) == (150000, 100000)


def test_missing_orders_cost_those_upstream_their_sales(home: Path, policy: Policy) -> None:
    found = ask(home, policy, "steel", "orders")

    assert by_firm(found, "loss_fen") == {"steel": 90000, "ore": 40000}
    assert by_firm(found, "loss_share")["ore"] == "0.8"


def test_unpaid_claims_cost_creditors_what_their_debtors_cash_does_not_cover(
    home: Path, policy: Policy
) -> None:
    found = ask(home, policy, "cars", "payments")

    # Cars owes steel 300; steel owes ore 200 and has 120: ore loses 80. What wire sold, disputes
    # or has been paid, and what is not issued yet, is nothing that it waits for.
    assert by_firm(found, "payments_fen") == {"steel": 30000, "ore": 8000, "cars": 0}
    assert by_firm(found, "round") == {"steel": 1, "ore": 2, "cars": 0}
    assert by_firm(found, "loss_share")["ore"] == "0"


def test_all_channels_add_production_and_payments(home: Path, policy: Policy) -> None:
    found = ask(home, policy, "cars", "production", "orders", "payments")

    assert found["channels"] == ["production", "orders", "payments"]
    for firm in found["firms"]:
        assert firm["loss_fen"] == firm["production_fen"] + firm["payments_fen"]
    assert by_firm(found, "production_fen")["steel"] == 90000
    assert by_firm(found, "payments_fen")["steel"] == 30000


def test_rounds_firms_and_total_agree(home: Path, policy: Policy) -> None:
    found = ask(home, policy, "cars", "production", "orders", "payments")

    assert sum(r["loss_fen"] for r in found["rounds"]) == found["loss_fen"]
    assert sum(by_firm(found, "loss_fen").values()) == found["loss_fen"]
    losses = [(-firm["loss_fen"], firm["id"]) for firm in found["firms"]]
    assert losses == sorted(losses)
    for number, summary in enumerate(found["rounds"]):
        whole = service.read_round(home / "runs" / "scenarios", found["scenario"], number)
        assert whole["firms"] == len(whole["items"]) == summary["firms"]
        assert sum(item["loss_fen"] for item in whole["items"]) == summary["loss_fen"]
        assert whole["items"][:20] == summary["largest"]


def test_the_same_question_has_one_id_and_one_answer(home: Path, policy: Policy) -> None:
    with open_store(f"sqlite:///{home}/graph.db") as store:
        place = service.ScenarioStores.under(store.reader(), home)
        one = closure(["steel", "ore"], ["payments", "orders"])
        other = closure(["ore", "steel", "ore"], ["orders", "payments"])

        first = service.run_scenario(place, one, policy)
        kept = service.run_scenario(place, other, policy)

    assert first == kept == service.read_scenario(place.scenarios, first["scenario"])
    assert len(list(place.scenarios.iterdir())) == 1
    assert [firm["id"] for firm in first["closed"]] == ["ore", "steel"]


def test_a_firm_without_trades_costs_nobody_anything(home: Path, policy: Policy) -> None:
    found = ask(home, policy, "idle", "production", "orders", "payments")

    assert by_firm(found, "loss_fen") == {"idle": 0}
    assert found["loss_fen"] == 0


def test_a_scenario_that_is_not_there_is_absent(home: Path, policy: Policy) -> None:
    found = ask(home, policy, "idle", "production")

    for name in ("scenario-1-0123456789abcdef", "../../graph.db"):
        with pytest.raises(Absent, match="no scenario"):
            service.read_scenario(home / "runs" / "scenarios", name)
    with pytest.raises(Absent, match="rounds 0 to"):
        service.read_round(home / "runs" / "scenarios", found["scenario"], 99)


def test_what_makes_no_scenario_is_refused(home: Path, policy: Policy) -> None:
    with pytest.raises(NotFound, match="nobody"):
        ask(home, policy, "nobody", "production")
    with pytest.raises(InvalidInput, match="channels: none"):
        closure(["ore"], [])
    with pytest.raises(InvalidInput, match="channels: rumours"):
        closure(["ore"], ["rumours"])
    with pytest.raises(InvalidInput, match="from 1 to 100 firms"):
        closure(str(n) for n in range(CLOSED_MAX + 1))
    with pytest.raises(InvalidInput, match="from 1 to 100 firms"):
        closure([])


def forget_scenarios(home: Path) -> None:
    shutil.rmtree(home / "runs" / "scenarios")


def test_a_scenario_leaves_the_network_for_the_next_who_shares_it(
    home: Path, policy: Policy
) -> None:
    built = ask(home, policy, "cars", "orders")
    saved = home / "networks" / "1"
    assert saved.is_dir()
    before = saved.stat().st_mtime_ns
    forget_scenarios(home)

    assert ask(home, policy, "cars", "orders") == built
    assert saved.stat().st_mtime_ns == before


def test_a_damaged_network_is_built_again(home: Path, policy: Policy) -> None:
    built = ask(home, policy, "cars", "orders")
    (home / "networks" / "1" / "network.json").write_text("{", encoding="utf-8")
    forget_scenarios(home)
    networks.OPEN.clear()

    assert ask(home, policy, "cars", "orders") == built


def test_a_network_saved_in_anothers_place_is_the_one_that_is_read(home: Path) -> None:
    with open_store(f"sqlite:///{home}/graph.db") as store:
        reader = store.reader()
        before = networks.network_in(home / "networks", 1, lambda: reader)
        assert networks.network_in(home / "networks", 1, lambda: reader) is before
        toy({("other", "firm"): 1}).save(home / "networks" / "1")
        assert "other" in networks.network_in(home / "networks", 1, lambda: reader).ids


LANGUAGE = """
scenarios:
  - name: pits
    hits: [{sectors: [B08], share: 0.5, channels: [production]}]
  - name: pits and cars
    combines: [pits]
    hits:
      - {cores: [cars], share: 1, channels: [payments]}
      - {cores: [cars], reach: suppliers, tiers_min: 2, tiers_max: 2, down: 0.75}
"""


def ask_for(home: Path, policy: Policy, scenario: Scenario) -> dict[str, Any]:
    with open_store(f"sqlite:///{home}/graph.db") as store:
        return service.run_scenario(
            service.ScenarioStores.under(store.reader(), home), scenario, policy
        )


def test_a_scenario_hits_groups_by_shares_and_says_so(home: Path, policy: Policy) -> None:
    pits, both = read(LANGUAGE)
    half, found = ask_for(home, policy, pits), ask_for(home, policy, both)

    # Ore and wire stand in for each other's part at first; both lose half of what they sell.
    assert by_firm(half, "loss_fen")["ore"] == 25000
    assert (half["name"], half["channels"], half["hit_firms"]) == ("pits", ["production"], 2)
    assert half["closed"] == []
    assert {firm["id"]: firm["hit"] for firm in half["firms"]}["steel"] is False
    # The larger loss counts: ore is in tier 2 of cars, and loses 0.75 rather than 0.5.
    assert by_firm(found, "production_fen")["ore"] == 37500
    assert by_firm(found, "payments_fen")["steel"] == 30000
    assert [firm["id"] for firm in found["closed"]] == ["cars"]
    assert found["others_fen"] == sum(f["loss_fen"] for f in found["firms"] if not f["hit"])
    assert sum(r["loss_fen"] for r in found["rounds"]) == found["loss_fen"]


def test_firms_that_close_are_the_same_scenario_however_it_is_written(
    home: Path, policy: Policy
) -> None:
    short = ask_for(home, policy, closure(["steel", "ore"]))
    hit = {"firms": ["ore", "steel"], "down": 1, "up": 1, "unpaid": 1}
    (long,) = parse({"name": "whatever", "hits": [hit]})

    assert ask_for(home, policy, long) == short
    assert files.scenario_of(short).closed == long.closed


def test_a_stored_scenario_says_what_it_was_computed_for(home: Path, policy: Policy) -> None:
    _, both = read(LANGUAGE)
    document = ask_for(home, policy, both)

    again = files.scenario_of(document)

    assert again == both.ordered()
    assert id_of(again, 1, policy) == document["scenario"] == id_of(both, 1, policy)


def test_a_share_of_what_is_owed_is_paid(home: Path, policy: Policy) -> None:
    (late,) = parse({"name": "late", "hits": [{"firms": ["cars"], "unpaid": 0.25}]})

    assert by_firm(ask_for(home, policy, late), "payments_fen")["steel"] == 7500


@pytest.mark.parametrize(
    ("hit", "said"),
    [
        ({"sectors": ["B8"]}, "no firm of sector 'B8' in the network .did you mean B08"),
        ({"cores": ["ore"]}, "firm 'ore' is no core enterprise"),
        ({"firms": ["ore"], "sectors": ["C36"]}, "no firm is in all of its lists"),
        ({"firms": ["nobody"]}, "nobody"),
    ],
)
def test_a_hit_on_nobody_is_refused(
    home: Path, policy: Policy, hit: dict[str, Any], said: str
) -> None:
    (wrong,) = parse({"name": "x", "hits": [hit | {"share": 0.5}]})

    with pytest.raises(GraphError, match=said):
        ask_for(home, policy, wrong)


def run(home: Path, *arguments: str) -> Any:
    settings = {"DEEPTIER_HOME": str(home)}
    return CliRunner().invoke(cli.app, ["stress", *arguments], env=settings)


def test_the_command_prints_one_document(home: Path) -> None:
    said = run(home, "--close", "ore", "steel", "--channels", "production, orders", "--json")

    assert said.exit_code == 0, said.output
    document = json.loads(said.stdout)
    assert [firm["id"] for firm in document["closed"]] == ["ore", "steel"]
    assert document["channels"] == ["production", "orders"]


def test_the_command_tells_people_by_round_and_firm(home: Path) -> None:
    said = run(home, "--close", "ore", "--channels", "production")

    assert said.exit_code == 0, said.output
    assert "1,500.00" in said.stdout
    assert "steel" in said.stdout


def test_the_command_runs_a_scenario_of_a_file(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "pits.yml"
    path.write_text(LANGUAGE, encoding="utf-8")

    said = run(home, "--scenario", str(path), "--name", "pits", "--json")
    told = run(home, "--scenario", json.loads(said.stdout)["scenario"])

    assert said.exit_code == told.exit_code == 0, said.output + told.output
    assert json.loads(said.stdout)["hit_firms"] == 2
    assert "pits" in told.stdout


@pytest.mark.parametrize(
    ("content", "more", "said"),
    [
        (b"close: [ore]", ["--name", "x"], "x.yml: name: no scenario 'x' here"),
        (LANGUAGE.encode(), [], "x.yml: name: which of pits, pits and cars is meant"),
        (LANGUAGE.encode(), ["--name", "pit"], "did you mean pits"),
        (b"close: [ore]\nchanels: [orders]\n", [], "x.yml: .*did you mean channels"),
        (b"close:\n- \xff\n", [], "x.yml: line 2: is no UTF-8"),
        (b"", [], "x.yml: the document: None is no mapping"),
        (b"close: [ore]", ["--close", "ore"], "are another scenario than"),
    ],
)
def test_the_command_names_what_is_wrong_with_a_file(
    home: Path, tmp_path: Path, content: bytes, more: list[str], said: str
) -> None:
    path = tmp_path / "x.yml"
    path.write_bytes(content)

    found = run(home, "--scenario", str(path), *more)

    assert found.exit_code != 0
    assert re.search(said, str(found.exception)), found.exception


def test_the_command_says_what_happens_and_which_stored_scenario_it_means(home: Path) -> None:
    assert isinstance(run(home).exception, InvalidInput)
    assert isinstance(run(home, "--name", "x", "--close", "ore").exception, InvalidInput)
    assert isinstance(run(home, "--scenario", "scenario-1-0123456789abcdef").exception, Absent)
    assert isinstance(run(home, "--scenario", str(home / "no.yml")).exception, FileNotFoundError)


def test_the_command_refuses_an_unknown_channel(home: Path) -> None:
    said = run(home, "--close", "ore", "--channels", "rumours")

    assert said.exit_code != 0
    assert isinstance(said.exception, InvalidInput)
