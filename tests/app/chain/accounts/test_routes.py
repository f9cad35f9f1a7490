"""Accounts over HTTP: whose they are, what moved them, freezing, and pages that lose nothing."""

import threading

import pytest
from fastapi.testclient import TestClient

from app.books.ledger import UseOrder, history, ledger_of
from app.books.ledger.paths import Element
from app.platform.auth.principals import RoleScope
from app.platform.auth.tokens import Bearer as TokenBearer
from app.platform.auth.tokens import issue_to
from tests.app.chain.booked import (
    API,
    DAY,
    ORDER,
    PLENTY,
    STACK,
    account,
    resources_of,
    send,
    set_up,
)
from tests.app.conftest import NOW, Bearer

Headers = dict[str, str]


@pytest.fixture
def officer(client: TestClient, bearer: Bearer) -> Headers:
    set_up(resources_of(client))
    return bearer("officer")


def test_an_account_tells_its_cap_what_is_taken_and_where_it_comes_from(
    client: TestClient, officer: Headers
) -> None:
    send(client, officer, "/reservations", ORDER)
    send(client, officer, "/accounts/chain:CORE1:MILL/freeze", {"amount_fen": 100, "reason": "x"})

    assert account(client, officer, "chain:CORE1:MILL") == {
        "id": "chain:CORE1:MILL",
        "layer": "chain",
        "core": "CORE1",
        "firm": "MILL",
        "state": "open",
        "total_fen": 10_000_000,
        "outside_fen": 0,
        "posted_fen": 0,
        "pending_fen": 3_000_000,
        "frozen_fen": 100,
        "available_fen": 6_999_900,
        "usable_fen": 6_999_900,
        "excess_fen": 0,
        "valid_to": None,
        "from": {"event": 1, "run": "run-1", "decision": None, "product": None},
    }


def test_a_chain_offers_no_room_of_documents_that_are_financed(
    client: TestClient, officer: Headers
) -> None:
    def offered() -> list[int | None]:
        names = ("chain:CORE1:MILL", "chain:own:MILL", "relation:CORE1:MILL")
        return [account(client, officer, name)["usable_fen"] for name in names]

    set_up(resources_of(client), {"relation:CORE1:MILL": 1_500_000})
    assert offered() == [1_500_000 + 3_000_000 + 2_000_000, 5_000_000, None]

    papers = [{"kind": "receivable", "number": "R1"}]
    send(client, officer, "/reservations", ORDER | {"documents": papers, "amount_fen": 1_000_000})
    assert offered() == [1_500_000 + 2_000_000, 5_000_000, None]

    read = client.get(f"{API}/accounts?layer=chain&core=CORE1", headers=officer).json()
    assert [each["usable_fen"] for each in read["items"]] == [3_500_000]


def test_a_core_and_a_firm_read_their_own_and_nothing_tells_of_others(
    client: TestClient, officer: Headers, bearer: Bearer
) -> None:
    own = {
        ("core", "CORE1"): {"core:CORE1"},
        ("core", "CORE2"): {"core:CORE2"},
        ("supplier", "MILL"): {
            "firm:MILL",
            "chain:CORE1:MILL",
            "chain:own:MILL",
            "receivable:R1",
            "voucher:V1",
        },
        ("supplier", "CORE1"): set(),
        ("core", "MILL"): {
            "firm:MILL",
            "chain:CORE1:MILL",
            "chain:own:MILL",
            "receivable:R1",
            "voucher:V1",
        },
    }
    for (role, firm), mine in own.items():
        who = bearer(role, firm)  # type: ignore[arg-type]
        answers = {
            name: client.get(f"{API}/accounts/{name}", headers=who) for name in (*STACK, "none")
        }
        assert {name for name, each in answers.items() if each.status_code == 200} == mine
        for name, each in answers.items():
            if name not in mine:
                assert each.status_code == 404
                assert each.json()["detail"] == f"no account {name!r}"
        assert client.get(f"{API}/accounts", headers=who).status_code == 403


