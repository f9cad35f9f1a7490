"""Requests over the interface: a core is asked to confirm, a buyer to pass a voucher on."""

import datetime as dt
from typing import Any

import pytest

from app.books.ledger.proof import verify
from app.chain.limits.shown import Shown
from app.chain.receivables import acts
from app.chain.requests import service
from tests.app.chain.asking import Desk

PASS = {"kind": "pass", "of": "MILL", "core": "CORE1", "amount_fen": 2_000_000}
DUE = "2026-09-30"


def states(desk: Desk, who: str) -> list[tuple[str, str, str]]:
    items = desk.get(who, "/requests").json()["items"]
    return [(each["kind"], each["of"], each["state"]) for each in items]


def test_a_core_is_asked_once_and_told_and_it_is_met_when_it_confirms(desk: Desk) -> None:
    desk.open_account("core:CORE2", 10**12)
    body = {"kind": "confirm", "receivable": "R3"}
    first = desk.post("PART", "/requests", body, key="one")
    events = desk.count()
    same = desk.post("PART", "/requests", body, key="one")
    again = desk.post("PART", "/requests", body)

    assert [each.status_code for each in (first, same, again)] == [201, 201, 200]
    assert same.headers["Idempotent-Replay"] == "true"
    assert first.json() == same.json() == again.json()
    assert first.json() | {"made_on": "", "id": ""} == {
        **body,
        "id": "",
        "firm": "PART",
        "of": "CORE2",
        "core": "CORE2",
        "made_on": "",
        "amount_fen": first.json()["amount_fen"],
        "state": "open",
    }
    assert desk.count() == events
    told = desk.get("CORE2", "/notices").json()["items"][0]
    assert (told["kind"], told["subject"]) == ("request.ask", f"request:{first.json()['id']}")

    assert desk.post("CORE2", "/receivables/R3/confirm").status_code == 200
    assert states(desk, "PART") == states(desk, "CORE2") == [("confirm", "CORE2", "met")]
    late = desk.post("CORE2", f"/requests/{first.json()['id']}/decline")
    assert (late.status_code, late.json()["state"]) == (409, "met")
    stuck = desk.post("PART", "/requests", body)
    assert (stuck.status_code, stuck.json()["state"]) == (409, "confirmed")
    assert verify(desk.resources.records).ok


def test_a_buyer_is_asked_and_declines_and_is_asked_anew_on_another_day_alone(desk: Desk) -> None:
    made = desk.post("ORE", "/requests", PASS).json()
    more = desk.post("ORE", "/requests", PASS | {"amount_fen": 3_000_000})
    others = desk.post("CORE1", f"/requests/{made['id']}/decline")
    unknown = desk.post("CORE1", "/requests/nothing/decline")

    assert (more.status_code, more.json()["code"]) == (409, "wrong_state")
    assert others.status_code == unknown.status_code == 404
    assert others.json()["detail"].replace(made["id"], "nothing") == unknown.json()["detail"]
    assert desk.post("ORE", f"/requests/{made['id']}/decline").status_code == 404
    assert desk.post("MILL", f"/requests/{made['id']}/decline").json()["state"] == "declined"
    assert desk.get("ORE", "/notices").json()["items"][0]["kind"] == "request.decline"
    again = desk.post("ORE", "/requests", PASS)
    assert (again.status_code, again.json()["rule"]) == (409, "request.again")


def test_it_is_met_when_the_buyer_passes_a_voucher_on(desk: Desk) -> None:
    desk.open_account("core:CORE1", 10**12)
    issue = {"holder": "MILL", "amount_fen": 5_000_000, "due_on": DUE}
    root = desk.post("CORE1", "/vouchers", issue).json()["id"]
    desk.post("MILL", f"/vouchers/{root}/accept")
    assert desk.post("ORE", "/requests", PASS).status_code == 201
    assert states(desk, "MILL") == [("pass", "MILL", "open")]

    part = {"holder": "ORE", "amount_fen": 2_000_000}
    assert desk.post("MILL", f"/vouchers/{root}/pass", part).status_code == 200
    assert states(desk, "ORE") == states(desk, "officer") == [("pass", "MILL", "met")]
    assert states(desk, "PART") == []
    assert desk.post("ORE", "/requests", PASS).status_code == 201


