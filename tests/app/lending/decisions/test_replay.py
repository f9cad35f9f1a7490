"""Decisions that are kept: read by whom, and decided again to the same bytes whatever moved on."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient
from typer.testing import CliRunner

import app.lending.decisions.case as cases
from app.books.ledger import Plain, Reads, Reply, ledger_of
from app.books.ledger.proof import verify
from app.cli import app as commands
from app.lending.decisions import replaying, service
from app.lending.decisions.forms import Asked, Decided, DocumentRef, LoanDecision
from app.lending.decisions.keeping import keep
from app.lending.decisions.service import decide
from app.lending.decisions.tables import decisions
from app.platform.deps import Resources
from tests.app.chain.booked import resources_of, set_up
from tests.app.conftest import Bearer

AT = "/api/v1/decisions"
PAPERS = (DocumentRef("receivable", "R1"),)
ASKED = Asked("CORE1", "MILL", "document-finance", 2_000_000, 90, None, "bullet", PAPERS)


def kept(resources: Resources, asked: Asked = ASKED) -> Decided:
    """Return a decision that the book keeps, as one on an application would be."""
    decided = decide(resources, asked)
    name = decided.decision.id
    needs = Reads(rows={decisions: [name]})
    ledger_of(resources).ask(
        Plain(needs, lambda moving: Reply.of(201, {"event": keep(moving, decided, "A1")}))
    )
    return decided


@pytest.fixture
def decided(client: TestClient) -> Decided:
    resources = resources_of(client)
    set_up(resources)
    return kept(resources)


def changed(client: TestClient, **values: str) -> None:
    """Change rows of decisions behind the back of the book."""
    with resources_of(client).records.writing() as connection:
        connection.execute(sa.update(decisions).values(**values))


def replay(client: TestClient, bearer: Bearer, decided: Decided) -> Any:
    answer = client.post(f"{AT}/{decided.decision.id}/replay", headers=bearer("auditor"))
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_kept_decision_is_read_whole_by_the_bank(
    client: TestClient, bearer: Bearer, decided: Decided
) -> None:
    told = decided.decision
    read = client.get(f"{AT}/{told.id}", headers=bearer("auditor")).json()

    assert {name: read[name] for name in told.document()} == told.document()
    assert LoanDecision.of({name: read[name] for name in told.document()}) == told
    assert (read["application"], read["asked"]["documents"]) == (
        "A1",
        [{"kind": "receivable", "number": "R1"}],
    )
    assert (read["derivation"]["code"], read["price"]["code"]) == ("limit", "price")
    assert read["price"]["value"] == told.rate
    assert read["inputs"].encode() == decided.inputs
    assert hashlib.sha256(decided.inputs).hexdigest() == read["inputs_hash"]


def test_a_firm_reads_its_own_with_the_tree_withheld_and_nobody_else_s(
    client: TestClient, bearer: Bearer, decided: Decided
) -> None:
    name = decided.decision.id
    own = client.get(f"{AT}/{name}", headers=bearer("supplier", "MILL"))
    told = [
        client.get(f"{AT}/{each}", headers=bearer(*who)).json()["detail"].replace(each, "X")
        for who in (("supplier", "PART"), ("core", "CORE1"))
        for each in (name, "nothing")
    ]

    assert (own.status_code, own.json()["inputs"], own.json()["price"]) == (200, None, None)
    assert own.json()["amount_fen"] == 2_000_000
    assert '"withheld"' in own.text
    assert "bank_capital" not in own.text
    assert set(told) == {"no decision 'X'"}
    assert client.get(f"{AT}/{name}").status_code == 401


def test_replay_is_the_bank_s_and_changes_nothing(
    client: TestClient, bearer: Bearer, decided: Decided
) -> None:
    found = replay(client, bearer, decided)
    refused = client.post(f"{AT}/{decided.decision.id}/replay", headers=bearer("supplier", "MILL"))

    assert found == {
        "same": True,
        "decision": decided.decision.id,
        "differs": [],
        "formula": {"was": 2, "is": 2},
        "code": {"was": found["code"]["is"], "is": found["code"]["is"]},
    }
    assert refused.status_code == 403
    assert client.post(f"{AT}/nothing/replay", headers=bearer("risk")).status_code == 404
    assert verify(resources_of(client).records, []).ok


def test_it_is_the_same_after_another_policy_other_accounts_and_no_version_at_all(
    client: TestClient, bearer: Bearer, decided: Decided, tmp_path: Path
) -> None:
    resources = resources_of(client)
    set_up(resources, {"chain:CORE1:MILL": 1, "receivable:R1": 0})
    policy = tmp_path / "none"
    policy.mkdir()
    resources.settings = resources.settings.model_copy(update={"policy": policy})
    for folder in list(resources.runs.iterdir()):
        folder.rename(tmp_path / folder.name)

    assert replay(client, bearer, decided)["same"] is True


def test_what_was_changed_is_named(client: TestClient, bearer: Bearer, decided: Decided) -> None:
    inputs = json.loads(decided.inputs)
    inputs["asked"]["amount_fen"] = 1_000_000
    changed(client, inputs=json.dumps(inputs, ensure_ascii=False))
    found = replay(client, bearer, decided)

    assert found["same"] is False
    assert [each["input"] for each in found["differs"]] == ["inputs_hash", "amount_fen"]
    assert (found["differs"][1]["was"], found["differs"][1]["is"]) == (2_000_000, 1_000_000)
    changed(client, inputs="{")
    assert replay(client, bearer, decided)["differs"][-1]["input"] == "inputs"
    assert not verify(resources_of(client).records, []).ok


def test_another_formula_says_so_and_names_what_it_finds_otherwise(
    client: TestClient, bearer: Bearer, decided: Decided, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replaying, "FORMULA", 3)
    same = replay(client, bearer, decided)
    as_it_was = cases.KeptRules.decimal
    monkeypatch.setattr(cases.KeptRules, "decimal", lambda self, name: as_it_was(self, name) * 2)
    other = replay(client, bearer, decided)

    assert (same["same"], same["formula"]) == (True, {"was": 2, "is": 3})
    assert other["same"] is False
    assert other["differs"][0]["input"].startswith("limit/")


def test_the_command_ends_with_1_where_it_is_not_the_same(
    client: TestClient, decided: Decided, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEEPTIER_HOME", str(home))
    runner, name = CliRunner(), decided.decision.id
    good = runner.invoke(commands, ["replay", name, "--json"])
    changed(client, told=json.dumps(decided.decision.document() | {"amount_fen": 1}))
    bad = runner.invoke(commands, ["replay", name, "--json"])

    assert (good.exit_code, json.loads(good.stdout)["same"]) == (0, True)
    assert bad.exit_code == 1
    assert json.loads(bad.stdout)["differs"][0] == {
        "input": "amount_fen",
        "was": 1,
        "is": 2_000_000,
    }


def test_all_are_decided_again_a_page_at_a_time_and_those_that_differ_are_named(
    client: TestClient, decided: Decided, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEEPTIER_HOME", str(home))
    monkeypatch.setattr(service, "PAGE_ROWS", 2)
    amounts = (1_000_000, 500_000, 400_000, 300_000)
    others = [kept(resources_of(client), ASKED._replace(amount_fen=each)) for each in amounts]
    runner, names = CliRunner(), [each.decision.id for each in (decided, *others)]
    good = runner.invoke(commands, ["replay", "--all", "--json"])
    with resources_of(client).records.writing() as connection:
        one = decisions.c.decision == names[2]
        connection.execute(sa.update(decisions).where(one).values(inputs="{}"))
    bad = runner.invoke(commands, ["replay", "--all", "--json"])
    told = json.loads(bad.stdout)

    expected = {"same": True, "decisions": len(names), "differ": 0, "differing": []}
    assert (good.exit_code, json.loads(good.stdout)) == (0, expected)
    assert (bad.exit_code, told["decisions"], told["differ"]) == (1, len(names), 1)
    assert [each["decision"] for each in told["differing"]] == [names[2]]
    assert names[2] in runner.invoke(commands, ["replay", "--all"]).stdout
    assert runner.invoke(commands, ["replay"]).exit_code == 2
    assert runner.invoke(commands, ["replay", names[0], "--all"]).exit_code == 2