def test_accounts_are_listed_by_layer_core_firm_and_state_a_page_at_a_time(
    client: TestClient, officer: Headers
) -> None:
    def names(query: str) -> list[str]:
        found, cursor = [], ""
        while True:
            answer = client.get(f"{API}/accounts?size=2{query}{cursor}", headers=officer).json()
            found += [each["id"] for each in answer["items"]]
            if answer["next"] is None:
                return found
            cursor = f"&cursor={answer['next']}"

    assert names("") == sorted(STACK)
    assert names("&layer=document") == ["receivable:R1", "voucher:V1"]
    assert names("&core=CORE1&layer=chain") == ["chain:CORE1:MILL"]
    assert names("&firm=MILL&core=CORE1") == [
        *("chain:CORE1:MILL", "receivable:R1", "relation:CORE1:MILL", "voucher:V1")
    ]
    assert names("&firm=ORE") == []

    send(client, officer, "/accounts/voucher:V1/freeze", {"reason": "disputed"})
    send(client, officer, "/reservations", ORDER)
    set_up(resources_of(client), {"chain:CORE1:MILL": 1_000_000})
    assert names("&state=frozen") == ["voucher:V1"]
    assert names("&state=excess") == ["chain:CORE1:MILL"]
    assert names("&state=closed") == []
    assert len(names("&state=open")) == len(STACK) - 1
    over = account(client, officer, "chain:CORE1:MILL")
    assert (over["available_fen"], over["excess_fen"]) == (0, 2_000_000)
    for wrong in ("layer=no", "state=no", "cursor=no", "size=0", "core="):
        assert client.get(f"{API}/accounts?{wrong}", headers=officer).status_code == 422


def test_an_officer_freezes_alone_and_no_more_than_there_is(
    client: TestClient, officer: Headers, bearer: Bearer
) -> None:
    path = "/accounts/chain:CORE1:MILL/freeze"
    over = send(client, officer, path, {"amount_fen": 10_000_001, "reason": "signal"})
    assert over.json()["accounts"] == [
        {"account": "chain:CORE1:MILL", "available_fen": 10_000_000, "asked_fen": 10_000_001}
    ]
    done = send(client, officer, path, {"amount_fen": 4_000_000, "reason": "signal"})
    assert done.json() == {"id": "chain:CORE1:MILL", "state": "open", "frozen_fen": 4_000_000}
    whole = send(client, officer, path, {"reason": "stop"})
    assert whole.json()["state"] == "frozen"
    again = send(client, officer, path, {"reason": "stop"}).json()
    assert (again["code"], again["state"], again["allowed"]) == ("wrong_state", "frozen", ["open"])
    stopped = send(client, officer, "/reservations", ORDER)
    assert [each["account"] for each in stopped.json()["accounts"]] == ["chain:CORE1:MILL"]

    assert send(client, officer, "/accounts/none/freeze", {"reason": "x"}).status_code == 404
    for wrong in ({}, {"reason": ""}, {"reason": " \n"}, {"reason": "x", "amount": 1}):
        assert send(client, officer, path, wrong).status_code == 422
    for role in ("risk", "admin", "auditor"):
        refused = send(client, bearer(role), path, {"reason": "x"})  # type: ignore[arg-type]
        assert refused.status_code == 403


