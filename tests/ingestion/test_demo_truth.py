"""The demo economy through the whole way: what is hidden in it is found, and nothing is lost."""

import csv
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ingestion.demo.economy.plan import Plan
from ingestion.demo.economy.writing import make
from ingestion.resolve import Decisions

if TYPE_CHECKING:
    from tests.ingestion.conftest import House

FOUND_SHARE_MIN = 0.95
PROPOSED = ("near name", "typo")  # For a person to decide; the other kinds are certain.
PLAN = Plan(cores=12, firms=1500, months=4)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_planted_names_are_found_or_proposed_and_none_is_wrong(house: "House", seed: int) -> None:
    make(house.inbox, replace(PLAN, seed=seed), progress=lambda _: None)

    outcome = house.take("demo")

    assert outcome.rows == outcome.used + sum(outcome.set_aside.values())
    assert set(outcome.set_aside) <= {"void", "duplicate"}
    listed = {row["firm"] for row in house.rows("firms") if row["listed"]}
    proposed = candidates(house.home / "resolution" / "candidates.csv")
    assert_aliases(house, listed, proposed)
    assert_doubles(house, listed, proposed)


def assert_aliases(house: "House", listed: set[str], proposed: dict[str, set[str]]) -> None:
    parties = house.lake.view(1).parties
    planted = [
        alias for alias in truth(house, "aliases") if ("demo", alias["text"]) in parties.rows
    ]
    found = wrong = 0
    for alias in planted:
        meant = parties.firms[parties.rows["demo", alias["text"]]]
        sure = meant == alias["firm"]
        found += sure or alias["firm"] in proposed.get(alias["text"], ())
        wrong += not sure and meant in listed
    assert planted
    assert wrong == 0
    assert found >= FOUND_SHARE_MIN * len(planted)


def assert_doubles(house: "House", listed: set[str], proposed: dict[str, set[str]]) -> None:
    """Equal codes and names are joined, near and misspelt ones proposed, lookalikes left."""
    with (house.inbox / "firms.csv").open(encoding="utf-8-sig", newline="") as stream:
        names = {row["firm"]: row["name"] for row in csv.DictReader(stream)}
    doubles = truth(house, "duplicates")
    for pair in doubles:
        one, other = pair["firm"], pair["second"]
        if pair["kind"] in PROPOSED:
            near = other in proposed.get(names[one], ()) or one in proposed.get(names[other], ())
            assert {one, other} <= listed
            assert near
        else:
            assert len({one, other} & listed) == 1
    for pair in truth(house, "lookalikes"):
        assert set(pair.values()) <= listed
    assert len(listed) == len(names) - sum(pair["kind"] not in PROPOSED for pair in doubles)


def truth(house: "House", name: str) -> list[dict[str, str]]:
    path = house.inbox / "truth" / f"{name}.csv"
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def candidates(path: Path) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    with path.open(encoding="utf-8-sig", newline="") as stream:
        for row in csv.DictReader(stream):
            found.setdefault(row["text"], set()).add(row["firm"])
    return found


def test_a_decision_on_a_proposal_holds_over_imports(stocked: "House") -> None:
    path = stocked.write(
        "invoices_april.csv",
        "number,issued_on,seller,buyer,amount_yuan\n7,2026-04-01,西岭材料厂,C1,5\n",
    )
    stocked.take("files", path)
    kept = Decisions(stocked.home / "resolution")
    decision = kept.add("join", "西岭材料厂", "S2", by="li", at=stocked.job.now)

    assert stocked.take("files", path).version.number == 3
    assert stocked.trades()["S2", "C1"] == 500
    assert not stocked.take("files", path).published

    kept.undo(decision.number, by="li", at=stocked.job.now)
    assert stocked.take("files", path).version.number == 4
    assert ("S2", "C1") not in stocked.trades()
