"""The effect of an application: the same figures as the parts it is read from, before and after."""

from typing import Any

import pytest

from app.chain.limits.results import open_results
from app.data.versions.service import AskedVersion, policy_of, version_and_run
from app.lending.products.book import ProductBook
from app.risk.dependencies.points import weak_points
from app.risk.portfolio.gains import Gains
from app.risk.portfolio.gathering import carried
from app.risk.portfolio.losses import StressLosses
from app.risk.portfolio.standing import BankStanding
from tests.app.chain.asking import Desk
from tests.app.chain.booked import PLENTY, STACK, set_up
from tests.app.lending.applications.test_asking import ORDER

ONE = 200_000_000  # One officer decides.
TRADE = {"product": "data-credit", "documents": [], "amount_fen": ONE}
OTHERS = {"core": "CORE2", "firm": "PART", "amount_fen": ONE}


@pytest.fixture
def desk(kept_desk: Desk) -> Desk:
    set_up(kept_desk.resources)
    set_up(kept_desk.resources, dict.fromkeys(STACK, PLENTY))
    return kept_desk


def asked(desk: Desk, **change: Any) -> str:
    answer = desk.post("MILL", "/applications", ORDER | {"amount_fen": ONE} | change)
    assert (answer.status_code, answer.json()["state"]) == (201, "referred"), answer.text
    return str(answer.json()["id"])


def effect(desk: Desk, name: str, query: str = "") -> Any:
    answer = desk.get("officer", f"/applications/{name}/effect{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def exposure(desk: Desk, by: str, name: str) -> int:
    items = desk.get("officer", f"/exposures?by={by}").json()["items"]
    return sum(each["exposure_fen"] for each in items if each["id"] == name)


def parts(told: Any, name: str) -> dict[str, tuple[int, int]]:
    """Return one pair of figures of each share, by what it is of."""
    return {
        each["by"]: (each[f"{name}before{end}"], each[f"{name}after{end}"])
        for each in told["shares"]
        for end in ("_fen",)
    }


def test_what_it_would_take_is_what_exposures_say_once_it_is_decided(desk: Desk) -> None:
    name = asked(desk, **TRADE)
    before = effect(desk, name)
    assert (before["amount_fen"], before["counted_fen"], before["state"]) == (ONE, 0, "referred")
    kinds = [each["by"] for each in before["shares"]]
    assert kinds[:3] == ["firm", "core", "sector"]
    assert kinds[-1] == "bank"
    for each in before["shares"]:
        assert each["after_fen"] - each["before_fen"] == ONE
        if each["by"] != "bank":
            assert exposure(desk, each["by"], each["id"]) == each["before_fen"]

    desk.post("officer", f"/applications/{name}/decide", {"outcome": "approved"})
    after = effect(desk, name)
    assert (after["state"], after["counted_fen"]) == ("approved", ONE)
    assert (after["shares"], after["chain"]) == (before["shares"], before["chain"])
    for each in after["shares"][:-1]:
        assert exposure(desk, each["by"], each["id"]) == each["after_fen"]


def test_what_documents_carry_is_in_the_cores_exposure_already(desk: Desk) -> None:
    told = effect(desk, asked(desk))
    pairs = {each["by"]: each["after_fen"] - each["before_fen"] for each in told["shares"]}
    assert (pairs["core"], pairs["firm"], pairs["bank"]) == (0, ONE, ONE)
    # The core pays: its failing costs most, and where it fails all is lost that is ever.
    scenario, stressed = told["chain"]["after"]["scenario"], told["chain"]["after"]["stressed_fen"]
    assert (scenario["kind"], scenario["id"]) == ("core_fails", "CORE1")
    assert stressed == ONE * 4 // 10


def test_another_amount_may_be_asked_and_what_is_over_a_cap_is_told(desk: Desk) -> None:
    name = asked(desk, **TRADE)
    huge = effect(desk, name, f"?amount_fen={10**15}")
    assert huge["amount_fen"] == 10**15
    for each in huge["shares"]:
        assert (each["state_before"], each["state_after"]) == ("inside", "over")
        assert each["caps"][0]["cap_fen"] == each["cap_fen"] < 10**15
    assert desk.get("officer", f"/applications/{name}/effect?amount_fen=0").status_code == 422


def test_losses_are_those_of_the_portfolio(desk: Desk) -> None:
    """One by trade and one on documents, of two chains: scenario for scenario the same."""
    resources = desk.resources
    first = asked(desk, **TRADE)
    desk.post("officer", f"/applications/{first}/decide", {"outcome": "approved"})
    second = asked(desk, **TRADE)
    told = effect(desk, second)["chain"]
    desk.post("officer", f"/applications/{second}/decide", {"outcome": "approved"})

    version, run = version_and_run(resources, AskedVersion())
    assert run is not None
    standing = BankStanding(resources, open_results(resources.runs / run.folder))
    policy = policy_of(resources, version.as_of)
    products, gains = ProductBook(resources.settings.policy).on(version.as_of), Gains(policy)
    lent = [
        carried(each, standing.payers.get(each.payer), products, gains, policy)
        for each in standing.lent
    ]
    tail = StressLosses(standing, policy, 1)
    worst = dict(zip(tail.names, tail.tail([], lent).base_fen.tolist(), strict=True))
    scenario = told["after"]["scenario"]
    assert told["after"]["stressed_fen"] == max(worst.values())
    assert worst[f"{scenario['kind']}:{scenario['id']}"] == max(worst.values())
    expected = sum(each.amount_fen * each.gain.expected_e12 for each in lent)
    assert told["after"]["expected_fen"] == -(-expected // 10**12)
    assert 0 < told["before"]["expected_fen"] < told["after"]["expected_fen"]
    largest = told["after"]["expected_largest"]
    assert (largest["id"], largest["share"]) == ("MILL", "1.000000")


def test_the_rank_is_that_of_weak_points_and_who_depends_trades_that_much(desk: Desk) -> None:
    told = effect(desk, asked(desk, **TRADE))
    points = weak_points(desk.resources, "CORE1")["points"]
    ranks = [each["id"] for each in points]
    point = told["single_point"]
    assert point["points"] == len(points)
    assert point["rank"] == (ranks.index("MILL") + 1 if "MILL" in ranks else None)
    if point["rank"] is not None:
        found = points[point["rank"] - 1]
        names = ("starved", "starved_fen", "cut_off", "cut_off_fen", "sole", "tier")
        assert {name: point[name] for name in names} == {name: found[name] for name in names}
        assert len(point["starves"]) == point["starved"]
    least = float(told["dependents"]["from_share"])
    items = told["dependents"]["items"]
    assert items
    assert told["dependents"]["count"] == len(items)
    assert all(float(each["share"]) >= least for each in items)


def test_the_bank_reads_it_and_nobody_else(desk: Desk) -> None:
    name = asked(desk, **TRADE)
    path = f"/applications/{name}/effect"
    for who, status in (("risk", 200), ("auditor", 200), ("MILL", 403), ("CORE1", 403)):
        assert desk.get(who, path).status_code == status
    assert desk.get("officer", "/applications/none/effect").status_code == 404
