"""Vouchers over the interface: issued, accepted, split, passed on, settled; refused where not."""

import datetime as dt
from typing import Any

import pytest

from app.chain.vouchers.endings import close
from tests.app.chain.asking import Desk

FACE = 10_000_000
DUE = "2026-09-30"


@pytest.fixture
def chain(desk: Desk) -> Desk:
    for core in ("CORE1", "CORE2"):
        desk.open_account(f"core:{core}", 10 * FACE)
    return desk


def issued(desk: Desk, *, amount: int = FACE, accept: bool = True, **more: Any) -> str:
    """Issue a voucher of CORE1 to MILL; return its id."""
    body = {"holder": "MILL", "amount_fen": amount, "due_on": DUE, **more}
    answer = desk.post("CORE1", "/vouchers", body)
    assert answer.status_code == 201, answer.text
    voucher = str(answer.json()["id"])
    if accept:
        assert desk.post("MILL", f"/vouchers/{voucher}/accept").json()["state"] == "held"
    return voucher


def conserved(node: dict[str, Any]) -> bool:
    """Return whether face = children + financed + held at a node and at all below it."""
    children = [each for each in node["children"] if each["state"] != "rejected"]
    parts = sum(each["amount_fen"] for each in children)
    own = node["amount_fen"] == parts + node["financed_fen"] + node["held_fen"]
    return own and all(map(conserved, children))


def tree(desk: Desk, voucher: str, who: str = "officer") -> dict[str, Any]:
    answer = desk.get(who, f"/vouchers/{voucher}/tree")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_parts_sum_to_the_face_or_nothing_is_split(chain: Desk) -> None:
    voucher = issued(chain)
    parts = [3_333_333, 3_333_333, 3_333_333]
    refused = chain.post("MILL", f"/vouchers/{voucher}/split", {"parts": parts})

    assert (refused.status_code, refused.json()["code"]) == (409, "rule")
    done = chain.post("MILL", f"/vouchers/{voucher}/split", {"parts": [*parts[:2], 3_333_334]})
    assert done.json()["state"] == "split"
    told = [each["amount_fen"] for each in done.json()["children"]]
    assert told == [*parts[:2], 3_333_334]  # In the order in which they were asked for.
    assert conserved(tree(chain, voucher))
    again = chain.post("MILL", f"/vouchers/{voucher}/split", {"parts": [1, FACE - 1]})
    assert (again.json()["code"], again.json()["allowed"]) == ("wrong_state", ["held"])


def test_amounts_that_are_no_whole_numbers_move_nothing(chain: Desk) -> None:
    voucher = issued(chain)
    before = chain.count()
    for amount in (100.5, "100", "1e3", True, [1], -1, 0, 2**63, 10.0):
        body = {"holder": "MILL", "due_on": DUE, "amount_fen": amount}
        split = {"parts": [amount, FACE]}
        passing = {"holder": "ORE", "amount_fen": amount}

        assert chain.post("CORE1", "/vouchers", body).status_code == 422, amount
        assert chain.post("MILL", f"/vouchers/{voucher}/split", split).status_code == 422, amount
        assert chain.post("MILL", f"/vouchers/{voucher}/pass", passing).status_code == 422, amount
    assert chain.count() == before


def test_a_part_waits_for_its_holder_and_comes_back_when_rejected(chain: Desk) -> None:
    voucher = issued(chain)
    chain.open_account(f"voucher:{voucher}", 9_000_000)
    passed = chain.post(
        "MILL", f"/vouchers/{voucher}/pass", {"holder": "ORE", "amount_fen": 4_000_000}
    ).json()
    (child,) = passed["children"]

    assert (passed["state"], passed["held_fen"]) == ("held", 6_000_000)
    assert (child["state"], child["holder"], child["tier"]) == ("issued", "ORE", 2)
    assert chain.figures(f"voucher:{voucher}")["total"] == 5_400_000
    assert chain.post("PART", f"/vouchers/{child['id']}/accept").status_code == 404
    rejected = chain.post("ORE", f"/vouchers/{child['id']}/reject").json()
    assert (rejected["state"], rejected["held_fen"]) == ("rejected", 0)
    assert tree(chain, voucher)["held_fen"] == FACE
    assert conserved(tree(chain, voucher))


