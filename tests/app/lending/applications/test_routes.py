"""Applications over HTTP: read, accepted, withdrawn, ended by time; nobody meets another's."""

import datetime as dt
from collections.abc import Mapping
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import pytest

from app.books.business_day.closing import ClosingStep, close_days
from app.books.ledger.proof.verifying import verify
from app.lending.applications import service
from tests.app.chain.asking import Desk
from tests.app.chain.booked import set_up
from tests.app.lending.applications.asked import AMOUNT, put

DAY = dt.date(2026, 6, 30)


@pytest.fixture
def desk(kept_desk: Desk) -> Desk:
    set_up(kept_desk.resources)
    return kept_desk


def post(desk: Desk, path: str, who: str = "MILL", tag: str = "", **body: Any) -> Any:
    """Return the answer to an order on an application, as last read where a tag is given."""
    key = str(uuid5(NAMESPACE_URL, f"{who} {path} {tag} {body}"))
    headers = desk.headers(who) | {"Idempotency-Key": key}
    headers |= {"If-Match": tag} if tag else {}
    return desk.client.post(f"/api/v1/applications/{path}", json=body, headers=headers)


def pending(desk: Desk) -> int:
    return desk.figures("chain:CORE1:MILL")["pending"]


def test_a_firm_reads_its_own_and_the_bank_reads_all(desk: Desk) -> None:
    put(desk.resources, "a1")
    put(desk.resources, "a2", firm="MAKER")

    own = desk.get("MILL", "/applications").json()["items"]
    every = desk.get("officer", "/applications").json()["items"]
    read = desk.get("MILL", "/applications/a1")

    assert [each["id"] for each in own] == ["a1"]
    assert [each["id"] for each in every] == ["a2", "a1"]
    assert read.json()["offer"] == {
        "amount_fen": AMOUNT,
        "rate": "0.05",
        "until": "2026-07-10",
        "drawn_fen": 0,
    }
    assert (read.json()["use"], desk.get("officer", "/applications/a1").json()["use"]) == (
        None,
        "u-a1",
    )


@pytest.mark.parametrize("rest", ["", "/events"])
@pytest.mark.parametrize(("who", "name"), [("MILL", "none"), ("MAKER", "a1"), ("CORE1", "a1")])
def test_what_is_not_there_and_what_is_anothers_are_the_same_404(
    desk: Desk, who: str, name: str, rest: str
) -> None:
    put(desk.resources, "a1")
    answer = desk.get(who, f"/applications/{name}{rest}")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_the_list_is_filtered_and_goes_on_where_it_ended(desk: Desk) -> None:
    for name in ("a1", "a2", "a3"):
        put(desk.resources, name, "referred")
    withdrawn = post(desk, "a2/withdraw")
    first = desk.get("officer", "/applications?size=2").json()
    rest = desk.get("officer", f"/applications?size=2&cursor={first['next']}").json()
    referred = desk.get("officer", "/applications?state=referred&firm=MILL&core=CORE1").json()
    others = desk.get("MAKER", "/applications?firm=MILL").json()

    assert withdrawn.json()["state"] == "withdrawn"
    assert [each["id"] for each in (*first["items"], *rest["items"])] == ["a3", "a2", "a1"]
    assert rest["next"] is None
    assert [each["id"] for each in referred["items"]] == ["a3", "a1"]
    assert others["items"] == []
    assert desk.get("officer", "/applications?state=odd").status_code == 422


def test_an_offer_is_accepted_once_and_each_move_is_an_event_with_its_actor(desk: Desk) -> None:
    put(desk.resources, "a1")
    answer = post(desk, "a1/accept", reason="fine")
    again = post(desk, "a1/accept", reason="fine")
    later = post(desk, "a1/accept", reason="once more")

    assert (answer.status_code, answer.json()["state"]) == (200, "offer_accepted")
    assert (again.text, again.headers["Idempotent-Replay"]) == (answer.text, "true")
    assert (later.status_code, later.json()["code"]) == (409, "wrong_state")
    assert (later.json()["state"], later.json()["allowed"]) == ("offer_accepted", ["approved"])
    told = desk.get("officer", "/applications/a1/events").json()["items"]
    assert [each["after"] for each in told] == [
        *("submitted", "screening", "assessing", "approved", "offer_accepted")
    ]
    assert (told[-1]["before"], told[-1]["reason"]) == ("approved", "fine")
    assert told[-1]["actor"] != told[0]["actor"] == "machine"


def test_withdrawing_gives_the_reservation_back_in_the_same_transaction(desk: Desk) -> None:
    put(desk.resources, "a1", "signed")
    assert pending(desk) == AMOUNT
    answer = post(desk, "a1/withdraw", reason="no need")
    assert (answer.json()["state"], answer.json()["offer"], pending(desk)) == ("withdrawn", None, 0)
    over = post(desk, "a1/accept")
    assert (over.status_code, over.json()["state"]) == (409, "withdrawn")
    assert verify(desk.resources.records).ok


@pytest.mark.parametrize("act", ["accept", "withdraw"])
def test_orders_on_what_is_anothers_or_read_before_a_change_do_nothing(
    desk: Desk, act: str
) -> None:
    put(desk.resources, "a1")
    tag = desk.get("MILL", "/applications/a1").headers["ETag"]
    assert post(desk, f"a1/{act}", "MAKER").status_code == 404
    assert post(desk, f"a1/{act}", "officer").status_code == 403
    stale = post(desk, f"a1/{act}", tag='"application-0"')
    assert (stale.status_code, stale.json()["code"]) == (409, "stale")
    assert pending(desk) == AMOUNT
    assert post(desk, f"a1/{act}", tag=tag).status_code == 200


def close(desk: Desk, until: dt.date) -> Mapping[str, int]:
    step = ClosingStep("applications", service.close)
    return close_days(desk.resources, until, [step], lambda *_: None).done


def test_an_offer_ends_at_the_close_of_its_last_business_day(desk: Desk) -> None:
    put(desk.resources, "a1", offer_until="2026-07-02")
    put(desk.resources, "a2", "referred")
    assert close(desk, DAY + dt.timedelta(1)) == {"applications": 0}
    assert pending(desk) == AMOUNT
    assert close(desk, DAY + dt.timedelta(2)) == {"applications": 1}

    assert (desk.get("MILL", "/applications/a1").json()["state"], pending(desk)) == ("expired", 0)
    assert desk.get("MILL", "/applications/a2").json()["state"] == "referred"
    assert verify(desk.resources.records).ok


def test_before_the_close_comes_to_an_offer_it_is_over_by_the_day(desk: Desk) -> None:
    put(desk.resources, "a9", offer_until="2026-06-30")
    tag = desk.get("MILL", "/applications/a9").headers["ETag"]
    close_days(desk.resources, DAY, [], lambda *_: None)

    read = desk.get("MILL", "/applications/a9")
    refused = post(desk, "a9/accept")

    assert (read.json()["state"], read.headers["ETag"] != tag) == ("expired", True)
    assert (refused.status_code, refused.json()["state"]) == (409, "expired")


def test_a_document_that_falls_due_ends_its_application(desk: Desk) -> None:
    paper = '[{"kind":"receivable","number":"R1"}]'
    put(desk.resources, "a1", documents=paper, documents_due="2026-07-02")
    assert close(desk, DAY) == {"applications": 0}
    assert close(desk, DAY + dt.timedelta(1)) == {"applications": 1}
    assert (desk.get("MILL", "/applications/a1").json()["state"], pending(desk)) == ("expired", 0)
