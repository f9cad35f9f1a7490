"""From an act on the book to what a firm may borrow, by the interface alone."""

import pytest

from app.jobs.passes import BookFollower
from app.platform.deps import Resources
from tests.app.chain.asking import Desk


@pytest.fixture
def follower(desk: Desk) -> BookFollower:
    resources: Resources = desk.resources
    return BookFollower(resources, lambda: True)


def limit(desk: Desk, core: str, firm: str) -> int:
    """Return what a firm may borrow in a chain, in fen."""
    answer = desk.get("officer", f"/chains/{core}/limits/{firm}")
    assert answer.status_code == 200, answer.text
    return int(answer.json()["limit_fen"])


def test_a_voucher_moves_limits_down_the_tiers_and_carries_a_use(
    desk: Desk, follower: BookFollower
) -> None:
    before = limit(desk, "CORE1", "MILL")
    assert desk.post("CORE1", "/receivables/R1/settle").json()["state"] == "paid"
    assert limit(desk, "CORE1", "MILL") == before  # Until a pass lands it counts as it did.
    assert follower.look()  # What it took of the core's account is free again.
    mill, ore = limit(desk, "CORE1", "MILL"), limit(desk, "CORE1", "ORE")
    asked = {"holder": "MILL", "amount_fen": 50_000_000, "due_on": "2026-10-30"}
    voucher = desk.post("CORE1", "/vouchers", asked).json()["id"]
    assert follower.look()
    assert limit(desk, "CORE1", "MILL") == mill  # Nothing that waits for its holder counts.
    assert desk.post("MILL", f"/vouchers/{voucher}/accept").status_code == 200
    assert limit(desk, "CORE1", "MILL") == mill  # What came counts with the next pass.
    assert follower.look()
    richer = limit(desk, "CORE1", "MILL")
    assert richer > mill

    halves = desk.post("MILL", f"/vouchers/{voucher}/split", {"parts": [20_000_000, 30_000_000]})
    part = next(
        each["id"] for each in halves.json()["children"] if each["amount_fen"] == 20_000_000
    )
    passed = desk.post("MILL", f"/vouchers/{part}/pass", {"holder": "ORE"}).json()
    (child,) = passed["children"]
    assert desk.post("ORE", f"/vouchers/{child['id']}/accept").json()["tier"] == 2
    assert follower.look()
    assert limit(desk, "CORE1", "ORE") > ore
    assert mill < limit(desk, "CORE1", "MILL") < richer

    order = {
        "core": "CORE1",
        "firm": "ORE",
        "product": "vouchers",
        "amount_fen": 15_000_000,
        "documents": [{"kind": "voucher", "number": child["id"]}],
        "seconds": 600,
    }
    held = desk.post("officer", "/reservations", order)
    assert held.status_code == 201, held.text
    more = desk.post("officer", "/reservations", order)
    lacking = {each["account"] for each in more.json()["accounts"]}
    assert (more.status_code, more.json()["code"]) == (409, "limit_exceeded")
    assert f"voucher:{child['id']}" in lacking
    moved = desk.post("ORE", f"/vouchers/{child['id']}/pass", {"holder": "PART"})
    assert moved.json()["code"] in ("wrong_state", "rule")
    assert follower.look() is False  # A use is no leaf of the limits.