def test_the_whole_is_passed_on_and_its_account_closed(chain: Desk) -> None:
    voucher = issued(chain)
    chain.open_account(f"voucher:{voucher}", 9_000_000)
    passed = chain.post("MILL", f"/vouchers/{voucher}/pass", {"holder": "ORE"}).json()

    assert (passed["state"], passed["held_fen"]) == ("passed", 0)
    assert chain.figures(f"voucher:{voucher}")["state"] == 2
    (child,) = passed["children"]
    chain.post("ORE", f"/vouchers/{child['id']}/reject")
    figures = chain.figures(f"voucher:{voucher}")
    assert (figures["state"], figures["total"]) == (0, 0)
    assert tree(chain, voucher)["state"] == "held"


def test_it_is_passed_to_creditors_alone(chain: Desk) -> None:
    voucher = issued(chain)
    refused = [
        chain.post("MILL", f"/vouchers/{voucher}/pass", {"holder": holder}).json()["rule"]
        for holder in ("CORE1", "MILL", "PART", "NOBODY")
    ]

    assert refused == ["voucher.holder", "voucher.holder", "voucher.trade", "voucher.trade"]


def test_an_issue_holds_to_the_rules(chain: Desk) -> None:
    broken: list[tuple[dict[str, Any], str]] = [
        ({"holder": "ORE"}, "voucher.trade"),
        ({"holder": "NOBODY"}, "voucher.trade"),
        ({"holder": "CORE1"}, "voucher.holder"),
        ({"due_on": "2026-06-30"}, "voucher.due"),
        ({"due_on": "2027-07-01"}, "voucher.tenor.hard_days"),
    ]
    for body, rule in broken:
        whole = {"holder": "MILL", "amount_fen": FACE, "due_on": DUE} | body
        refused = chain.post("CORE1", "/vouchers", whole)

        assert (refused.status_code, refused.json()["rule"]) == (409, rule)
    assert chain.figures("core:CORE1")["posted"] == 0


def test_a_long_tenor_is_told_and_an_account_that_lacks_is_named(chain: Desk) -> None:
    body = {"holder": "MILL", "amount_fen": FACE, "due_on": "2027-01-31"}
    assert [each["rule"] for each in chain.post("CORE1", "/vouchers", body).json()["warnings"]] == [
        "voucher.tenor.soft_days"
    ]
    refused = chain.post("CORE1", "/vouchers", body | {"amount_fen": 10 * FACE}).json()
    assert refused["accounts"] == [
        {"account": "core:CORE1", "available_fen": 9 * FACE, "asked_fen": 10 * FACE}
    ]


@pytest.mark.parametrize("ending", ["cancel", "lapse"])
def test_receivables_that_it_replaced_come_back_when_it_is_not_accepted(
    chain: Desk, ending: str
) -> None:
    chain.open_account("core:CORE2", 10 * FACE + 100_000_000)
    chain.post("CORE2", "/receivables/R3/confirm")
    body = {"holder": "PART", "due_on": DUE, "receivables": ["R3"]}
    answer = chain.post("CORE2", "/vouchers", body)
    voucher = answer.json()["id"]

    assert answer.json()["amount_fen"] == chain.figures("core:CORE2")["posted"] == 100_000_000
    assert chain.get("CORE2", "/receivables/R3").json()["state"] == "replaced"
    if ending == "lapse":
        assert close(chain.resources, dt.date(2026, 7, 4)) == 0
        assert close(chain.resources, dt.date(2026, 7, 5)) == 1
    else:
        assert chain.post("CORE2", f"/vouchers/{voucher}/cancel").status_code == 200
    assert chain.get("CORE2", "/receivables/R3").json()["state"] == "confirmed"
    assert chain.figures("core:CORE2")["posted"] == 100_000_000
    assert chain.post("PART", f"/vouchers/{voucher}/accept").json()["code"] == "wrong_state"