def test_what_is_over_is_written_down_as_its_day_is_closed_and_told(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One is met; of one the buyer has left, of one the receivable: each ends once."""
    desk.open_account("core:CORE1", 10**12)
    issue = {"holder": "MILL", "amount_fen": 5_000_000, "due_on": DUE}
    root = desk.post("CORE1", "/vouchers", issue).json()["id"]
    desk.post("MILL", f"/vouchers/{root}/accept")
    met = desk.post("ORE", "/requests", PASS).json()["id"]
    gone = desk.post("PART", "/requests", {"kind": "confirm", "receivable": "R3"}).json()["id"]
    part = {"holder": "ORE", "amount_fen": 2_000_000}
    desk.post("MILL", f"/vouchers/{root}/pass", part)
    day = dt.date(2026, 6, 30)
    assert service.close(desk.resources, day) == 1
    assert service.close(desk.resources, day) == 0
    told = desk.get("ORE", "/notices").json()["items"][0]
    assert (told["kind"], told["subject"]) == ("request.meet", f"request:{met}")

    monkeypatch.setattr(acts, "merged", lambda *_: None)  # No file tells of it any more.
    assert states(desk, "PART") == [("confirm", "CORE2", "lapsed")]
    late = desk.post("CORE2", f"/requests/{gone}/decline")
    assert (late.status_code, late.json()["state"]) == (409, "lapsed")
    assert service.close(desk.resources, day) == 1
    monkeypatch.undo()
    for who in ("PART", "CORE2"):
        told = desk.get(who, "/notices").json()["items"][0]
        assert (told["kind"], told["subject"]) == ("request.lapse", f"request:{gone}")
    again = desk.post("PART", "/requests", {"kind": "confirm", "receivable": "R3"})
    assert (again.status_code, again.json()["id"]) == (201, gone)  # It is back: asked anew.

    monkeypatch.setattr(Shown, "knows", lambda _, firm: firm != "CORE2")
    assert states(desk, "PART") == [("confirm", "CORE2", "lapsed")]
    assert service.close(desk.resources, day) == 1
    assert states(desk, "ORE") == [("pass", "MILL", "met")]
    assert verify(desk.resources.records).ok


@pytest.mark.parametrize(
    ("who", "body", "status"),
    [
        ("PART", {"kind": "confirm", "receivable": "R1"}, 404),  # Somebody else's.
        ("MILL", {"kind": "confirm", "receivable": "NONE"}, 404),
        ("ORE", {"kind": "confirm", "receivable": "R2"}, 409),  # Its debtor is no core.
        ("MILL", {"kind": "confirm", "receivable": "R1"}, 409),  # Confirmed already.
        ("MILL", {"kind": "confirm"}, 422),
        ("MILL", {"kind": "confirm", "receivable": "R1", "of": "CORE1"}, 422),
        ("MILL", {"kind": "pass", "of": "CORE1", "amount_fen": 1}, 422),
        ("ORE", PASS | {"of": "PART"}, 404),  # To which it sells nothing.
        ("ORE", PASS | {"of": "NOBODY"}, 404),
        ("ORE", PASS | {"core": "NOBODY"}, 404),
        ("ORE", PASS | {"amount_fen": 0}, 422),
        ("officer", PASS, 403),
    ],
)
def test_what_is_not_a_firm_s_to_ask_is_refused(
    kept_desk: Desk, who: str, body: dict[str, Any], status: int
) -> None:
    before = kept_desk.count()
    assert kept_desk.post(who, "/requests", body).status_code == status
    assert kept_desk.count() == before