def test_two_officers_release_and_one_cannot(
    client: TestClient, officer: Headers, bearer: Bearer
) -> None:
    name = "chain:CORE1:MILL"
    path = f"/accounts/{name}"
    for body in ({"reason": "r"}, {"reason": "r", "amount_fen": 1}):
        nothing = send(client, officer, f"{path}/unfreeze", body)
        assert nothing.status_code == 409
        assert "1 to 0" not in nothing.text
    send(client, officer, f"{path}/freeze", {"amount_fen": 100, "reason": "signal"})
    over = send(client, officer, f"{path}/unfreeze", {"amount_fen": 101, "reason": "paid"})
    assert (over.status_code, over.json()["rule"]) == (409, "ledger.amount")

    asked = send(client, officer, f"{path}/unfreeze", {"amount_fen": 40, "reason": "paid"})
    assert (asked.status_code, list(asked.json())) == (202, ["approval"])
    assert account(client, officer, name)["frozen_fen"] == 100
    approve = f"/approvals/{asked.json()['approval']}/approve"
    assert send(client, officer, approve).json()["code"] == "same_person"
    other = person(client, "ma")
    done = send(client, other, approve).json()
    assert done["result"] == {"account": name, "state": "open", "frozen_fen": 60}
    assert account(client, officer, name)["frozen_fen"] == 60
    last = client.get(f"{API}{path}/events", headers=officer).json()["items"][-1]
    assert (last["operation"], last["actor"], last["reason"]) == ("unfreeze", "ma", "paid")

    send(client, officer, f"{path}/freeze", {"reason": "stop"})
    whole = send(client, officer, f"{path}/unfreeze", {"reason": "over"}).json()["approval"]
    assert send(client, other, f"/approvals/{whole}/approve").status_code == 200
    assert account(client, officer, name)["state"] == "open"
    assert send(client, officer, "/accounts/none/unfreeze", {"reason": "x"}).status_code == 404


def person(client: TestClient, name: str) -> Headers:
    """Return the headers of an officer who is somebody else."""
    resources = resources_of(client)
    holder = TokenBearer(name, RoleScope("officer", None, "head"))
    key = resources.settings.signing_key()
    return {"Authorization": f"Bearer {issue_to(resources.records, key, holder, days=1, now=NOW)}"}


def test_events_tell_who_did_what_to_an_account_and_why(
    client: TestClient, officer: Headers
) -> None:
    send(client, officer, "/accounts/chain:CORE1:MILL/freeze", {"amount_fen": 7, "reason": "hold"})
    path = f"{API}/accounts/chain:CORE1:MILL/events"
    first, second = client.get(path, headers=officer).json()["items"]

    assert (first["operation"], first["actor"], first["after"]["total_fen"]) == (
        *("set", "machine"),
        10_000_000,
    )
    assert second | {"number": 0, "at": ""} == {
        "number": 0,
        "at": "",
        "day": DAY,
        "actor": "token:officer",
        "operation": "freeze",
        "subject": "account:chain:CORE1:MILL",
        "reason": "hold",
        "before": first["after"],
        "after": first["after"] | {"frozen_fen": 7},
    }
    assert client.get(f"{API}/accounts/none/events", headers=officer).status_code == 404


@pytest.mark.parametrize("walk_max", [history.WALK_MAX, 3])
def test_pages_of_events_rise_and_lose_none_while_more_are_written(
    client: TestClient, officer: Headers, monkeypatch: pytest.MonkeyPatch, walk_max: int
) -> None:
    monkeypatch.setattr(history, "WALK_MAX", walk_max)
    ledger = ledger_of(resources_of(client))
    set_up(resources_of(client), {"firm:F%_/": PLENTY, "firm:FXX/": PLENTY})
    name, other = "firm:F%_/", "firm:FXX/"

    def write(start: int, stop: int) -> None:
        for number in range(start, stop):
            path = [Element(name if number % 2 else other)]
            ledger.reserve(UseOrder(f"U{number}", "F", "loan", path, 1))

    write(0, 30)
    writer = threading.Thread(target=write, args=(30, 90))
    writer.start()
    found: list[int] = []
    cursor = ""
    while True:
        place = f"{API}/accounts/firm%3AF%25_%2F/events?size=4{cursor}"
        page = client.get(place, headers=officer).json()
        found += [each["number"] for each in page["items"]]
        assert all(each["after"]["pending_fen"] <= 45 for each in page["items"])
        if page["next"] is None and not writer.is_alive():
            break
        cursor = f"&cursor={page['next']}" if page["next"] else cursor
        if page["next"] is None:
            writer.join()
            found = found[: -len(page["items"])] if page["items"] else found
    assert found == sorted(set(found))
    assert len(found) == 1 + 45
    records = resources_of(client).records
    latest = history.events_before(records, name, before=None, size=10)
    assert [each.number for each in latest] == found[:-11:-1]
    older = history.events_before(records, name, before=latest[-1].number, size=100)
    assert [each.number for each in older] == found[-11::-1]