def test_it_is_settled_when_due_and_stops_its_issuer_while_it_is_not(chain: Desk) -> None:
    voucher = issued(chain, recourse=True)
    child = chain.post(
        "MILL", f"/vouchers/{voucher}/pass", {"holder": "ORE", "amount_fen": 1}
    ).json()
    chain.post("ORE", f"/vouchers/{child['children'][0]['id']}/accept")
    assert chain.post("CORE1", f"/vouchers/{voucher}/settle").json()["code"] == "wrong_state"

    assert close(chain.resources, dt.date(2026, 9, 29)) == 1
    assert tree(chain, voucher)["state"] == "matured"
    assert close(chain.resources, dt.date(2026, 9, 30)) == 1
    assert close(chain.resources, dt.date(2026, 9, 30)) == 0
    found = tree(chain, voucher)
    assert (found["state"], found["children"][0]["state"]) == ("dishonoured", "recourse")
    body = {"holder": "MILL", "amount_fen": 1, "due_on": DUE}
    assert chain.post("CORE1", "/vouchers", body).json()["rule"] == "core.stop_issue_on"

    assert chain.figures("core:CORE1")["posted"] == FACE
    assert chain.post("CORE1", f"/vouchers/{voucher}/settle").json()["state"] == "settled"
    assert chain.figures("core:CORE1")["posted"] == 0
    assert conserved(tree(chain, voucher))
    assert chain.post("CORE1", "/vouchers", body).status_code == 201


def test_what_is_reserved_on_it_keeps_it_from_being_moved(chain: Desk) -> None:
    from app.books.ledger import Element, UseOrder, ledger_of  # noqa: PLC0415

    voucher = issued(chain)
    chain.open_account(f"voucher:{voucher}", FACE)
    path = [Element(f"voucher:{voucher}")]
    ledger_of(chain.resources).reserve(UseOrder("U", "MILL", "P", path, 1_000))

    for step, body in (("split", {"parts": [1, FACE - 1]}), ("pass", {"holder": "ORE"})):
        refused = chain.post("MILL", f"/vouchers/{voucher}/{step}", body).json()
        assert (refused["code"], refused["state"]) == ("wrong_state", "financing")


def test_acceptance_is_final_and_only_what_waits_is_disputed_or_cancelled(chain: Desk) -> None:
    voucher = issued(chain)
    disputed = chain.post("CORE1", f"/vouchers/{voucher}/dispute", {"reason": "wrong"}).json()

    assert disputed["rule"] == "confirm.final"
    assert chain.post("CORE1", f"/vouchers/{voucher}/cancel").json()["code"] == "wrong_state"
    waiting = issued(chain, accept=False)
    assert (
        chain.post("CORE1", f"/vouchers/{waiting}/dispute", {"reason": "wrong"}).json()["state"]
        == "disputed"
    )
    assert chain.post("MILL", f"/vouchers/{waiting}/accept").json()["code"] == "wrong_state"
    assert chain.post("CORE1", f"/vouchers/{waiting}/cancel").json()["state"] == "cancelled"
    assert chain.figures("core:CORE1")["posted"] == FACE


def test_each_sees_its_own_part_and_the_names_that_are_its_to_know(chain: Desk) -> None:
    voucher = issued(chain)
    (child,) = chain.post("MILL", f"/vouchers/{voucher}/pass", {"holder": "ORE"}).json()["children"]
    below = child["id"]

    assert tree(chain, voucher, "CORE1")["children"][0]["holder"] is None  # Waits: no holder yet.
    chain.post("ORE", f"/vouchers/{below}/accept")
    assert tree(chain, voucher, "CORE1")["children"][0]["holder"] == "ORE"
    assert tree(chain, voucher, "MILL")["children"][0]["holder"] == "ORE"
    own = tree(chain, below, "ORE")
    assert (own["parent"], own["giver"], own["issuer"]) == (None, "MILL", "CORE1")
    for who in ("ORE", "PART", "CORE2"):
        other = chain.get(who, f"/vouchers/{voucher}")
        unknown = chain.get(who, "/vouchers/V0")
        assert (other.status_code, unknown.status_code) == (404, 404)
        assert other.json()["detail"].replace(voucher, "V0") == unknown.json()["detail"]
    assert [each["id"] for each in chain.get("ORE", "/vouchers").json()["items"]] == [below]
    listed = chain.get("CORE1", "/vouchers?holder=MILL").json()["items"]
    assert [each["id"] for each in listed] == [voucher]
    assert len(chain.get("officer", "/vouchers?issuer=CORE1&size=1").json()["items"]) == 1
