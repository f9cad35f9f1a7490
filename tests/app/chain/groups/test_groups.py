"""Connected groups over the interface and the command: who, why, and for whom."""

import json
import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from app.cli import app as commands
from app.platform.config import Settings
from tests.app.grouped import OWNER, TIER1_YUAN

pytestmark = pytest.mark.xdist_group("groups")

READS = ("/groups", "/groups?firm=ORE", "/groups/CORE1")


@pytest.fixture
def group(get: Any) -> Any:
    def group(first: str) -> Any:
        return get(f"/groups/{first}").json()

    return group


def member(document: Any, firm: str) -> Any:
    return next(each for each in document["members"] if firm in (each["id"], each["name"]))


def ties(of: Any) -> list[tuple[str, str, str, str | None]]:
    return [(tie["kind"], tie["source"], tie["target"], tie["share"]) for tie in of["evidence"]]


def test_the_list_names_groups_by_their_first_member(get: Any) -> None:
    document = get("/groups").json()

    found = {item["id"]: item for item in document["items"]}
    assert list(found) == ["CORE1", "CORE2"]
    assert document["next"] is None
    assert found["CORE1"]["members"] == ["CORE1", "MILL", "PART"]
    assert found["CORE1"]["families"] == ["dependence"]
    assert found["CORE2"]["families"] == ["control"]
    assert found["CORE2"]["members"][1:3] == ["ORE", "SHOP"]
    assert found["CORE2"]["firms"] == 4  # With the person who owns the core and the shop.
    assert {item["cap_fen"] for item in found.values()} == {TIER1_YUAN * 100 // 5}


def test_stakes_in_parts_are_told_one_by_one(group: Any) -> None:
    document = group("CORE2")
    person = member(document, OWNER)["id"]

    ore = member(document, "ORE")
    assert (ore["controller"], ore["held"]) == (person, "0.6")
    assert ties(ore) == [("equity", "CORE2", "ORE", "0.3")] * 2
    assert len({tie["holding"] for tie in ore["evidence"]}) == 2
    assert ore["evidence"][0]["from_on"] == "2020-01-01"


def test_a_person_who_controls_two_firms_heads_their_group(group: Any) -> None:
    document = group("CORE2")

    person = member(document, OWNER)
    assert (person["controller"], person["total_fen"]) == (None, None)
    assert sorted(ties(person)) == [
        ("control", person["id"], "CORE2", "0.1"),
        ("equity", person["id"], "SHOP", "0.6"),
    ]
    assert ties(member(document, "SHOP")) == [("equity", person["id"], "SHOP", "0.6")]


def test_what_ended_and_what_is_half_ties_nobody(get: Any) -> None:
    told = json.dumps([get(f"/groups/{first}").json() for first in ("CORE1", "CORE2")])

    assert '"source": "CORE1", "target": "PART", "share": "0.9"' not in told
    assert '"source": "SHOP", "target": "PART"' not in told


def test_dependence_tells_the_trade_that_a_firm_lives_on(group: Any) -> None:
    document = group("CORE1")

    part = member(document, "PART")
    assert ties(part) == [("receipts", "PART", "CORE1", "0.6")]
    (tie,) = part["evidence"]
    assert (tie["amount_fen"], tie["whole_fen"], tie["holding"]) == (900000000, 1500000000, None)
    core = member(document, "CORE1")
    assert core["total_fen"] == 531616398  # Its facility, as far as one is granted.
    assert ("expenditure", "CORE1", "MILL", "0.816326515618") in ties(core)
    assert core["ties"] == len(core["evidence"])
    assert document["limits_fen"] == sum(each["total_fen"] for each in document["members"])


def test_small_firms_are_not_asked_for_dependence(group: Any) -> None:
    assert "ORE" not in {each["id"] for each in group("CORE1")["members"]}  # It may borrow nothing.


def test_the_group_of_a_firm_is_found_by_any_member(get: Any) -> None:
    assert [item["id"] for item in get("/groups?firm=ORE").json()["items"]] == ["CORE2"]
    assert get("/groups?firm=nobody").json()["items"] == []


@pytest.mark.parametrize("path", READS)
def test_a_read_is_tagged_and_takes_a_version(get: Any, path: str) -> None:
    first, mark = get(path), "&" if "?" in path else "?"

    assert first.headers["etag"].startswith('"v1-')
    assert get(path, **{"If-None-Match": first.headers["etag"]}).status_code == 304
    assert get(f"{path}{mark}version=1").json() == first.json()
    assert get(f"{path}{mark}version=9").status_code == 404
    assert get(f"{path}{mark}as_of=2020-01-01").status_code == 404


@pytest.mark.parametrize("name", ["ORE", "nobody", "CORE1%2FMILL", "%00", "😀"])
def test_a_group_that_is_not_there_is_the_same_404(get: Any, name: str) -> None:
    found = get(f"/groups/{name}")

    assert (found.status_code, found.json()["code"]) == (404, "not_found")


def test_pages_of_groups_and_of_members_go_on_where_they_ended(get: Any) -> None:
    first = get("/groups?size=1").json()
    second = get(f"/groups?size=1&cursor={first['next']}").json()
    some = get("/groups/CORE1?size=2").json()
    rest = get(f"/groups/CORE1?size=2&cursor={some['next']}").json()

    assert [each["id"] for each in (*first["items"], *second["items"])] == ["CORE1", "CORE2"]
    assert second["next"] is None
    assert [each["id"] for each in some["members"]] == ["CORE1", "MILL"]
    assert [each["id"] for each in rest["members"]] == ["PART"]
    assert rest["next"] is None
    assert get("/groups?cursor=nonsense").status_code == 422


@pytest.mark.parametrize(("role", "firm"), [("core", "CORE1"), ("supplier", "MILL")])
def test_groups_are_the_bank_s_to_see(
    client: TestClient, bearer: Any, role: Any, firm: str
) -> None:
    for path in (*READS, "/groups/nobody"):
        found = client.get(f"/api/v1{path}", headers=bearer(role, firm))
        assert (found.status_code, "CORE" in found.text) == (403, False)
    assert client.get("/api/v1/groups").status_code == 401


def test_a_run_of_an_older_release_says_what_to_do(settings: Settings, get: Any) -> None:
    (folder,) = (settings.home / "runs").iterdir()
    for name in ("groups.parquet", "group_ties.parquet", "digests.json"):
        (folder / name).unlink()
    said = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    (folder / "run.json").write_text(json.dumps({**said, "sealed": False}), encoding="utf-8")

    found = get("/groups")

    assert (found.status_code, found.json()["code"]) == (404, "no_run")
    assert "deeptier refresh --version 1" in found.json()["detail"]


@pytest.fixture
def command(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("DEEPTIER_HOME", str(settings.home))
    monkeypatch.setenv("DEEPTIER_POLICY", str(settings.policy))

    def run(*arguments: str) -> Any:
        return CliRunner().invoke(commands, ["groups", *arguments])

    return run


def test_the_command_prints_the_documents_of_the_interface(command: Any, get: Any) -> None:
    assert json.loads(command("--json").stdout) == get("/groups").json()
    assert json.loads(command("CORE2", "--json").stdout) == get("/groups/CORE2").json()
    assert json.loads(command("--firm", "ORE", "--json").stdout) == get("/groups?firm=ORE").json()


def test_the_command_shows_who_and_why(command: Any) -> None:
    assert "control" in command().stdout
    assert re.search(r"equity +CORE2 +ORE +0\.3 ", command("CORE2").stdout)
    assert re.search(r"receipts +PART +CORE1 +0\.6 +9,000,000\.00", command("CORE1").stdout)
    assert command("nobody").exit_code == 1


def test_tables_of_groups_are_the_same_bytes_whatever_the_order_of_rows(
    kept_groups: Settings, tmp_path: Path
) -> None:
    (folder,) = (kept_groups.home / "runs").iterdir()
    kept = pl.read_parquet(folder / "group_ties.parquet")

    order = ["group", "target", "source", "kind", "holding"]
    assert kept.equals(kept.sample(fraction=1, shuffle=True, seed=1).sort(order))
