"""One policy and one run of every released schema: what was computed once is read for ever."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.chain.limits import documents
from app.chain.limits.results import Results, open_results
from app.chain.limits.shown import Shown
from app.platform.auth.sight import EVERYTHING, Sight
from app.policy import load_policies, read_policy, reading
from app.policy.schemas import SCHEMAS
from graph.errors import InvalidInput
from tests.app.chain.limits.evaluator import recomputed

RELEASED = Path(__file__).parent / "released"
NUMBERS = sorted(SCHEMAS)
NEWEST = NUMBERS[-1]


def policy_file(number: int) -> Path:
    return RELEASED / str(number) / "run" / "policy" / "policy.yml"


@pytest.fixture(scope="module", params=NUMBERS)
def number(request: pytest.FixtureRequest) -> int:
    found: int = request.param
    return found


@pytest.fixture(scope="module")
def results(number: int, tmp_path_factory: pytest.TempPathFactory) -> Results:
    folder = tmp_path_factory.mktemp("released") / "run"
    return open_results(Path(shutil.copytree(RELEASED / str(number) / "run", folder)))


def test_every_schema_has_its_policy_and_its_run() -> None:
    assert [int(each.name) for each in sorted(RELEASED.iterdir())] == NUMBERS


def test_a_policy_is_read_by_its_schema(number: int) -> None:
    policy = read_policy(policy_file(number))

    assert policy.schema == number


def test_an_older_policy_has_every_value_of_the_newest(number: int) -> None:
    newest = read_policy(policy_file(NEWEST))

    assert set(read_policy(policy_file(number)).rules) == set(newest.rules)


def test_a_stored_run_gives_the_limits_that_it_gave(number: int, results: Results) -> None:
    kept = json.loads((RELEASED / str(number) / "limits.json").read_text(encoding="utf-8"))

    found: dict[str, dict[str, Any]] = {}
    for core in results.cores:
        chain = documents.chain(Shown(results, EVERYTHING), core)
        facility = chain["facility"]
        found[core] = {each["id"]: each["limit_fen"] for each in chain["firms"]}
        found[core]["facility"] = None if facility is None else facility["limit_fen"]
    assert found == kept


def test_a_stored_run_is_explained_by_its_own_policy(number: int, results: Results) -> None:
    version = read_policy(policy_file(number)).version

    told = documents.firm(Shown(results, EVERYTHING), "CORE1", "MILL")
    assert told["policy"] == version
    assert set(policies_in(told["derivation"])) == {version}
    assert recomputed(told["derivation"]) == told["limit_fen"]


def test_of_a_stored_run_a_core_knows_its_nearest_tier(results: Results) -> None:
    named = [each.id for each in Shown(results, Sight("core", "CORE1")).members("CORE1")[0]]

    assert named == ["MILL", "PART", "SHOP"]  # Not ORE, which stands in the second tier.


def policies_in(node: dict[str, Any]) -> list[str]:
    own = [node["source"]["policy"]] if "policy" in node["source"] else []
    return own + [each for child in node["children"] for each in policies_in(child)]


@pytest.fixture
def a_value_more(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Release a schema with one more value, that nobody can take a default for."""
    monkeypatch.setitem(SCHEMAS, NEWEST + 1, SCHEMAS[NEWEST])
    shutil.copytree(reading.ADDED, tmp_path / "added")
    added = {"values": {"omega": None}}
    (tmp_path / "added" / f"{NEWEST + 1}.yml").write_text(yaml.safe_dump(added), encoding="utf-8")
    monkeypatch.setattr(reading, "ADDED", tmp_path / "added")
    reading._added.cache_clear()
    return tmp_path


@pytest.mark.usefixtures("a_value_more")
def test_a_file_without_a_new_value_is_refused_with_what_to_add(tmp_path: Path) -> None:
    folder = tmp_path / "bank"
    folder.mkdir()
    shutil.copy(policy_file(NEWEST), folder / "bank.yml")

    with pytest.raises(InvalidInput, match=r"bank\.yml: is of schema .*; add the values"):
        load_policies(folder)


@pytest.mark.usefixtures("a_value_more")
def test_a_stored_run_is_read_whatever_was_added_since(number: int) -> None:
    assert read_policy(policy_file(number), stored=True).schema == number
