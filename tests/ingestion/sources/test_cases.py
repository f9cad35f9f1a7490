"""Nine formats of banks and companies against what a person counted in them."""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ingestion.descriptions.folders import SHIPPED
from ingestion.run import ImportJob, ingest
from ingestion.trial import TrialWishes, check

if TYPE_CHECKING:
    from tests.ingestion.conftest import House

CASES = Path(__file__).parents[3].parent / "shared" / "cases" / "sources"
NAMES = sorted(path.name for path in CASES.iterdir() if path.is_dir()) if CASES.is_dir() else []
pytestmark = pytest.mark.skipif(not NAMES, reason="the cases are not there")
COUNTS = ("rows", "used", "set_aside")


def given(name: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((CASES / name / "expected.json").read_text(encoding="utf-8"))
    return read


def ready(house: "House", name: str) -> tuple[list[Path], ImportJob]:
    """Return files and job of a case; what its files do not tell is filled in."""
    owner = given(name).get("given", {}).get("owner", {})
    text = (SHIPPED / f"{name}.yml").read_text(encoding="utf-8")
    lines = [
        f"    seller: {{name: {{const: {owner['name']}}}, code: {{const: {owner['code']}}}}}"
        if "'TODO:" in line
        else line
        for line in text.splitlines()
    ]
    (house.home / "sources").mkdir(exist_ok=True)
    (house.home / "sources" / f"{name}.yml").write_text("\n".join(lines), encoding="utf-8")
    paths, environ = [CASES / name], {}
    for script in (CASES / name).glob("*.sql"):
        database = house.home / "erp.db"
        with sqlite3.connect(database) as connection:
            connection.executescript(script.read_text(encoding="utf-8"))
        connection.close()
        paths, environ = [], {"DEEPTIER_SOURCE_ERP_URL": f"sqlite:///{database}"}
    return paths, replace(house.job, environ=environ, now=house.job.now.replace(month=11))


def plain(entry: dict[str, Any]) -> dict[str, Any]:
    return {key: Path(value).name if key == "path" else value for key, value in entry.items()}


def within(found: dict[str, Any], wanted: dict[str, Any]) -> bool:
    return all(found.get(key) == value for key, value in wanted.items())


def matched(found: list[dict[str, Any]], wanted: list[dict[str, Any]]) -> Iterator[bool]:
    """Yield for each fact whether it is among those wanted, each of which is found once."""
    left = list(wanted)
    for each in found:
        same = next((one for one in left if within(each, one)), None)
        yield same is not None
        if same is not None:
            left.remove(same)


@pytest.mark.parametrize("name", NAMES)
def test_a_trial_tells_what_a_person_counted(house: "House", name: str) -> None:
    wanted = given(name)
    paths, job = ready(house, name)
    out = house.home / "facts.jsonl"

    said = check(name, paths, job=job, wishes=TrialWishes(facts=out)).document

    assert said["refused"] is None
    assert {key: said[key] for key in COUNTS} == {key: wanted[key] for key in COUNTS}
    assert len(said["files"]) == len(wanted["read"])
    assert all(map(within, map(plain, said["files"]), wanted["read"]))
    assert len(said["lookups"]) == len(wanted.get("lookups", []))
    assert all(map(within, map(plain, said["lookups"]), wanted.get("lookups", [])))
    passed = [plain(each) for each in said["not_read"]]
    for each in wanted.get("not_read", []):
        place = {key: value for key, value in each.items() if key != "why"}
        assert any(within(one, place) for one in passed)
    told = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert {each["table"] for each in told} == set(wanted["tables"])
    for table, facts in wanted["tables"].items():
        found = [each["fact"] for each in told if each["table"] == table]
        filled = [{k: v for k, v in fact.items() if v is not None} for fact in facts]
        assert len(found) == len(filled)
        assert all(matched(found, filled))


@pytest.mark.parametrize("name", NAMES)
def test_an_import_gives_the_trades_that_a_person_counted(house: "House", name: str) -> None:
    wanted = given(name)
    paths, job = ready(house, name)

    said = ingest(name, paths, job=job).document()

    assert {key: said[key] for key in COUNTS} == {key: wanted[key] for key in COUNTS}
    names = {row["firm"]: row["name"] for row in house.rows("firms")}
    trades = [
        {
            "supplier": names[row["supplier"]],
            "buyer": names[row["buyer"]],
            "amount_fen": row["amount_fen"],
            "count": row["count"],
        }
        for row in house.rows("trades")
    ]
    assert len(trades) == len(wanted.get("trades", trades))
    assert all(matched(trades, wanted.get("trades", trades)))
    assert ingest(name, paths, job=job).published is False
